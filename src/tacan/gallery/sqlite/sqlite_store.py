"""The records of a gallery in one SQLite file.

Legend: N tracklets, D embedding size.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import GalleryError
from tacan.gallery.columns import UNKNOWN_TIMESTAMP, Columns
from tacan.gallery.gallery_records import (
    ModelInfo,
    NewSource,
    NewTracklet,
    Source,
    StoredTracklet,
    Trajectory,
)
from tacan.gallery.record_checks import check_model_info
from tacan.gallery.sqlite import inserts, record_rows
from tacan.gallery.sqlite.connections import sqlite_errors, transaction
from tacan.gallery.sqlite.maintenance import SqliteMaintenance
from tacan.gallery.sqlite.migrations import MIGRATIONS, schema_version
from tacan.gallery.sqlite.people import SqlitePeople
from tacan.gallery.store import CropRow, Totals, Version
from tacan.gallery.timestamps import FIRST_TIMESTAMP, LAST_TIMESTAMP

__all__ = ["SqliteStore", "decoding"]

IDS_AT_ONCE = 500
MAXIMUM_DIGITS = 18  # of a tracklet's number: it must fit into 64 bits

_COLUMNS = """
    SELECT id, camera_id, source_id, number,
        CASE WHEN start_us BETWEEN ? AND ? THEN start_us ELSE ? END,
        CASE WHEN end_us BETWEEN ? AND ? THEN end_us ELSE ? END,
        first_seconds, last_seconds, quality
    FROM tracklets ORDER BY id"""

_CAMERAS = """
    SELECT name, id FROM cameras WHERE id IN (SELECT camera_id FROM sources) ORDER BY id"""

_TOTALS = """
    SELECT (SELECT count(*) FROM tracklets),
        coalesce(nullif((SELECT count(DISTINCT person_id) FROM tracklet_persons), 0),
            (SELECT count(DISTINCT person) FROM tracklets)),
        count(*), coalesce(sum(size), 0)
    FROM crops"""


class SqliteStore:
    """A `GalleryStore` in one file. Threads may share it: one at a time is let in.

    `connection` must be to a database of the newest schema that knows its model.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._is_closed = False
        self._lock = threading.RLock()
        with self.reading() as database:
            metadata = dict(database.execute("SELECT name, value FROM metadata"))
            self.schema = self._schema(database, metadata)
            if "identity" not in metadata:
                raise GalleryError(
                    "a gallery must know the model of its vectors",
                    got=f"{path}, whose creation was cut short",
                    remedy="Index a video into it, or remove it: nothing is in it yet.",
                )
            self.identity = str(metadata["identity"])
            self.model = ModelInfo(
                name=str(metadata["model"]),
                fingerprint=str(metadata["fingerprint"]),
                embedding_dim=int(metadata["embedding_dim"]),
                metric=str(metadata["metric"]),
                clip_weight=str(metadata.get("clip_weight", "none")),
            )
        check_model_info(self.model)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A block that reads one state of the database, and in which records that can't be decoded
        are a `GalleryError`."""
        with self._lock, sqlite_errors(self.path), decoding(self.path):
            if self._connection.in_transaction:
                yield self._connection
            else:
                with transaction(self._connection, "DEFERRED") as connection:
                    yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A block whose changes are all kept, or none."""
        with (
            self._lock,
            sqlite_errors(self.path),
            transaction(self._connection, "IMMEDIATE") as connection,
        ):
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[sqlite3.Connection]:
        """A block outside of any transaction, as VACUUM and checkpoints need it."""
        with self._lock, sqlite_errors(self.path):
            yield self._connection

    @contextmanager
    def idle(self) -> Iterator[None]:
        with self._lock:
            yield

    def version(self) -> Version:
        with self.reading() as database:
            generation = database.execute(
                "SELECT value FROM metadata WHERE name = 'generation'"
            ).fetchone()[0]
            last = database.execute("SELECT max(id) FROM tracklets").fetchone()[0]
            return Version(int(generation), last or 0)

    def columns(self) -> Columns:
        with self.reading() as database:
            known = FIRST_TIMESTAMP, LAST_TIMESTAMP, int(UNKNOWN_TIMESTAMP)
            found = database.execute(_COLUMNS, 2 * known).fetchall()
            cameras = dict(database.execute(_CAMERAS))
            whole = np.array([row[:4] for row in found], np.int64).reshape(-1, 4)
            times = np.array([row[4:6] for row in found], np.int64).reshape(-1, 2)
            real = np.array([row[6:] for row in found], np.float64).reshape(-1, 3)
        ids, camera_ids, source_ids, numbers = np.ascontiguousarray(whole.T)
        starts, ends = np.ascontiguousarray(times.T)
        first_seconds, last_seconds, quality = np.ascontiguousarray(real.T)
        return Columns(
            ids=ids,
            camera_ids=camera_ids,
            source_ids=source_ids,
            numbers=numbers,
            starts=starts,
            ends=ends,
            first_seconds=first_seconds,
            last_seconds=last_seconds,
            quality=quality,
            cameras=cameras,
        )

    def vectors(
        self, *, after: int, rows_at_once: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """As in the protocol. Raises `GalleryError` for a vector whose bytes have changed."""
        query = """SELECT tracklet_id, embedding, checksum FROM vectors
            WHERE tracklet_id > ? AND EXISTS (SELECT 1 FROM tracklets WHERE id = tracklet_id)
            ORDER BY tracklet_id LIMIT ?"""
        while True:
            with self.reading() as database:
                found = database.execute(query, (after, rows_at_once)).fetchall()
                if not found:
                    return
                ids = np.array([number for number, _, _ in found], np.int64)
                matrix = self._matrix(found)
            yield ids, matrix
            after = int(ids[-1])

    def _matrix(self, found: Sequence[tuple[int, bytes, int]]) -> NDArray[np.float32]:
        dim = self.model.embedding_dim
        for number, data, checksum in found:
            if not record_rows.is_vector(data, checksum, dim):
                raise GalleryError(
                    "a vector must be as it was written",
                    got=f"another one for the tracklet of id {number} in {self.path}",
                    remedy="Run `tacan gallery verify --repair`.",
                )
        flat = np.frombuffer(b"".join(data for _, data, _ in found), "<f4")
        return flat.reshape(len(found), dim)

    def sources(self) -> tuple[Source, ...]:
        with self.reading() as database:
            query = f"{record_rows.SOURCE_QUERY} ORDER BY s.id"
            return tuple(map(record_rows.source_of, database.execute(query)))

    def begin_source(self, source: NewSource) -> Source:
        with self.writing() as database:
            return inserts.begin_source(database, source)

    def finish_sources(self, damages: Mapping[int, str | None]) -> None:
        done = "UPDATE sources SET state = 'done', damage = ? WHERE id = ?"
        with self.writing() as database:
            for source_id, damage in damages.items():
                inserts.require_source(database, source_id)
                database.execute(done, (damage, source_id))
                database.execute("DELETE FROM detections WHERE source_id = ?", (source_id,))

    def committed_numbers(self, source_id: int) -> frozenset[int]:
        with self.reading() as database:
            return inserts.committed_numbers(database, source_id)

    def add(
        self, source_id: int, tracklets: Sequence[NewTracklet], crops: Sequence[Sequence[CropRow]]
    ) -> int:
        with self.writing() as database:
            return inserts.add_tracklets(
                database, source_id, tracklets, crops, next_id=self._next_id
            )

    def save_detections(self, source_id: int, first_frame: int, data: bytes) -> None:
        with self.writing() as database:
            inserts.require_source(database, source_id)
            database.execute(
                """INSERT INTO detections VALUES (?, ?, ?)
                ON CONFLICT (source_id, first_frame) DO UPDATE SET data = excluded.data""",
                (source_id, first_frame, data),
            )

    def read_detections(self, source_id: int) -> tuple[tuple[int, bytes], ...]:
        query = "SELECT first_frame, data FROM detections WHERE source_id = ? ORDER BY first_frame"
        return tuple(self._all(query, source_id))

    def tracklets(self, ids: Sequence[int]) -> tuple[StoredTracklet, ...]:
        found: dict[int, StoredTracklet] = {}
        with self.reading() as database:
            for start in range(0, len(ids), IDS_AT_ONCE):
                some = [int(number) for number in ids[start : start + IDS_AT_ONCE]]
                marks = ",".join("?" * len(some))
                query = f"{record_rows.TRACKLET_QUERY} WHERE t.id IN ({marks})"
                found |= {
                    row[0]: record_rows.tracklet_of(row) for row in database.execute(query, some)
                }
        return tuple(found[int(number)] for number in ids if int(number) in found)

    def names(self, ids: Sequence[int]) -> tuple[str, ...]:
        query = """SELECT c.name, t.camera_number FROM tracklets t
            JOIN cameras c ON c.id = t.camera_id WHERE t.id = ?"""
        with self.reading() as database:
            found = [database.execute(query, (int(number),)).fetchone() for number in ids]
        return tuple(
            f"id {number}" if name is None else f"{name[0]}/{name[1]}"
            for number, name in zip(ids, found, strict=True)
        )

    def find(self, name: str) -> int | None:
        camera, _, number = name.rpartition("/")
        is_number = number.isascii() and number.isdigit() and len(number) <= MAXIMUM_DIGITS
        if not is_number or not camera.isprintable():
            return None
        query = """SELECT t.id FROM tracklets t JOIN cameras c ON c.id = t.camera_id
            WHERE c.name = ? AND t.camera_number = ?"""
        found = self._all(query, camera, int(number))
        return found[0][0] if found else None

    def trajectory(self, tracklet_id: int) -> Trajectory | None:
        query = """SELECT frames, seconds, boxes, clip_weights, clip_frames, tracks
            FROM trajectories WHERE tracklet_id = ?"""
        with self.reading() as database:
            found = database.execute(query, (tracklet_id,)).fetchone()
            return None if found is None else record_rows.trajectory_of(found)

    def crops(self, tracklet_id: int) -> tuple[CropRow, ...]:
        query = """SELECT path, frame, seconds, box, sharpness, size, checksum FROM crops
            WHERE tracklet_id = ? ORDER BY position"""
        with self.reading() as database:
            return tuple(map(record_rows.crop_of, database.execute(query, (tracklet_id,))))

    def totals(self) -> Totals:
        n_tracklets, n_persons, n_crops, crop_bytes = self._all(_TOTALS)[0]
        return Totals(n_tracklets, n_persons, n_crops, int(crop_bytes) + self._database_bytes())

    def _schema(self, database: sqlite3.Connection, metadata: Mapping[str, str]) -> int:
        del metadata
        return int(database.execute("PRAGMA user_version").fetchone()[0])

    def _next_id(self, database: sqlite3.Connection, count: int) -> int:
        """The first of `count` ids that no tracklet ever had. SQLite keeps the highest of them."""
        del count
        query = "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'tracklets'"
        return database.execute(query).fetchone()[0]

    def _database_bytes(self) -> int:
        log = self.path.with_name(f"{self.path.name}-wal")
        return sum(file.stat().st_size for file in (self.path, log) if file.exists())

    def maintenance(self) -> SqliteMaintenance:
        return SqliteMaintenance(self.writing, self.reading, self.autocommit)

    def people(self) -> SqlitePeople:
        return SqlitePeople(self.writing, self.reading, self.path)

    def _all(self, query: str, *values: Any) -> list[Any]:
        with self.reading() as database:
            return database.execute(query, values).fetchall()

    @property
    def is_current(self) -> bool:
        with self._lock:
            if self._is_closed or self.schema == len(MIGRATIONS):
                return not self._is_closed
            return schema_version(self._connection) == self.schema

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            self._connection.close()


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """A block in which values of a wrong type, size or range are a `GalleryError`."""
    try:
        yield
    except record_rows.UNDECODABLE as error:
        raise GalleryError(
            "a gallery's records must be as they were written",
            got=f"{path} ({error})",
            remedy="`tacan gallery verify` lists what is wrong; delete it and index it again.",
        ) from error
