"""Inserting sources and tracklets; each function runs within a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from tacan.errors import GalleryError
from tacan.gallery.gallery_records import NewSource, NewTracklet, Source
from tacan.gallery.sqlite import record_rows
from tacan.gallery.store import CropRow

__all__ = ["add_tracklets", "begin_source", "committed_numbers", "require_source"]


def begin_source(database: sqlite3.Connection, source: NewSource) -> Source:
    """The source of the same file, camera and settings; a new one where there is none."""
    database.execute(
        "INSERT INTO cameras (name) VALUES (?) ON CONFLICT DO NOTHING", (source.camera,)
    )
    camera_id = database.execute(
        "SELECT id FROM cameras WHERE name = ?", (source.camera,)
    ).fetchone()[0]
    database.execute(
        """INSERT INTO sources (path, name, sha256, camera_id, start_us, duration, fps,
            width, height, settings, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'indexing')
            ON CONFLICT DO NOTHING""",
        record_rows.source_values(source, camera_id),
    )
    key = (source.sha256, camera_id, record_rows.settings_text(source))
    found = database.execute(
        f"{record_rows.SOURCE_QUERY} WHERE s.sha256 = ? AND s.camera_id = ? AND s.settings = ?", key
    ).fetchone()
    return record_rows.source_of(found)


def require_source(database: sqlite3.Connection, source_id: int) -> tuple[int, int | None, str]:
    """The source's camera id, start in microseconds, and state. Raises `GalleryError`."""
    found = database.execute(
        "SELECT camera_id, start_us, state FROM sources WHERE id = ?", (source_id,)
    ).fetchone()
    if found is None:
        raise GalleryError(
            "a source must be begun before anything is added to it",
            got=f"source {source_id}",
            remedy="Call begin_source first.",
        )
    return found


def committed_numbers(database: sqlite3.Connection, source_id: int) -> frozenset[int]:
    """Numbers of tracklets that are here, or were and have been deleted."""
    query = """SELECT number FROM tracklets WHERE source_id = ?
        UNION ALL SELECT number FROM deleted_numbers WHERE source_id = ?"""
    return frozenset(number for (number,) in database.execute(query, (source_id, source_id)))


def add_tracklets(
    database: sqlite3.Connection,
    source_id: int,
    tracklets: Sequence[NewTracklet],
    crops: Sequence[Sequence[CropRow]],
    *,
    next_id: Callable[[sqlite3.Connection, int], int],
) -> int:
    """Adds the tracklets whose numbers are not committed, each once; returns how many.

    `next_id` gives the first of so many new ids.
    """
    camera_id, start, state = require_source(database, source_id)
    fresh = _fresh(database, source_id, tracklets, crops)
    if not fresh:
        return 0
    if state == "done":
        raise GalleryError(
            "a source that is done must not get new tracklets",
            got=f"number {fresh[0][0].number} for source {source_id}",
            remedy="Index it with other settings, or delete its camera first.",
        )
    first_id = next_id(database, len(fresh))
    first_number = _take_numbers(database, camera_id, len(fresh))
    database.executemany(
        "INSERT INTO tracklets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            record_rows.tracklet_values(
                tracklet,
                tracklet_id=first_id + place,
                source_id=source_id,
                camera_id=camera_id,
                camera_number=first_number + place,
                start=start,
            )
            for place, (tracklet, _) in enumerate(fresh)
        ],
    )
    _add_parts(database, list(enumerate(fresh, start=first_id)))
    return len(fresh)


def _fresh(
    database: sqlite3.Connection,
    source_id: int,
    tracklets: Sequence[NewTracklet],
    crops: Sequence[Sequence[CropRow]],
) -> list[tuple[NewTracklet, Sequence[CropRow]]]:
    query = """SELECT EXISTS (SELECT 1 FROM tracklets WHERE source_id = ? AND number = ?)
        OR EXISTS (SELECT 1 FROM deleted_numbers WHERE source_id = ? AND number = ?)"""
    fresh: dict[int, tuple[NewTracklet, Sequence[CropRow]]] = {}
    for tracklet, pictures in zip(tracklets, crops, strict=True):
        number = int(tracklet.number)
        key = (source_id, number)
        if number not in fresh and not database.execute(query, (*key, *key)).fetchone()[0]:
            fresh[number] = tracklet, pictures
    return list(fresh.values())


def _take_numbers(database: sqlite3.Connection, camera_id: int, count: int) -> int:
    """The first of `count` numbers that the camera has never given to a tracklet."""
    query = "UPDATE cameras SET next_number = next_number + ? WHERE id = ? RETURNING next_number"
    return database.execute(query, (count, camera_id)).fetchone()[0] - count


def _add_parts(
    database: sqlite3.Connection,
    numbered: Sequence[tuple[int, tuple[NewTracklet, Sequence[CropRow]]]],
) -> None:
    database.executemany(
        "INSERT INTO vectors VALUES (?, ?, ?)",
        [
            record_rows.vector_values(number, tracklet.embedding)
            for number, (tracklet, _) in numbered
        ],
    )
    database.executemany(
        "INSERT INTO trajectories VALUES (?, ?, ?, ?, ?, ?, ?)",
        [record_rows.trajectory_values(number, tracklet) for number, (tracklet, _) in numbered],
    )
    database.executemany(
        "INSERT INTO crops VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            record_rows.crop_values(number, position, crop)
            for number, (_, pictures) in numbered
            for position, crop in enumerate(pictures)
        ],
    )
