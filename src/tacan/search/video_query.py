"""A box in a video at one time as a query: the tracklet there, or else the crop."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DataError, VideoError
from tacan.files import sha256
from tacan.gallery.gallery_records import Source, StoredTracklet, TrackletFilter, Trajectory
from tacan.images.cut import cut_box
from tacan.search.parse import VideoBox
from tacan.search.people_in_query import MIN_OVERLAP, MIN_WITHIN, box_form
from tacan.video.boxes import areas, interpolate_boxes, intersections, ious
from tacan.video.decode import open_video
from tacan.video.readable_video import ReadableVideo
from tacan.video.video_records import VideoFrame

if TYPE_CHECKING:
    from tacan.gallery import Gallery

__all__ = [
    "MIN_OVERLAP",
    "TrackletAt",
    "box_at",
    "cut_asked",
    "cut_from_video",
    "find_sources",
    "picture_at",
    "tracklets_at",
]

MAX_GAP = 1.0
"""Seconds over which a tracklet that was not seen is still taken to be between two boxes."""

_SLACK = 0.0005


@dataclass(frozen=True, slots=True, eq=False)
class TrackletAt:
    """Where a tracklet is at the time of a query, and how well it overlaps the query's box.

    box
        float32 [4], x1, y1, x2, y2 in pixels.
    overlap
        Intersection over union, from 0 to 1.
    within
        The share of its box that lies in the query's, from 0 to 1.
    """

    tracklet: StoredTracklet
    box: NDArray[np.float32]
    overlap: float
    within: float

    @property
    def is_shown(self) -> bool:
        """Whether the query's box shows this one, alone or beside others."""
        return self.overlap >= MIN_OVERLAP or self.within >= MIN_WITHIN

    @property
    def form(self) -> str:
        """Name and box, as a query has it."""
        return f"{self.tracklet.name} at {box_form(self.box)}"


def find_sources(sources: Sequence[Source], asked: VideoBox) -> tuple[Source, ...]:
    """The sources that were indexed from the query's file, in their order.

    A file is the same if its content is. Where the file itself is gone, its path decides. Where the
    query names its source, it is that one alone.
    """
    if asked.source is not None:
        return tuple(source for source in sources if source.id == asked.source)
    if not os.path.isfile(asked.path):  # noqa: PTH113  (too long a name is no error)
        paths = {str(asked.path), os.path.realpath(asked.path)}
        return tuple(source for source in sources if source.path in paths)
    status = asked.path.stat()
    digest = _digest(asked.path, status.st_size, status.st_mtime_ns)
    return tuple(source for source in sources if source.sha256 == digest)


@lru_cache(maxsize=1000)
def _digest(path: Path, size: int, changed: int) -> str:  # noqa: ARG001
    """The SHA-256 of a file, read once as long as it does not change: videos are large."""
    return sha256(path)


def tracklets_at(
    gallery: Gallery, sources: Sequence[Source], asked: VideoBox
) -> tuple[TrackletAt, ...]:
    """The tracklets of these sources at that time, best overlap first, then the nearest."""
    box = np.array([asked.box], np.float32)
    wanted = {source.id for source in sources}
    cameras = tuple({source.camera for source in sources})
    found = []
    for tracklet in gallery.tracklets(TrackletFilter(cameras=cameras)):
        near = tracklet.first_seconds - MAX_GAP <= asked.seconds <= tracklet.last_seconds + MAX_GAP
        if tracklet.source_id not in wanted or not near:
            continue
        there = box_at(gallery.trajectory(tracklet.id), asked.seconds)
        if there is not None:
            within = intersections(box[0], there) / max(float(areas(there)), 1e-9)
            overlap = float(ious(box, there[None])[0])
            found.append(TrackletAt(tracklet, there, overlap, float(within)))
    x, y = (box[0, :2] + box[0, 2:]) / 2
    return tuple(
        sorted(
            found,
            key=lambda one: (-one.overlap, np.hypot(*((one.box[:2] + one.box[2:]) / 2 - (x, y)))),
        )
    )


def box_at(trajectory: Trajectory, seconds: float) -> NDArray[np.float32] | None:
    """Where the person was, float32 [4]: between two boxes the straight way is taken.

    None before the first and after the last box by more than half a second, and in the middle of
    a gap of more than `MAX_GAP` seconds.
    """
    times = trajectory.seconds
    nearest = np.clip(seconds, times[0], times[-1])
    there, boxes = interpolate_boxes(times, trajectory.boxes, nearest[None], max_gap=MAX_GAP)
    near = abs(nearest - seconds) <= MAX_GAP / 2
    return boxes[0] if near and there[0] else None


def cut_from_video(asked: VideoBox) -> NDArray[np.uint8]:
    """The crop uint8 [h, w, 3] of the box in the frame that is shown at that time.

    Raises as `picture_at` and `cut_asked` do.
    """
    return cut_asked(picture_at(asked), asked)


def picture_at(asked: VideoBox) -> NDArray[np.uint8]:
    """The frame uint8 [H, W, 3] that is shown at that time.

    Raises `VideoError` for a file that is no video or is over by then.
    """
    with open_video(asked.path) as video:
        # Where the rate varies much, or the file's index is wrong, that may be too late.
        frame = _shown_at(video.frames_from(asked.seconds - 1), video, asked)
        frame = frame or _shown_at(video.frames(), video, asked)
    if frame is None:
        raise VideoError(
            "a time must lie within its video",
            got=f"{asked.label!r}, which is over by then",
            remedy="Give the seconds from the video's first picture.",
        )
    return frame.image


def _shown_at(
    frames: Iterable[VideoFrame], video: ReadableVideo, asked: VideoBox
) -> VideoFrame | None:
    shown = None
    for frame in frames:
        if frame.seconds > asked.seconds + _SLACK:
            return shown
        shown = frame
    if shown is None or asked.seconds > shown.seconds + 1 / video.fps:
        return None
    return shown


def cut_asked(image: NDArray[np.uint8], asked: VideoBox) -> NDArray[np.uint8]:
    """The box's part uint8 [h, w, 3] of a frame; what lies outside of the frame is left out.

    Raises `DataError` for a box outside of the picture.
    """
    crop = cut_box(image, np.array(asked.box, np.float32))
    if not crop.size:
        height, width = image.shape[:2]
        raise DataError(
            f"a box must show a part of the picture, which is {width} x {height}",
            got=repr(asked.label),
            remedy="Give x,y,w,h in pixels of the upright picture.",
        )
    return np.ascontiguousarray(crop)
