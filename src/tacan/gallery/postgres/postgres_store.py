"""The records of a gallery on a PostgreSQL server.

The statements are those of the SQLite store; what differs is here: connections, transactions, ids,
and what the server keeps of what was deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import GalleryBusyError, GalleryError, StorageError
from tacan.gallery.gallery_records import NewTracklet
from tacan.gallery.person_records import LogEntry
from tacan.gallery.postgres.connections import (
    PostgresConnection,
    connect,
    postgres_errors,
    transaction,
)
from tacan.gallery.postgres.hnsw import TABLE, HnswIndex, fill_hnsw, has_hnsw
from tacan.gallery.sqlite.inserts import add_tracklets
from tacan.gallery.sqlite.maintenance import SqliteMaintenance
from tacan.gallery.sqlite.people import SqlitePeople, add_to_log
from tacan.gallery.sqlite.sqlite_store import SqliteStore, decoding
from tacan.gallery.store import CropRow

__all__ = ["PostgresStore"]

_TABLES = "tracklets vectors trajectories crops detections persons tracklet_persons decisions"
# Writes over every segment of the log that there is: one that was kept for use again still holds
# what it held.
_OVERWRITE_LOG = (
    "DO $$ BEGIN FOR i IN 1..(SELECT count(*) FROM pg_ls_waldir()) LOOP "
    "PERFORM pg_logical_emit_message(false, 'tacan', ''); PERFORM pg_switch_wal(); "
    "END LOOP; END $$; CHECKPOINT;"
)
_REMAINS = (
    "The server keeps copies of what was deleted in its write-ahead log, also in segments that it "
    "has set aside for use again. Its administrator ends that by running this twice: "
    f"{_OVERWRITE_LOG} Replicas, archives of the log and backups keep theirs."
)


class PostgresStore(SqliteStore):
    """A `GalleryStore` in the schema `tacan` of a database. Several processes may write to it at
    once: their changes are made one after the other. Threads may share it.

    `connection` must be to a database of the newest schema that knows its model; `address` is for
    lines of the log, which are added over a connection of their own.
    """

    def __init__(self, connection: PostgresConnection, place: Path, address: str) -> None:
        self._address = address
        super().__init__(connection, place)  # pyright: ignore

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with self._lock, postgres_errors(self.path), decoding(self.path):
            connection: Any = self._connection
            if connection.in_transaction:
                yield connection
            else:
                with transaction(connection, write=False):
                    yield connection

    @contextmanager
    def writing(self) -> Iterator[Any]:
        connection: Any = self._connection
        with (
            self._lock,
            postgres_errors(self.path),
            transaction(connection, write=True),
        ):
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[Any]:
        with self._lock, postgres_errors(self.path):
            yield self._connection

    @property
    def is_current(self) -> bool:
        connection: Any = self._connection
        return not connection.raw.closed  # nor did the server end it

    def add(
        self, source_id: int, tracklets: Sequence[NewTracklet], crops: Sequence[Sequence[CropRow]]
    ) -> int:
        with self.writing() as database:
            added = add_tracklets(database, source_id, tracklets, crops, next_id=self._next_id)
            fill_hnsw(database)
            return added

    def hnsw_index(self, ids: NDArray[np.int64]) -> HnswIndex:
        """The approximate index of the vectors of these ids [N], rising."""
        return HnswIndex(self.reading, ids, self.model)

    def maintenance(self) -> PostgresMaintenance:
        return PostgresMaintenance(self.writing, self.reading, self.autocommit)

    def people(self) -> PostgresPeople:
        return PostgresPeople(self.writing, self.reading, self.path, self._address)

    def _schema(self, database: Any, metadata: Mapping[str, str]) -> int:
        del database
        return int(metadata["schema"])

    def _next_id(self, database: Any, count: int) -> int:
        first = database.execute("SELECT nextval('tacan.tracklet_ids')").fetchone()[0]
        database.execute("SELECT setval('tacan.tracklet_ids', ?)", (first + count - 1,))
        return first

    def _database_bytes(self) -> int:
        query = """SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'tacan' AND c.relkind = 'r'"""
        return int(self._all(query)[0][0])


class PostgresMaintenance(SqliteMaintenance):
    """A `StoreMaintenance` of such a database."""

    def erase_traces(self) -> bool:
        """Writes the tables anew, without what was deleted; False while another process uses one.
        The write-ahead log keeps what was written: see `remains`."""
        try:
            with self._autocommit() as database:
                database.execute("SET lock_timeout = '2s'")
                try:
                    hnsw = [TABLE] if has_hnsw(database) else []
                    for table in [*_TABLES.split(), *hnsw]:
                        database.execute(f"VACUUM FULL tacan.{table}")
                finally:
                    database.execute("RESET lock_timeout")
        except (GalleryBusyError, StorageError):
            return False
        return True

    def remains(self) -> str | None:
        return _REMAINS

    def integrity_problems(self) -> tuple[str, ...]:
        """None: the server checks its own pages (`pg_amcheck` does it at once)."""
        return ()


class PostgresPeople(SqlitePeople):
    """A `PeopleStore` of such a database."""

    def __init__(self, writing: Any, reading: Any, path: Path, address: str) -> None:
        super().__init__(writing, reading, path)
        self._address = address

    def append(self, entry: LogEntry) -> bool:
        try:
            with (
                postgres_errors(self._path),
                closing(connect(self._address, write=True)) as connection,
                transaction(connection, write=True) as made,
            ):
                database: Any = made
                add_to_log(database, entry)
        except (GalleryError, StorageError):
            return False
        return True
