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
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

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
)

__all__ = [
    "PrecomputedTracks",
    "open_precomputed_tracks",
    "read_json_tracks",
    "read_mot",
    "write_mot",
]

_COLUMNS = 7


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
    if not path.is_file():
        raise VideoError(
            "a file of ready boxes must exist", got=str(path), remedy="Check the path."
        )
    if path.suffix == ".json":
        return read_json_tracks(path, camera=camera, video=video)
    return read_mot(path)


def read_mot(path: Path) -> PrecomputedTracks:
    """The boxes in a MOT text file.

    As in the challenge's own ground truth, a track's line with the score 0 is passed over, and a
    negative score (which its results carry) counts as 1. Raises `VideoError`, naming the line.
    """
    rows: list[list[float]] = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        fields = line.strip().split(",")
        if fields == [""]:
            continue
        try:
            values = [float(field) for field in fields[:_COLUMNS]]
        except ValueError as error:
            raise _faulty(path, f"line {number}: {line[:80]!r}") from error
        if len(values) < _COLUMNS - 1 or not np.isfinite(values).all() or values[0] < 1:
            raise _faulty(path, f"line {number}: {line[:80]!r}")
        score = values[6] if len(values) == _COLUMNS else 1.0
        track = int(values[1]) if values[1] >= 0 else NO_TRACK
        if track != NO_TRACK and score == 0:
            continue
        score = 1.0 if score < 0 and track != NO_TRACK else min(max(score, 0.0), 1.0)
        x, y, width, height = values[2:6]
        rows.append([values[0] - 1, track, x, y, x + width, y + height, score])
    return PrecomputedTracks(_grouped(path, rows), fingerprint=_digest(path))


def read_json_tracks(
    path: Path, *, camera: str | None = None, video: str | None = None
) -> PrecomputedTracks:
    """The tracks in a JSON file, those of one `camera` or `video` where it holds several.

    Raises `VideoError` for another content, or where the choice is open.
    """
    try:
        tracklets = json.loads(_text(path))["tracklets"]
        chosen = _of_one_source(path, tracklets, camera=camera, video=video)
        rows: list[list[float]] = []
        for place, entry in enumerate(chosen):
            scores = entry.get("scores", [1.0] * len(entry["frames"]))
            track = int(entry.get("tracklet", place))
            for frame, box, score in zip(entry["frames"], entry["boxes"], scores, strict=True):
                x1, y1, x2, y2 = map(float, box)
                rows.append([int(frame), track, x1, y1, x2, y2, float(score)])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _faulty(path, f"{type(error).__name__}: {error}") from error
    return PrecomputedTracks(_grouped(path, rows), fingerprint=f"{_digest(path)}:{camera}:{video}")


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


def _grouped(path: Path, rows: list[list[float]]) -> dict[int, NDArray[np.float64]]:
    by_frame: dict[int, list[list[float]]] = defaultdict(list)
    for frame, *row in rows:
        by_frame[int(frame)].append(row)
    grouped = {frame: np.array(by_frame[frame], np.float64) for frame in sorted(by_frame)}
    for frame, found in grouped.items():
        tracks = found[found[:, 0] != NO_TRACK, 0]
        if len(np.unique(tracks)) != len(tracks):
            raise _faulty(path, f"frame {frame} (counted from 0) with one track twice")
    return grouped


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


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _faulty(path, str(error)) from error


def _digest(path: Path) -> str:
    return f"mot:{sha256(path)}"


def _faulty(path: Path, found: str) -> VideoError:
    return VideoError(
        f"{path} must be boxes in MOT format (frame, track, x, y, width, height, score) or JSON",
        got=found,
        remedy="Correct the file; docs and `tacan index --help` describe both.",
    )
