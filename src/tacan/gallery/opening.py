"""Opening a gallery to read it, to write to it, or to create it."""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path

from tacan.errors import GalleryBusyError, GalleryError, StorageError, TacanError
from tacan.files import GALLERY_DATABASE
from tacan.gallery.crop_files import erase
from tacan.gallery.gallery import PARTS, Gallery
from tacan.gallery.gallery_records import ModelInfo
from tacan.gallery.postgres.address import is_address
from tacan.gallery.postgres.opening import open_on_server, server_has_gallery
from tacan.gallery.record_checks import check_fingerprint, check_model_info
from tacan.gallery.sqlite.connections import (
    connect_reader,
    connect_writer,
    sqlite_errors,
    transaction,
)
from tacan.gallery.sqlite.migrations import check_schema, migrate, name_as_newest
from tacan.gallery.sqlite.sqlite_store import SqliteStore
from tacan.runs.lock import ProcessLock

__all__ = ["gallery_exists", "open_gallery"]

OURS = (GALLERY_DATABASE, "crops", "vectors", "set-aside", "writer.lock", PARTS)
BUSY_TIMEOUT = 10.0  # seconds that a statement waits for another process


def open_gallery(
    folder: Path | str,
    *,
    write: bool = False,
    create_with: ModelInfo | None = None,
    wait: float = 0.0,
) -> Gallery:
    """The gallery in `folder`.

    Parameters
    ----------
    folder
        The gallery: a folder, or postgresql://USER@HOST/DATABASE (docs/server.md).
    write
        To change it. One process at a time may, on a server any number; any number read meanwhile.
    create_with
        With `write`: the model whose vectors are to be added. A gallery that is not there is
        created for it; one of another model is refused.
    wait
        How many seconds to wait for another process that is writing.

    Raises `GalleryError` for a gallery that is not there or damaged, `GalleryModelError` for one
    of another model, `GallerySchemaError` for one of a newer version, `GalleryBusyError` when
    another process is writing to it, `StorageError` where it can't be written to.

    >>> with open_gallery("people.gallery") as gallery:  # doctest: +SKIP
    ...     print(gallery.info().n_tracklets, [one.name for one in gallery.tracklets()])
    2 ['door/1', 'door/2']
    """
    if is_address(folder):
        return open_on_server(folder, write=write, model=create_with)
    folder = Path(folder)
    if write:
        return _open_writer(folder, create_with, wait)
    path = folder / GALLERY_DATABASE
    _require(path)
    with sqlite_errors(path):
        connection = connect_reader(path, wait=BUSY_TIMEOUT)
        try:
            name_as_newest(connection, path)
            return Gallery(folder, SqliteStore(connection, path), None)
        except BaseException:
            connection.close()
            raise


def gallery_exists(place: Path | str) -> bool:
    """Whether there is a gallery in a folder, or at an address on a server."""
    if is_address(place):
        return server_has_gallery(place)
    return os.path.isfile(Path(place) / GALLERY_DATABASE)  # noqa: PTH113  # Path raises for long names.


def _open_writer(folder: Path, model: ModelInfo | None, wait: float) -> Gallery:
    path = folder / GALLERY_DATABASE
    if model is None:
        _require(path)
    else:
        check_model_info(model)
        _make_folder(folder)
    lock = _lock_for_writing(folder, wait)
    connection = None
    try:
        with sqlite_errors(path):
            _refuse_foreign(path)
            connection = connect_writer(path, wait=max(wait, BUSY_TIMEOUT))
            migrate(connection, path)
            if model is not None:
                _write_metadata(connection, model)
            gallery = Gallery(folder, SqliteStore(connection, path), lock)
            if model is not None:
                check_fingerprint(model.fingerprint, gallery.model)
            with suppress(TacanError):  # what can't be erased now stays pending
                gallery.complete_deletion()
                erase(folder / PARTS)
            return gallery
    except BaseException:
        if connection is not None:
            connection.close()
        lock.release()
        raise


def _require(path: Path) -> None:
    """Raises `GalleryError` unless the database is a plain file that can be read."""
    try:
        if not stat.S_ISDIR(path.parent.stat().st_mode):
            raise NotADirectoryError
        _refuse_links(path.parent)
        if not stat.S_ISREG(path.lstat().st_mode):
            raise FileNotFoundError
        path.open("rb").close()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        lacks = "lacks" if path.parent.is_dir() else "is no folder with"
        raise GalleryError(
            "a gallery must be a folder made by `tacan index`",
            got=f"{path.parent}, which {lacks} {path.name}",
            remedy="Check the path, or index a video into it.",
        ) from error
    except OSError as error:
        raise GalleryError(
            "a gallery must be readable",
            got=f"{path} ({error.strerror})",
            remedy="Check the path and the permissions.",
        ) from error


def _refuse_links(folder: Path) -> None:
    """Raises `GalleryError` for a link in a gallery's folder: what it leads to is not ours."""
    for entry in folder.iterdir():
        if entry.name.startswith(OURS) and entry.is_symlink():
            raise GalleryError(
                "a gallery's files and folders must be its own, not links",
                got=str(entry),
                remedy="Put the file or folder itself there, or the whole gallery where there is "
                "room for it.",
            )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = [entry.name for entry in folder.iterdir() if not entry.name.startswith(OURS)]
        _refuse_links(folder)
        is_gallery = (folder / GALLERY_DATABASE).exists()
    except (OSError, ValueError) as error:
        raise StorageError(
            f"{folder} must be a folder that can be written to",
            got=getattr(error, "strerror", None) or error,
            remedy="Choose another place.",
        ) from error
    if is_gallery:
        _require(folder / GALLERY_DATABASE)
    elif others:
        raise GalleryError(
            "a new gallery must have a folder of its own",
            got=f"{folder} with {others[0]} in it",
            remedy="Name a folder that is empty or not there.",
        )


def _lock_for_writing(folder: Path, wait: float) -> ProcessLock:
    """The writer's lock, which is released if this process dies."""
    lock = ProcessLock(folder / "writer.lock")
    try:
        if lock.acquire(wait=wait):
            return lock
    except sqlite3.OperationalError as error:
        raise StorageError(
            f"{folder} must be writable",
            got=error,
            remedy="Check the permissions of the folder and of writer.lock in it.",
        ) from error
    raise GalleryBusyError(
        "only one process at a time may write to a gallery",
        got=f"{folder}, which another process is writing to",
        remedy="Wait until it has ended, or let this one wait (--wait). Searching is possible all "
        "the time.",
    )


def _refuse_foreign(path: Path) -> None:
    """Refuses a newer database, or another program's, before anything changes it."""
    if not path.exists() or not path.stat().st_size:
        return
    connection = connect_reader(path, wait=BUSY_TIMEOUT)
    try:
        check_schema(connection, path)
    finally:
        connection.close()


def _write_metadata(connection: sqlite3.Connection, model: ModelInfo) -> None:
    """Writes the model into a new gallery."""
    metadata = {
        "identity": secrets.token_hex(16),
        "model": model.name,
        "fingerprint": model.fingerprint,
        "embedding_dim": str(model.embedding_dim),
        "metric": model.metric,
        "clip_weight": model.clip_weight,
    }
    with transaction(connection, "IMMEDIATE"):
        known = connection.execute("SELECT 1 FROM metadata WHERE name = 'identity'").fetchone()
        if known is None:
            connection.executemany("INSERT INTO metadata VALUES (?, ?)", list(metadata.items()))
