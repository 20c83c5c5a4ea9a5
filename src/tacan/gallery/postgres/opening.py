"""Opening a gallery on a PostgreSQL server."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from tacan.errors import GalleryError, StorageError, TacanError
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import ModelInfo
from tacan.gallery.postgres.address import ServerAddress, parse_address
from tacan.gallery.postgres.connections import (
    PostgresConnection,
    connect,
    postgres_errors,
    transaction,
)
from tacan.gallery.postgres.hnsw import make_hnsw, use_hnsw
from tacan.gallery.postgres.postgres_store import PostgresStore
from tacan.gallery.postgres.schema import check_schema, migrate
from tacan.gallery.record_checks import check_fingerprint, check_model_info
from tacan.gallery.sqlite.migrations import MIGRATIONS

__all__ = ["open_on_server", "server_has_gallery"]


class SharedWriter:
    """Stands for the lock of a gallery that several processes may write to."""

    def release(self) -> None:
        """Nothing is held."""


def open_on_server(place: Path | str, *, write: bool, model: ModelInfo | None) -> Gallery:
    """The gallery at an address; see `open_gallery`. Crops and the cache of vectors lie in the
    folder that the address names, or that the gallery was made with."""
    address = parse_address(place)
    shown = address.shown
    with postgres_errors(shown):
        connection = connect(address.text, write=write)
        try:
            if write and model is not None:
                check_model_info(model)
                _create(connection, address, model)
            metadata = _metadata(connection, shown)
            if write:
                migrate(connection, shown)
            folder = _folder(address, metadata, make=write)
            store = PostgresStore(connection, shown, address.text)
            if address.approximate and write:
                make_hnsw(connection, store.model, shown)
            elif address.approximate:
                use_hnsw(connection, shown)
            if write and model is not None:
                check_fingerprint(model.fingerprint, store.model)
        except BaseException:
            connection.close()
            raise
    gallery = Gallery(
        folder,
        store,
        SharedWriter() if write else None,
        place=shown,
        vectors=store.hnsw_index if address.approximate else None,
    )
    if write:
        with suppress(TacanError):  # what can't be erased now stays pending
            gallery.complete_deletion()
    return gallery


def server_has_gallery(place: Path | str) -> bool:
    """Whether there is a gallery at an address. Raises `GalleryError` where no server answers."""
    address = parse_address(place)
    with postgres_errors(address.shown):
        connection = connect(address.text, write=False)
        try:
            return check_schema(connection, address.shown) > 0
        finally:
            connection.close()


def _create(connection: PostgresConnection, address: ServerAddress, model: ModelInfo) -> None:
    """Makes the tables and writes the model into them, where that was not done."""
    if check_schema(connection, address.shown) == 0 and address.crops is None:
        raise GalleryError(
            "a new gallery on a server needs a folder for its crops, which all its users see",
            got=f"{address.shown}",
            remedy=f"Add it to the address: '{address.text.partition('?')[0]}?crops=/srv/people'.",
        )
    migrate(connection, address.shown)
    metadata = {
        "identity": secrets.token_hex(16),
        "model": model.name,
        "fingerprint": model.fingerprint,
        "embedding_dim": str(model.embedding_dim),
        "metric": model.metric,
        "clip_weight": model.clip_weight,
        "crops": str(address.crops),
    }
    with transaction(connection, write=True) as database:
        known = database.execute("SELECT 1 FROM metadata WHERE name = 'identity'").fetchone()
        if known is None:
            database.executemany("INSERT INTO metadata VALUES (?, ?)", list(metadata.items()))


def _metadata(connection: PostgresConnection, shown: Path) -> dict[str, str]:
    version = check_schema(connection, shown)
    if version == 0:
        raise GalleryError(
            "a gallery must be a database made by `tacan index`",
            got=f"{shown}, which lacks the schema tacan",
            remedy="Check the address, or index a video into it.",
        )
    if version < len(MIGRATIONS) and connection.execute(
        "SHOW default_transaction_read_only"
    ).fetchone() == ("on",):
        raise GalleryError(
            f"a gallery on a server must be of schema version {len(MIGRATIONS)} to be read",
            got=f"{shown} of version {version}",
            remedy="Open it once for writing, such as by `tacan gallery verify --repair`.",
        )
    return dict(connection.execute("SELECT name, value FROM tacan.metadata"))


def _folder(address: ServerAddress, metadata: dict[str, str], *, make: bool) -> Path:
    folder = address.crops or Path(metadata["crops"])
    try:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"{folder}, the folder for crops, must be one that can be written to",
            got=error.strerror,
            remedy="Name another: ?crops=FOLDER in the address.",
        ) from error
    return folder
