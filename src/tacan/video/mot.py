"""Boxes and tracks in the MOT Challenge's text format.

A line is `frame, track, x, y, width, height, score, class, ...`: frames and tracks count from 1, a
track of -1 means that the box is only a detection. Score and class may be absent. Only lines of 8
or 9 columns have a class, as the challenge's ground truth; in lines of 10, which results have, the
last three are places in the world, and nothing that is used here. Where no coordinate is above 2,
they are shares of the picture.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacan.files import sha256, write_text
from tacan.video.json_tracks import read_json_tracks
from tacan.video.precomputed_tracks import (
    COLUMNS,
    PrecomputedTracks,
    faulty_boxes,
    opened_boxes,
    tracks_of_table,
)
from tacan.video.video_records import VideoTracklet, is_of_people

__all__ = ["open_precomputed_tracks", "read_mot", "write_mot"]

LARGEST_MOT = 500_000_000
"""Bytes of a file."""
LONGEST_LINE = 10_000
_LEAST_COLUMNS, _CLASS = 6, 7
_WITH_CLASS = (8, 9)
"""How many columns a line with a class has."""
_PEOPLE = (1.0, 2.0, 7.0)
"""The challenge's classes of people: on foot, on a vehicle, at rest."""
_NAMED = 1000.0
"""Stands for a class that is given by its name, and not of people."""


def open_precomputed_tracks(
    path: Path, *, camera: str | None = None, video: str | None = None, threshold: float = 0.0
) -> PrecomputedTracks:
    """The boxes in a MOT text file, or in a JSON file (by its ending).

    `camera` or `video` choose among the tracks in a JSON file of several. Boxes of a score below
    `threshold` are not used. Raises `VideoError`.
    """
    if path.suffix == ".json":
        return read_json_tracks(path, camera=camera, video=video, threshold=threshold)
    return read_mot(path, threshold=threshold)


def read_mot(path: Path, *, threshold: float = 0.0) -> PrecomputedTracks:
    """The boxes in a MOT text file.

    As in the challenge's own ground truth, a track's line with the score 0 is passed over, and a
    negative score (which its results carry) counts as 1. So are lines of other classes than
    people. Raises `VideoError`, naming the line.
    """
    rows, lines = array("d"), array("q")
    with opened_boxes(path, largest=LARGEST_MOT) as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            row = _mot_row(line)
            if row is None:
                raise faulty_boxes(path, f"line {number}: {line[:80]!r}")
            rows.extend(row)
            lines.extend([number] * bool(row))
    table = np.frombuffer(rows, np.float64).reshape(-1, COLUMNS)
    return tracks_of_table(
        path,
        table,
        lambda index: f"line {lines[index]}",
        fingerprint=f"mot:{sha256(path)}",
        threshold=threshold,
        zero_is_ignored=True,
        other_class=_other_class(table[:, _CLASS]),
    )


def _mot_row(line: str) -> tuple[float, ...] | None:
    """A row as `tracks_of_table` takes it; () for a line without a box, None for one that isn't
    MOT."""
    fields = line.strip().split(",")
    if fields == [""]:
        return ()
    try:
        values = [float(field) for field in fields[:_CLASS]]
    except ValueError:
        return None
    if len(line) == LONGEST_LINE or len(values) < _LEAST_COLUMNS or not np.isfinite(values).all():
        return None
    frame, track, x, y, width, height, *rest = values
    score = rest[0] if rest else np.nan
    kind = _class_of(fields[_CLASS]) if len(fields) in _WITH_CLASS else np.nan
    return (frame - 1, track, x, y, x + width, y + height, score, kind)


def _class_of(text: str) -> float:
    """The number of a class, which may stand there by its name; NaN where it is none.

    >>> _class_of("7"), _class_of("Person"), _class_of("car"), _class_of("")
    (7.0, 1.0, 1000.0, nan)
    """
    if not text.strip():
        return np.nan
    try:
        number = float(text)
    except ValueError:
        return _PEOPLE[0] if is_of_people(text) else _NAMED
    return number if np.isfinite(number) else np.nan


def _other_class(classes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows [n] have a class that is not of people; -1 and NaN are no class.

    Numbers from 1 are the challenge's. Where there is a 0, they are COCO's, and people are 0.
    """
    people = (0.0,) if (classes == 0).any() else _PEOPLE
    return (classes >= 0) & ~np.isin(classes, people)


def write_mot(path: Path, tracklets: Iterable[VideoTracklet]) -> Path:
    """Writes tracklets as a MOT text file, by frame and then by number. Raises `StorageError`."""
    lines: list[tuple[int, int, str]] = []
    for tracklet in tracklets:
        for frame, box, score in zip(
            tracklet.frames.tolist(), tracklet.boxes.tolist(), tracklet.scores.tolist(), strict=True
        ):
            x1, y1, x2, y2 = box
            place = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
            text = f"{frame + 1},{tracklet.number},{place},{score:.4f},-1,-1,-1"
            lines.append((frame, tracklet.number, text))
    write_text(path, "".join(f"{text}\n" for _, _, text in sorted(lines)))
    return path
