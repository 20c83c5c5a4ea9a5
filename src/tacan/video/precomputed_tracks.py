"""Boxes and tracks that were found elsewhere, whatever file they come from: a `DetectionSource`.

Readers give a table of rows [n, 8]: frame (from 0), track (below 0 for none), x1, y1, x2, y2, score
(NaN where there is none) and class (NaN where there is none).
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from tacan.errors import VideoError
from tacan.video.boxes import clipped
from tacan.video.matching import Track
from tacan.video.video_records import (
    NO_TRACK,
    Detections,
    FrameDetections,
    VideoFrame,
    check_count,
)

__all__ = [
    "COLUMNS",
    "PrecomputedTracks",
    "faulty_boxes",
    "opened_boxes",
    "tracks_of_table",
]

COLUMNS = 8
LAST_FRAME = 2**31
LAST_TRACK = 2**53
"""The largest number that a float64 tells from its neighbours."""
LARGEST_COORDINATE = 1e6
_SHARES = 2.0
"""Boxes none of whose numbers is larger are shares of the picture: nobody is two pixels high."""


@dataclass(slots=True)
class _Use:
    """Where the boxes of a file went, while one video was followed."""

    n_used: int = 0
    last_frame: int = -1
    lost: Counter[str] = field(default_factory=Counter)
    """Boxes on frames that were looked at and which were not used, by the reason."""
    n_met: int = 0
    """Boxes on frames that were looked at."""


class PrecomputedTracks:
    """Boxes that were found elsewhere, by frame index (counted from 0): a `DetectionSource`."""

    name = "mot"

    def __init__(
        self,
        by_frame: Mapping[int, NDArray[np.float64]],
        *,
        fingerprint: str,
        threshold: float = 0.0,
        are_shares: bool = False,
        left_out: Mapping[str, int] | None = None,
        readings: Sequence[str] = (),
    ) -> None:
        """Rows float64 [n, 6] of each frame: track (-1 for none), x1, y1, x2, y2, score.

        Boxes of a score below `threshold` are not used. With `are_shares` they are shares of the
        picture's sides. `left_out` counts boxes of the file that are not among them, by the
        reason; `readings` say how the file was understood, where that is not plain.
        """
        self._by_frame = by_frame
        self.fingerprint = fingerprint
        self.has_tracks = any((rows[:, 0] != NO_TRACK).any() for rows in by_frame.values())
        self._threshold = threshold
        self._are_shares = are_shares
        self._left_out = dict(left_out or {})
        self._readings = tuple(readings)
        self._use = _Use()

    @property
    def last_frame(self) -> int:
        """The highest frame index with a box, -1 where there is none."""
        return max(self._by_frame, default=-1)

    def at(self, frame: int) -> tuple[Detections, NDArray[np.int64]]:
        """The boxes of a frame, as they stand in the file, and the track number [n] of each, -1
        for none."""
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
        use = self._use = _Use()
        for frame in frames:
            detections, tracks = self._used_at(frame, use)
            yield FrameDetections(frame, detections, tracks if self.has_tracks else None)

    def notes(self) -> tuple[str, ...]:
        """How many boxes of the file were used in the video that was followed last, and why not
        all; how the file was understood."""
        use = self._use
        later = sum(len(rows) for at, rows in self._by_frame.items() if at > use.last_frame)
        n_boxes = sum(len(rows) for rows in self._by_frame.values())
        behind = f"on frames behind the last one, which is {use.last_frame + 1:,} (counted from 1)"
        reasons = {
            **self._left_out,
            **use.lost,
            "on frames between those that are looked at (--stride)": n_boxes - later - use.n_met,
            behind: later,
        }
        total = n_boxes + sum(self._left_out.values())
        told = [f"{count:,} are {reason}" for reason, count in reasons.items() if count]
        if not total:
            return ("the file holds no boxes",)
        if not told:
            return self._readings
        because = ", because" if use.n_used == 0 else ":"
        used = f"{use.n_used:,} of {total:,} boxes used{because} {', '.join(told)}"
        return (used, *self._readings)

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

    def _used_at(self, frame: VideoFrame, use: _Use) -> tuple[Detections, NDArray[np.int64]]:
        use.last_frame = frame.index
        found, tracks = self.at(frame.index)
        height, width = frame.image.shape[:2]
        if self._are_shares:
            sides = np.array([width, height] * 2, np.float32)
            found = Detections(found.boxes * sides, found.scores)
        inside = clipped(found.boxes, width=width, height=height)
        seen = ((inside[:, 2:] - inside[:, :2]) >= 1).all(axis=1)
        sure = found.scores >= self._threshold
        use.n_met += len(found)
        use.n_used += int((seen & sure).sum())
        use.lost["outside the picture"] += int((~seen).sum())
        use.lost[f"below the threshold {self._threshold:g}"] += int((seen & ~sure).sum())
        kept = seen & sure
        return found.chosen(kept), tracks[kept]


def tracks_of_table(
    path: Path,
    table: NDArray[np.float64],
    where: Callable[[int], str],
    *,
    fingerprint: str,
    threshold: float = 0.0,
    zero_is_ignored: bool = False,
    other_class: NDArray[np.bool_] | None = None,
) -> PrecomputedTracks:
    """The rows [n, 8] of a file, checked and understood.

    Where no number of a box is larger than 2, they are shares of the picture. Scores that are all
    0 count as 1; whole ones above 1 and up to 100 are percent; those below 0 of a track, as in
    results, are 1. With `zero_is_ignored` a track's box of the score 0 is left out, as in ground
    truth. Rows of `other_class` [n] are left out. Raises `VideoError` for what can be no box;
    `where` names a row by its index.
    """
    _check(path, table, where)
    other = np.zeros(len(table), bool) if other_class is None else other_class
    scores, reading = _scores(table)
    untold = reading == "unscored"
    ignored = (table[:, 1] >= 0) & (scores == 0) & (zero_is_ignored and not untold) & ~other
    are_shares = len(table) > 0 and bool(np.abs(table[:, 2:6]).max() <= _SHARES)
    left_out = {
        "of other classes than people": int(other.sum()),
        "left out by their score 0, as ground truth does": int(ignored.sum()),
    }
    readings = {
        "their coordinates are shares of the picture": are_shares,
        "their scores are all 0, and count as 1": reading == "unscored",
        "their scores are percent": reading == "percent",
    }
    marks = [
        mark
        for mark, is_so in {
            "shares": are_shares, reading: bool(reading), "classes": bool(other.any()),
        }.items()
        if is_so
    ]  # fmt: skip
    rows = np.column_stack([table[:, :6], scores])[~(ignored | other)]
    return PrecomputedTracks(
        _by_frame(path, rows),
        # Files that are read as they always were keep the fingerprint that galleries have.
        fingerprint=":".join([fingerprint, *marks]),
        threshold=threshold,
        are_shares=are_shares,
        left_out=left_out,
        readings=[text for text, is_so in readings.items() if is_so],
    )


def _scores(table: NDArray[np.float64]) -> tuple[NDArray[np.float64], str]:
    """Scores [n] from 0 to 1, and how they were understood: "", "unscored" or "percent"."""
    given = table[:, 6]
    known = given[~np.isnan(given)]
    scores = np.where(np.isnan(given), 1.0, given)
    scores = np.where((scores < 0) & (table[:, 1] >= 0), 1.0, scores)
    if len(known) and (known == 0).all():
        return np.ones(len(table)), "unscored"
    whole = (known == np.floor(known)).all()
    if len(known) and whole and 1 < known.max() <= 100 and (known >= 0).all():
        return np.where(np.isnan(given), 1.0, given / 100), "percent"
    return np.clip(scores, 0, 1), ""


def _check(path: Path, table: NDArray[np.float64], where: Callable[[int], str]) -> None:
    """Raises `VideoError` for rows that can't be; `where` names a row by its index."""
    frames, tracks = table[:, 0], table[:, 1]
    unfit = {
        "no whole number of a frame": (frames != np.floor(frames)) | (frames < 0)
        | (frames > LAST_FRAME),
        "no whole number of a track": (tracks != np.floor(tracks)) | (tracks > LAST_TRACK),
        "no box within a picture": ~(np.abs(table[:, 2:6]) <= LARGEST_COORDINATE).all(axis=1),
        "no number as a score": np.isinf(table[:, 6]),
    }  # fmt: skip
    for what, rows in unfit.items():
        if rows.any():
            raise faulty_boxes(path, f"{where(int(rows.argmax()))}, which has {what}")


def _by_frame(path: Path, rows: NDArray[np.float64]) -> dict[int, NDArray[np.float64]]:
    """Rows [n, 7] as `PrecomputedTracks` takes them."""
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    rows[:, 1] = np.maximum(rows[:, 1], NO_TRACK)
    starts = np.flatnonzero(np.diff(rows[:, 0], prepend=-1))
    by_frame = {int(some[0, 0]): some[:, 1:] for some in np.split(rows, starts)[1:]}
    for frame, some in by_frame.items():
        check_count(len(some), f"frame {frame} (counted from 0) of {path}")
        known = some[some[:, 0] != NO_TRACK, 0]
        if len(np.unique(known)) != len(known):
            raise faulty_boxes(path, f"frame {frame} (counted from 0) with one track twice")
    return by_frame


@contextmanager
def opened_boxes(path: Path, *, largest: int) -> Iterator[TextIO]:
    """The file as text; what can't be read in it, or is larger, is a `VideoError`."""
    if not os.path.isfile(path):  # noqa: PTH113  # Path.is_file raises for a name that is too long.
        raise VideoError(
            "a file of ready boxes must exist", got=str(path), remedy="Check the path."
        )
    try:
        with path.open(encoding="utf-8-sig") as file:
            if path.stat().st_size > largest:
                raise faulty_boxes(path, f"more than {largest:,} bytes")
            yield file
    except (OSError, UnicodeDecodeError) as error:
        raise faulty_boxes(path, getattr(error, "strerror", None) or str(error)) from error


def faulty_boxes(path: Path, found: str) -> VideoError:
    """The error for a file that holds no boxes."""
    return VideoError(
        f"{path} must be boxes in MOT format (frame, track, x, y, width, height, score) or JSON",
        got=found,
        remedy="Correct the file; docs/detectors.md and `tacan index --help` describe both.",
    )
