"""Records of a database that can't be decoded, in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from tacan.gallery.sqlite import record_rows

__all__ = ["damaged_records"]

_TRAJECTORIES = """
    SELECT c.name, t.camera_number, j.tracklet_id, j.frames, j.seconds, j.boxes, j.clip_weights,
        j.clip_frames, j.tracks
    FROM tracklets t JOIN cameras c ON c.id = t.camera_id
    LEFT JOIN trajectories j ON j.tracklet_id = t.id ORDER BY t.id"""


def damaged_records(database: sqlite3.Connection) -> Iterator[str]:
    """What is wrong with each source, tracklet and trajectory that a search could not read."""
    for row in database.execute(f"{record_rows.SOURCE_QUERY} ORDER BY s.id"):
        try:
            record_rows.source_of(row)
        except record_rows.UNDECODABLE as error:
            yield f"source {row[0]}, {row[3]}: {error}"
    for row in database.execute(f"{record_rows.TRACKLET_QUERY} ORDER BY t.id"):
        try:
            record_rows.tracklet_of(row)
        except record_rows.UNDECODABLE as error:
            yield f"tracklet {row[1]}/{row[2]}: {error}"
    for camera, number, has_trajectory, *row in database.execute(_TRAJECTORIES):
        try:
            if has_trajectory is None:
                raise LookupError("none is there")
            record_rows.trajectory_of(row)
        except record_rows.UNDECODABLE as error:
            yield f"trajectory of {camera}/{number}: {error}"
