"""Deletion for good from the database, and its repair."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray

from tacan.gallery.crop_files import folder_of
from tacan.gallery.sqlite import record_rows
from tacan.gallery.sqlite.damaged_records import damaged_records
from tacan.gallery.sqlite.people import forget_people_without_tracklets
from tacan.gallery.store import CropRow
from tacan.gallery.timestamps import FIRST_TIMESTAMP, LAST_TIMESTAMP

__all__ = ["SqliteMaintenance"]

CROPS_AT_ONCE = 5000

_TIMES = (FIRST_TIMESTAMP, LAST_TIMESTAMP)
_SOURCES_WITH_IMPOSSIBLE_TIMES = """
    SELECT name FROM sources WHERE start_us NOT BETWEEN ? AND ? OR id IN (
        SELECT source_id FROM tracklets
        WHERE start_us NOT BETWEEN ? AND ? OR end_us NOT BETWEEN ? AND ?)
    ORDER BY id"""

Access = Callable[[], AbstractContextManager[sqlite3.Connection]]


class SqliteMaintenance:
    """A `StoreMaintenance` of a SQLite database, which it enters in a transaction that writes, in
    one that reads, or outside of any."""

    def __init__(self, writing: Access, reading: Access, autocommit: Access) -> None:
        self._writing = writing
        self._reading = reading
        self._autocommit = autocommit

    def remove(self, ids: Sequence[int], *, sources: Sequence[int] = ()) -> None:
        chosen = [(int(number),) for number in ids]
        with self._writing() as database:
            _note_crop_folders(database, chosen)
            database.executemany(
                """INSERT INTO deleted_numbers
                SELECT source_id, number FROM tracklets WHERE id = ? ON CONFLICT DO NOTHING""",
                chosen,
            )
            database.executemany("DELETE FROM tracklets WHERE id = ?", chosen)
            _remove_sources(database, sources)
            forget_people_without_tracklets(database)
            _next_generation(database)
            database.execute("UPDATE metadata SET value = '1' WHERE name = 'erasing'")

    def set_start(self, source_id: int, start: int) -> None:
        with self._writing() as database:
            database.execute("UPDATE sources SET start_us = ? WHERE id = ?", (start, source_id))
            database.execute(
                """UPDATE tracklets SET
                    start_us = ? + CAST(round(first_seconds * 1e6) AS BIGINT),
                    end_us = ? + CAST(round(last_seconds * 1e6) AS BIGINT)
                WHERE source_id = ?""",
                (start, start, source_id),
            )
            _next_generation(database)

    def pending_deletions(self) -> tuple[str, ...] | None:
        with self._reading() as database:
            query = "SELECT value FROM metadata WHERE name = 'erasing'"
            if database.execute(query).fetchone()[0] == "0":
                return None
            found = database.execute("SELECT path FROM pending_deletions ORDER BY path")
            return tuple(path for (path,) in found)

    def erase_traces(self) -> bool:
        """Deleted rows are overwritten at once (`secure_delete`), but copies of them can be left
        in pages that were split earlier and in the log: so the database is written anew, and the
        log is cut to nothing."""
        with self._autocommit() as database:
            database.execute("VACUUM")
            blocked, _, _ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not blocked

    def remains(self) -> str | None:
        return None

    def complete_deletion(self) -> None:
        with self._writing() as database:
            database.execute("DELETE FROM pending_deletions")
            database.execute("UPDATE metadata SET value = '0' WHERE name = 'erasing'")

    def integrity_problems(self) -> tuple[str, ...]:
        found = []
        with self._autocommit() as database:
            try:
                for (text,) in database.execute("PRAGMA integrity_check"):
                    found.append(text)
                for table, row, parent, _ in database.execute("PRAGMA foreign_key_check"):
                    found.append(f"row {row} of {table} belongs to no row of {parent}")
            except sqlite3.OperationalError:
                raise  # It can't be read now, which says nothing about what is stored.
            except sqlite3.DatabaseError as error:
                found.append(str(error))
        return tuple(text for text in found if text != "ok")

    def damaged_records(self) -> tuple[str, ...]:
        with self._reading() as database:
            return tuple(damaged_records(database))

    def impossible_times(self) -> tuple[str, ...]:
        with self._reading() as database:
            found = database.execute(_SOURCES_WITH_IMPOSSIBLE_TIMES, 3 * _TIMES)
            return tuple(str(name) for (name,) in found)

    def forget_impossible_times(self) -> None:
        with self._writing() as database:
            database.execute(
                "UPDATE sources SET start_us = NULL WHERE start_us NOT BETWEEN ? AND ?", _TIMES
            )
            database.execute(
                """UPDATE tracklets SET start_us = NULL, end_us = NULL
                WHERE start_us NOT BETWEEN ? AND ? OR end_us NOT BETWEEN ? AND ?""",
                2 * _TIMES,
            )
            _next_generation(database)

    def damaged_vectors(self) -> tuple[int, ...]:
        query = """SELECT t.id, v.embedding, v.checksum FROM tracklets t
            LEFT JOIN vectors v ON v.tracklet_id = t.id ORDER BY t.id"""
        with self._reading() as database:
            (dim,) = database.execute(
                "SELECT value FROM metadata WHERE name = 'embedding_dim'"
            ).fetchone()
            return tuple(
                number
                for number, data, checksum in database.execute(query)
                if not record_rows.is_vector(data, checksum, int(dim))
            )

    def replace_vector(self, tracklet_id: int, embedding: NDArray[np.float32]) -> None:
        with self._writing() as database:
            database.execute(
                """INSERT INTO vectors VALUES (?, ?, ?) ON CONFLICT (tracklet_id)
                DO UPDATE SET embedding = excluded.embedding, checksum = excluded.checksum""",
                record_rows.vector_values(tracklet_id, embedding),
            )
            _next_generation(database)

    def all_crops(self) -> Iterator[tuple[int, int, CropRow | None]]:
        query = """SELECT tracklet_id, position, path, frame, seconds, box, sharpness, size,
            checksum FROM crops WHERE (tracklet_id, position) > (?, ?)
            ORDER BY tracklet_id, position LIMIT ?"""
        last = (-1, -1)
        while True:
            with self._reading() as database:
                found = database.execute(query, (*last, CROPS_AT_ONCE)).fetchall()
            if not found:
                return
            for tracklet_id, position, *row in found:
                try:
                    yield tracklet_id, position, record_rows.crop_of(row)
                except record_rows.UNDECODABLE:
                    yield tracklet_id, position, None
            last = found[-1][:2]

    def remove_crops(self, crops: Sequence[tuple[int, int]]) -> None:
        with self._writing() as database:
            database.executemany(
                "DELETE FROM crops WHERE tracklet_id = ? AND position = ?", list(crops)
            )


def _note_crop_folders(database: sqlite3.Connection, chosen: Sequence[tuple[int]]) -> None:
    query = "SELECT source_id, number FROM tracklets WHERE id = ?"
    found = [database.execute(query, number).fetchone() for number in chosen]
    database.executemany(
        "INSERT INTO pending_deletions VALUES (?) ON CONFLICT DO NOTHING",
        [(folder_of(*key),) for key in found if key is not None],
    )


def _remove_sources(database: sqlite3.Connection, sources: Sequence[int]) -> None:
    """Deletes sources, with their detections and deleted numbers.

    Their cameras stay, so that none ever gives a number to a second tracklet.
    """
    chosen = [int(number) for number in sources]
    database.executemany(
        "INSERT INTO pending_deletions VALUES (?) ON CONFLICT DO NOTHING",
        [(folder_of(n),) for n in chosen],
    )
    database.executemany("DELETE FROM sources WHERE id = ?", [(n,) for n in chosen])


def _next_generation(database: sqlite3.Connection) -> None:
    database.execute("""UPDATE metadata SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT)
        WHERE name = 'generation'""")
