"""Records as rows of the database, and back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.gallery.gallery_records import (
    NewSource,
    NewTracklet,
    Source,
    StoredTracklet,
    Trajectory,
)
from tacan.gallery.store import CropRow, corners
from tacan.gallery.timestamps import from_microseconds, to_microseconds

__all__ = [
    "SOURCE_QUERY",
    "TRACKLET_QUERY",
    "UNDECODABLE",
    "crop_of",
    "crop_values",
    "is_vector",
    "settings_text",
    "source_of",
    "source_values",
    "tracklet_of",
    "tracklet_values",
    "trajectory_of",
    "trajectory_values",
    "vector_values",
]

SOURCE_QUERY = """
    SELECT s.id, s.state, s.path, s.name, s.sha256, c.name, s.start_us, s.duration, s.fps,
        s.width, s.height, s.settings, s.damage
    FROM sources s JOIN cameras c ON c.id = s.camera_id"""

TRACKLET_QUERY = """
    SELECT t.id, c.name, t.camera_number, t.source_id, s.name, t.number, t.first_seconds,
        t.last_seconds, t.start_us, t.end_us, t.n_frames, t.quality,
        coalesce(p.name, t.person), m.person_id,
        (SELECT count(*) FROM crops WHERE tracklet_id = t.id)
    FROM tracklets t JOIN cameras c ON c.id = t.camera_id JOIN sources s ON s.id = t.source_id
        LEFT JOIN tracklet_persons m ON m.tracklet_id = t.id
        LEFT JOIN persons p ON p.id = m.person_id"""

UNDECODABLE = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"""What is raised for a value of a wrong type, size or range. SQLite checks none of them."""

Row = Sequence[Any]


def settings_text(source: NewSource) -> str:
    """The settings as one text, which is the same for the same settings."""
    return json.dumps(dict(source.settings), sort_keys=True, ensure_ascii=False)


def source_values(source: NewSource, camera_id: int) -> tuple[Any, ...]:
    """A row of `sources` without its id and state."""
    start = None if source.start is None else to_microseconds(source.start)
    plain = (source.duration, source.fps, source.width, source.height, settings_text(source))
    return source.path, source.name, source.sha256, camera_id, start, *plain


def source_of(row: Row) -> Source:
    """A row of `SOURCE_QUERY`. Raises one of `UNDECODABLE`."""
    number, state, path, name, sha256, camera, start, duration, fps, *rest = row
    width, height, settings, damage = rest
    _require(str, path=path, name=name, sha256=sha256, camera=camera, settings=settings)
    _require(_REAL_OR_NONE, duration=duration, fps=fps, width=width, height=height)
    _require((str, type(None)), damage=damage)
    known = json.loads(settings)
    _require(dict, settings=known)
    return Source(
        path=path,
        name=name,
        sha256=sha256,
        camera=camera,
        start=from_microseconds(start),
        duration=duration,
        fps=fps,
        width=width,
        height=height,
        settings=known,
        id=number,
        state=state,
        damage=damage,
    )


def tracklet_values(
    tracklet: NewTracklet,
    *,
    tracklet_id: int,
    source_id: int,
    camera_id: int,
    camera_number: int,
    start: int | None,
) -> tuple[Any, ...]:
    """A row of `tracklets`. `start` is that of the source, in microseconds."""
    times = (None, None)
    if start is not None:
        times = tuple(
            start + round(seconds * 1e6)
            for seconds in (tracklet.first_seconds, tracklet.last_seconds)
        )
    return (
        *(tracklet_id, source_id, int(tracklet.number), camera_id, camera_number),
        *(float(tracklet.first_seconds), float(tracklet.last_seconds), *times),
        *(int(tracklet.n_frames), float(tracklet.quality), tracklet.person),
    )


def tracklet_of(row: Row) -> StoredTracklet:
    """A row of `TRACKLET_QUERY`. Raises one of `UNDECODABLE`."""
    (number, camera, camera_number, source_id, source, source_number, *rest) = row
    first, last, start, end, n_frames, quality, person, person_id, n_crops = rest
    _require(str, camera=camera, source=source)
    _require(int, camera_number=camera_number, number=source_number, n_frames=n_frames)
    _require((str, type(None)), person=person)
    _require((int, type(None)), person_id=person_id)
    _require_finite(seconds=np.array([first, last], np.float64), quality=np.float64(quality))
    return StoredTracklet(
        id=number,
        name=f"{camera}/{camera_number}",
        camera=camera,
        source_id=source_id,
        source=source,
        number=source_number,
        first_seconds=first,
        last_seconds=last,
        start=from_microseconds(start),
        end=from_microseconds(end),
        n_frames=n_frames,
        quality=quality,
        person=person,
        n_crops=n_crops,
        person_id=person_id,
    )


def vector_values(tracklet_id: int, embedding: NDArray[np.float32]) -> tuple[Any, ...]:
    """A row of `vectors`: the numbers as little-endian float32, with their CRC-32."""
    data = _bytes(embedding, "<f4")
    return tracklet_id, data, zlib.crc32(data)


def is_vector(data: object, checksum: object, embedding_dim: int) -> bool:
    """Whether these are the bytes of a vector [embedding_dim] as `vector_values` makes them."""
    return (
        isinstance(data, bytes)
        and len(data) == 4 * embedding_dim
        and zlib.crc32(data) == checksum
        and bool(np.isfinite(np.frombuffer(data, "<f4")).all())
    )


def trajectory_values(tracklet_id: int, tracklet: NewTracklet) -> tuple[Any, ...]:
    """A row of `trajectories`."""
    return (
        tracklet_id,
        _bytes(tracklet.frames, "<i8"),
        _bytes(tracklet.seconds, "<f8"),
        _bytes(tracklet.boxes, "<f4"),
        _bytes(tracklet.clip_weights, "<f4"),
        _bytes(tracklet.clip_frames, "<i8"),
        _bytes(np.array(tracklet.tracks, np.int64), "<i8"),
    )


def trajectory_of(row: Row) -> Trajectory:
    """A row of `trajectories` without its id. Raises one of `UNDECODABLE`."""
    frames, seconds, boxes, weights, clips, tracks = row
    found = Trajectory(
        frames=np.frombuffer(frames, "<i8"),
        seconds=np.frombuffer(seconds, "<f8"),
        boxes=np.frombuffer(boxes, "<f4").reshape(-1, 4),
        clip_weights=np.frombuffer(weights, "<f4"),
        clip_frames=np.frombuffer(clips, "<i8").reshape(-1, 2),
        tracks=() if tracks is None else tuple(np.frombuffer(tracks, "<i8").tolist()),
    )
    lengths = len(found.frames), len(found.seconds), len(found.boxes)
    if len(set(lengths)) > 1 or len(found.clip_weights) != len(found.clip_frames):
        raise ValueError(
            "{} frames with {} times and {} boxes, ".format(*lengths)
            + f"{len(found.clip_frames)} clips with {len(found.clip_weights)} weights"
        )
    _require_finite(seconds=found.seconds, boxes=found.boxes, clip_weights=found.clip_weights)
    return found


def crop_values(tracklet_id: int, position: int, crop: CropRow) -> tuple[Any, ...]:
    """A row of `crops`."""
    box = _bytes(np.array(crop.box), "<f4")
    plain = (crop.path, crop.frame, crop.seconds, box, crop.sharpness, crop.size, crop.checksum)
    return tracklet_id, position, *plain


def crop_of(row: Row) -> CropRow:
    """A row of `crops` without its id and position. Raises one of `UNDECODABLE`."""
    path, frame, seconds, box, sharpness, size, checksum = row
    _require(str, path=path)
    _require(int, frame=frame, size=size, checksum=checksum)
    _require_finite(seconds=np.float64(seconds), sharpness=np.float64(sharpness))
    place = corners(np.frombuffer(box, "<f4"))
    return CropRow(path, frame, seconds, place, sharpness, size, checksum)


def _bytes(array: NDArray[Any], kind: str) -> bytes:
    return np.ascontiguousarray(array, dtype=kind).tobytes()


_REAL_OR_NONE = (int, float, type(None))


def _require(kinds: type | tuple[type, ...], **values: Any) -> None:
    for name, value in values.items():
        if not isinstance(value, kinds):
            raise TypeError(f"{name} is {value!r:.80}")


def _require_finite(**arrays: NDArray[Any] | np.floating) -> None:
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} with NaN or infinity")
