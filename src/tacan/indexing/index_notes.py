"""What is worth knowing of an indexed source beside its numbers, as sentences."""

from __future__ import annotations

from dataclasses import dataclass

from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.video_source import VideoSource
from tacan.text import counted
from tacan.video.detection_source import is_precomputed
from tacan.video.readable_video import ReadableVideo

__all__ = ["RunCounts", "followed_notes", "start_notes"]

_ENOUGH = 50
"""Detections from which on it is told that few of them became part of tracklets."""
_FEW = 0.2
"""The share of detections below which it is told."""
_LEAST_RATE = 4.0
"""Frames a second below which people who walk can't be followed from one to the next."""


@dataclass(slots=True)
class RunCounts:
    """How many frames were looked at, people found in them for sure, frames in tracklets, and
    tracks that never moved and were left out."""

    n_frames: int = 0
    n_detections: int = 0
    n_followed: int = 0
    n_still: int = 0

    def __add__(self, other: RunCounts) -> RunCounts:
        return RunCounts(
            self.n_frames + other.n_frames,
            self.n_detections + other.n_detections,
            self.n_followed + other.n_followed,
            self.n_still + other.n_still,
        )


def start_notes(source: VideoSource, video: ReadableVideo) -> list[str]:
    """Where the start of a source is from, or why it is not known."""
    if source.start_note is not None:
        return [source.start_note]
    if source.start != "file":
        return []
    if video.stated_start is None:
        return ["the file does not say when it was made: its tracklets have no time of day"]
    return [video.stated_start.note]


def followed_notes(
    settings: IndexSettings, counts: RunCounts, *, fps: float, n_tracklets: int
) -> list[str]:
    """Why there may be fewer walks than people, in `n_tracklets` of a stream of that frame rate."""
    stride = settings.stride_at(fps)
    rate = fps / stride
    notes = []
    if counts.n_still:
        notes.append(
            f"{counted(counts.n_still, 'track')} that never moved "
            f"{'was' if counts.n_still == 1 else 'were'} left out, as posters and benches are; "
            "--keep-still keeps them"
        )
    if n_tracklets == 0 and counts.n_detections == 0:
        notes.append(f"nobody was found: {_why_nobody(settings)}")
    lost = counts.n_detections >= _ENOUGH and counts.n_followed < _FEW * counts.n_detections
    if lost:
        notes.append(
            f"only {counts.n_followed:,} of {counted(counts.n_detections, 'detection')} could be "
            "followed into tracklets"
        )
    elif n_tracklets == 0 and counts.n_detections and not counts.n_still:
        notes.append(
            f"nobody was found: none of {counted(counts.n_detections, 'detection')} lasted long "
            "enough and was large enough; a lower min_frames, min_seconds or min_height may help"
        )
    if rate < _LEAST_RATE:
        notes.append(
            f"{rate:.2g} frames a second are looked at (--stride {stride} of "
            f"{fps:.3g} a second): people walk farther than their own width between two of them, "
            f"and few can be followed; from {_LEAST_RATE:.0f} a second on they can"
        )
    elif lost:
        notes.append(
            "people may move too far from one picture to the next, as in a time-lapse or with a "
            "large --stride; if it is a time-lapse, nobody in it can be followed; else look at the "
            "boxes with `tacan video`"
        )
    return notes


def _why_nobody(settings: IndexSettings) -> str:
    """Why no detection could begin a track."""
    where = "" if settings.mask is None else " where people count (--mask)"
    if is_precomputed(settings.detector):
        return (
            f"no box that was used{where} has a score of at least track_threshold "
            f"({settings.track_threshold:g})"
        )
    return (
        f"no detection{where} lasted long enough and was large enough; another detector, tiles, or "
        "a lower min_height may help"
    )
