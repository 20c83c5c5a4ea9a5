"""Boxes and tracks that were computed elsewhere: the MOT Challenge's text format, and JSON.

A MOT line is `frame, track, x, y, width, height, score, ...`: frames and tracks count from 1, a
track of -1 means that the box is only a detection, what follows is ignored. A JSON file holds

    {"tracklets": [{"tracklet": 0, "camera": 1, "frames": [8, 10], "boxes": [[x1, y1, x2, y2], ...],
                    "scores": [...]}]}

with frames that count from 0; `scores` may be absent. Where the tracklets name a `camera` or a
`video` and there are several, the one that is wanted has to be told.
"""

from __future__ import annotations

import json
import os
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from tacan.errors import VideoError
from tacan.files import sha256, write_text
from tacan.video.matching import Track
from tacan.video.video_records import (
    NO_TRACK,
    Detections,
    FrameDetections,
    VideoFrame,
    VideoTracklet,
    check_count,
)

__all__ = [
    "PrecomputedTracks",
    "open_precomputed_tracks",
    "read_json_tracks",
    "read_mot",
    "write_mot",
]

_COLUMNS = 7

LARGEST_MOT = 500_000_000
LARGEST_JSON = 100_000_000
"""Bytes of a file; to read JSON takes about ten times as much memory."""
LONGEST_LINE = 10_000
LAST_FRAME = 2**31
LAST_TRACK = 2**53
"""The largest number that a float64 tells from its neighbours."""
LARGEST_COORDINATE = 1e6


class PrecomputedTracks:
    """Boxes that were found elsewhere, by frame index (counted from 0): a `DetectionSource`."""

    def __init__(self, by_frame: Mapping[int, NDArray[np.float64]], *, fingerprint: str) -> None:
        """Rows float64 [n, 6] of each frame: track (-1 for none), x1, y1, x2, y2, score."""
        self._by_frame = by_frame
        self.fingerprint = fingerprint
        self.has_tracks = any((rows[:, 0] != NO_TRACK).any() for rows in by_frame.values())

    @property
    def last_frame(self) -> int:
        """The highest frame index with a box, -1 where there is none."""
        return max(self._by_frame, default=-1)

    def at(self, frame: int) -> tuple[Detections, NDArray[np.int64]]:
        """The boxes of a frame and the track number [n] of each, -1 for none."""
        rows = self._by_frame.get(frame)
        if rows is None:
            return Detections.none(), np.zeros(0, np.int64)
        found = Detections(rows[:, 1:5].astype(np.float32), rows[:, 5].astype(np.float32))
        return found, rows[:, 0].astype(np.int64)

    def detect(
        self,
        frames: Iterable[VideoFrame],
        *,
        cache: object = None,  # noqa: ARG002
    ) -> Iterator[FrameDetections]:
        """The boxes of each frame, with their tracks where the file has any."""
        for frame in frames:
            detections, tracks = self.at(frame.index)
            if frame.stretch != (1.0, 1.0):  # Other programs leave oblong pixels as they are.
                boxes = detections.boxes * np.array(frame.stretch * 2, np.float32)
                detections = Detections(boxes, detections.scores)
            yield FrameDetections(frame, detections, tracks if self.has_tracks else None)

    def tracks(self) -> dict[int, Track]:
        """Every track by its number, in the order of the numbers."""
        places: dict[int, list[tuple[int, NDArray[np.float64]]]] = defaultdict(list)
        for frame in sorted(self._by_frame):
            for row in self._by_frame[frame]:
                if row[0] != NO_TRACK:
                    places[int(row[0])].append((frame, row[1:5]))
        return {
            number: Track(
                np.array([frame for frame, _ in seen], np.int64),
                np.array([box for _, box in seen], np.float32),
            )
            for number, seen in sorted(places.items())
        }


def open_precomputed_tracks(
    path: Path, *, camera: str | None = None, video: str | None = None
) -> PrecomputedTracks:
    """The boxes in a MOT text file, or in a JSON file (by its ending).

    Raises `VideoError`.
    """
    if path.suffix == ".json":
        return read_json_tracks(path, camera=camera, video=video)
    return read_mot(path)


def read_mot(path: Path) -> PrecomputedTracks:
    """The boxes in a MOT text file.

    As in the challenge's own ground truth, a track's line with the score 0 is passed over, and a
    negative score (which its results carry) counts as 1. Raises `VideoError`, naming the line.
    """
    rows, lines = array("d"), array("q")
    with _opened(path, largest=LARGEST_MOT) as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            row = _mot_row(line)
            if row is None:
                raise _faulty(path, f"line {number}: {line[:80]!r}")
            rows.extend(row)
            lines.extend([number] * bool(row))
    table = np.frombuffer(rows, np.float64).reshape(-1, _COLUMNS)
    by_frame = _by_frame(path, table, lambda index: f"line {lines[index]}")
    return PrecomputedTracks(by_frame, fingerprint=_digest(path))


def _mot_row(line: str) -> tuple[float, ...] | None:
    """Frame from 0, track, x1, y1, x2, y2 and score; () for a line without a box, None for one
    that isn't MOT."""
    fields = line.strip().split(",")
    if fields == [""]:
        return ()
    try:
        values = [float(field) for field in fields[:_COLUMNS]]
    except ValueError:
        return None
    if len(line) == LONGEST_LINE or len(values) < _COLUMNS - 1 or not np.isfinite(values).all():
        return None
    frame, track, x, y, width, height, score = (*values, 1.0)[:_COLUMNS]
    if track >= 0 and score == 0:
        return ()
    score = 1.0 if score < 0 <= track else score
    return (frame - 1, track, x, y, x + width, y + height, score)


def read_json_tracks(
    path: Path, *, camera: str | None = None, video: str | None = None
) -> PrecomputedTracks:
    """The tracks in a JSON file, those of one `camera` or `video` where it holds several.

    Raises `VideoError` for another content, or where the choice is open.
    """
    with _opened(path, largest=LARGEST_JSON) as file:
        try:
            tracklets = json.load(file)["tracklets"]
            chosen = _of_one_source(path, tracklets, camera=camera, video=video)
            tables = [_json_rows(entry, index) for index, entry in enumerate(chosen)]
        except RecursionError as error:
            raise _faulty(path, "brackets within brackets") from error
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise _faulty(path, f"{type(error).__name__}: {error}") from error
    table = np.concatenate([np.zeros((0, _COLUMNS)), *tables])
    by_frame = _by_frame(path, table, lambda index: f"box {index + 1}")
    return PrecomputedTracks(by_frame, fingerprint=f"{_digest(path)}:{camera}:{video}")


def _json_rows(entry: Mapping[str, Any], index: int) -> NDArray[np.float64]:
    """Rows as those of `_mot_row`, [n, 7], of one tracklet; `index` numbers it where it doesn't.

    Raises `ValueError` and others where it isn't one.
    """
    frames = np.array(entry["frames"], np.float64)
    boxes = np.array(entry["boxes"], np.float64).reshape(-1, 4)
    scores = np.array(entry.get("scores", np.ones(len(frames))), np.float64)
    track = np.full(len(frames), float(entry.get("tracklet", index)))
    return np.column_stack([frames, track, boxes, scores])


def _of_one_source(
    path: Path, tracklets: list[Any], *, camera: str | None, video: str | None
) -> list[Any]:
    for key, wanted in (("video", video), ("camera", camera)):
        names = sorted({str(entry[key]) for entry in tracklets if key in entry})
        if wanted in names:
            return [entry for entry in tracklets if str(entry.get(key)) == wanted]
        if len(names) > 1:
            raise VideoError(
                f"the {key} must be one of those in {path}: {', '.join(names)}",
                got="none of them" if wanted is None else repr(wanted),
                remedy=f"Name the {key} as the file does.",
            )
    return tracklets


def _by_frame(
    path: Path, table: NDArray[np.float64], where: Callable[[int], str]
) -> dict[int, NDArray[np.float64]]:
    """The rows [n, 7] of `_mot_row` as `PrecomputedTracks` takes them.

    Raises `VideoError` for what can't be; `where` names a row by its index.
    """
    frames, tracks = table[:, 0], table[:, 1]
    unfit = {
        "no whole number of a frame": (frames != np.floor(frames)) | (frames < 0)
        | (frames > LAST_FRAME),
        "no whole number of a track": (tracks != np.floor(tracks)) | (tracks > LAST_TRACK),
        "no box within a picture": ~(np.abs(table[:, 2:6]) <= LARGEST_COORDINATE).all(axis=1),
        "no number as a score": ~np.isfinite(table[:, 6]),
    }  # fmt: skip
    for what, rows in unfit.items():
        if rows.any():
            raise _faulty(path, f"{where(int(rows.argmax()))}, which has {what}")
    table = table[np.argsort(frames, kind="stable")]
    table[:, 1] = np.maximum(table[:, 1], NO_TRACK)
    table[:, 6] = np.clip(table[:, 6], 0, 1)
    starts = np.flatnonzero(np.diff(table[:, 0], prepend=-1))
    by_frame = {int(rows[0, 0]): rows[:, 1:] for rows in np.split(table, starts)[1:]}
    for frame, rows in by_frame.items():
        check_count(len(rows), f"frame {frame} (counted from 0) of {path}")
        known = rows[rows[:, 0] != NO_TRACK, 0]
        if len(np.unique(known)) != len(known):
            raise _faulty(path, f"frame {frame} (counted from 0) with one track twice")
    return by_frame


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


@contextmanager
def _opened(path: Path, *, largest: int) -> Iterator[TextIO]:
    """The file as text; what can't be read in it, or is larger, is a `VideoError`."""
    if not os.path.isfile(path):  # noqa: PTH113  # Path.is_file raises for a name that is too long.
        raise VideoError(
            "a file of ready boxes must exist", got=str(path), remedy="Check the path."
        )
    try:
        with path.open(encoding="utf-8-sig") as file:
            if path.stat().st_size > largest:
                raise _faulty(path, f"more than {largest:,} bytes")
            yield file
    except (OSError, UnicodeDecodeError) as error:
        raise _faulty(path, getattr(error, "strerror", None) or str(error)) from error


def _digest(path: Path) -> str:
    return f"mot:{sha256(path)}"


def _faulty(path: Path, found: str) -> VideoError:
    return VideoError(
        f"{path} must be boxes in MOT format (frame, track, x, y, width, height, score) or JSON",
        got=found,
        remedy="Correct the file; docs and `tacan index --help` describe both.",
    )
