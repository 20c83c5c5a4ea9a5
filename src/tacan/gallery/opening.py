"""Opening a gallery to read it, to write to it, or to make it."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import suppress
from pathlib import Path

from tacan.errors import StorageError, TacanError
from tacan.gallery.checks import check_card
from tacan.gallery.erasing import finish_erasure
from tacan.gallery.errors import GalleryBusyError, GalleryError
from tacan.gallery.gallery import Gallery
from tacan.gallery.records import ModelCard
from tacan.gallery.sqlite.connections import (
    connect_reader,
    connect_writer,
    sqlite_faults,
    transaction,
)
from tacan.gallery.sqlite.migrations import MIGRATIONS, check_schema, migrate, schema_version
from tacan.gallery.sqlite.store import SqliteStore
from tacan.runs.lock import ProcessLock

__all__ = ["DATABASE", "open_gallery"]

DATABASE = "gallery.sqlite"
OURS = ("gallery.sqlite", "crops", "vectors", "writer.lock")
READERS_WAIT = 10.0


def open_gallery(
    folder: Path, *, write: bool = False, create_with: ModelCard | None = None, wait: float = 0.0
) -> Gallery:
    """The gallery in `folder`.

    Parameters
    ----------
    folder
        The gallery.
    write
        To change it. One process at a time may; any number read meanwhile.
    create_with
        With `write`: the model whose vectors are to be added. A gallery that is not there is
        made for it; one of another model is refused.
    wait
        How many seconds to wait for another process that is writing.

    Raises `GalleryError` for a gallery that is not there or damaged, `GalleryModelError` for one
    of another model, `GallerySchemaError` for one of a newer version, `GalleryBusyError` when
    another process is writing to it, `StorageError` where it can't be written to.
    """
    if write:
        return _open_writer(folder, create_with, wait)
    path = folder / DATABASE
    _require(path)
    with sqlite_faults(path):
        connection = connect_reader(path, wait=READERS_WAIT)
        try:
            check_schema(connection, path)
            return Gallery(folder, SqliteStore(connection, path), None)
        except BaseException:
            connection.close()
            raise


def _open_writer(folder: Path, card: ModelCard | None, wait: float) -> Gallery:
    path = folder / DATABASE
    if card is None:
        _require(path)
    else:
        check_card(card)
        _make_folder(folder)
    lock = ProcessLock(folder / "writer.lock")
    with sqlite_faults(path):
        if not lock.acquire(wait=wait):
            raise _busy(folder)
        connection = None
        try:
            _refuse_newer(path)
            connection = connect_writer(path, wait=max(wait, READERS_WAIT))
            migrate(connection, path)
            if card is not None:
                _introduce(connection, card)
            gallery = Gallery(folder, SqliteStore(connection, path), lock)
            if card is not None:
                gallery.require_model(card.fingerprint)
            with suppress(TacanError):  # what can't be erased now stays pending
                finish_erasure(gallery)
            return gallery
        except BaseException:
            if connection is not None:
                connection.close()
            lock.release()
            raise


def _busy(folder: Path) -> GalleryBusyError:
    return GalleryBusyError(
        "only one process at a time may write to a gallery",
        got=f"{folder}, which another process is writing to",
        remedy="Wait until it has ended, or let this one wait (--wait). Searching is possible all "
        "the time.",
    )


def _require(path: Path) -> None:
    if not path.is_file():
        raise GalleryError(
            "a gallery must be a folder made by `tacan index`",
            got=f"{path.parent}, which {'lacks' if path.parent.is_dir() else 'is no folder with'} "
            f"{path.name}",
            remedy="Check the path, or index a video into it.",
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = [entry.name for entry in folder.iterdir() if not entry.name.startswith(OURS)]
    except OSError as error:
        raise StorageError(
            f"{folder} must be a folder that can be written to",
            got=error.strerror,
            remedy="Choose another place.",
        ) from error
    if strangers and not (folder / DATABASE).exists():
        raise GalleryError(
            "a new gallery must have a folder of its own",
            got=f"{folder} with {strangers[0]} in it",
            remedy="Name a folder that is empty or not there.",
        )


def _refuse_newer(path: Path) -> None:
    """A newer database is refused before anything touches it."""
    if not path.exists() or not path.stat().st_size:
        return
    connection = connect_reader(path, wait=READERS_WAIT)
    try:
        if schema_version(connection) >= len(MIGRATIONS):
            check_schema(connection, path)
    finally:
        connection.close()


def _introduce(connection: sqlite3.Connection, card: ModelCard) -> None:
    """Writes the model into a new gallery."""
    facts = {
        "identity": secrets.token_hex(16),
        "model": card.name,
        "fingerprint": card.fingerprint,
        "embedding_dim": str(card.embedding_dim),
        "metric": card.metric,
    }
    with transaction(connection, "IMMEDIATE"):
        known = connection.execute("SELECT 1 FROM facts WHERE name = 'identity'").fetchone()
        if known is None:
            connection.executemany("INSERT INTO facts VALUES (?, ?)", list(facts.items()))
