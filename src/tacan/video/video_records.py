"""Records of video: frames, detections, crops, tracklets.

Boxes are x1, y1, x2, y2 in pixels of the upright frame, with x2 and y2 just outside the box.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DataError, VideoError

__all__ = [
    "NO_TRACK",
    "PEOPLE",
    "Crop",
    "Detections",
    "FrameDetections",
    "Picture",
    "Tick",
    "VideoFrame",
    "VideoTracklet",
    "check_count",
    "is_of_people",
]

NO_TRACK = -1
"""The track number of a detection that belongs to no track."""

MOST_DETECTIONS = 1000
"""Detections in a frame. All pairs of them are compared, and each track holds its crops."""

PEOPLE = ("person", "people", "pedestrian", "human")
"""Names of the class of people, in detectors' files and in those of ready boxes."""


def is_of_people(class_name: str) -> bool:
    """Whether a class of this name is that of people.

    >>> is_of_people("Pedestrian"), is_of_people("car")
    (True, False)
    """
    return class_name.strip().lower() in PEOPLE


def check_count(n_detections: int, where: str) -> None:
    """Raises `VideoError` for more detections in one frame than there may be."""
    if n_detections > MOST_DETECTIONS:
        raise VideoError(
            f"a frame must have at most {MOST_DETECTIONS:,} detections",
            got=f"{n_detections:,} in {where}",
            remedy="Use a higher --detection-threshold, or leave out the weakest of ready boxes.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class VideoFrame:
    """One decoded picture.

    `index` counts from 0 in the order of showing, `seconds` is its time since the first picture
    of the stream, and `image` is uint8 [H, W, 3], RGB, upright and contiguous. `stretch` says how
    much wider and higher it is than it was stored, where pixels were made square.
    """

    index: int
    seconds: float
    image: NDArray[np.uint8]
    stretch: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """The people found in one frame: `boxes` float32 [n, 4], `scores` float32 [n] in 0..1.

    Raises `DataError` when the two disagree in length or shape.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.boxes.shape != (len(self.scores), 4) or self.scores.ndim != 1:
            raise DataError(
                "detections must have one box of four numbers for each score",
                got=f"boxes {self.boxes.shape} and scores {self.scores.shape}",
                remedy="Give boxes [n, 4] and scores [n].",
            )

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def none(cls) -> Detections:
        """A frame without anybody."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    def chosen(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Detections:
        """The detections at `which`, a mask [n] or indices [k]."""
        return Detections(self.boxes[which], self.scores[which])


@dataclass(frozen=True, slots=True, eq=False)
class FrameDetections:
    """A frame, the people found in it, and the track number [n] of each where they are known."""

    frame: VideoFrame
    detections: Detections
    tracks: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """One picture of a person: where and when it was taken, and the JPEG itself.

    `box` is float32 [4] and lies within the frame; `sharpness` compares crops, larger is sharper.
    """

    frame: int
    seconds: float
    box: NDArray[np.float32]
    jpeg: bytes
    sharpness: float


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The pixels uint8 [h, w, 3] of one crop, for a model, and the frame that it is from."""

    frame: int
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class VideoTracklet:
    """One person followed through one video without a break.

    `frames` int64 [n] and `seconds` float64 [n] say when, `boxes` float32 [n, 4] and `scores`
    float32 [n] where; all are in the order of time. `crops` holds the best pictures, also in the
    order of time. `quality` is in 0..1; `number` counts from 1 within the video. `clips` holds the
    pictures that a model is to see, where they were asked for: see `ClipReservoir`.
    `is_still` says that neither the box nor the pixels in it ever moved: see `StillnessWatch`.
    `running_since` is when the oldest track began that still ran when this one ended, in seconds:
    no tracklet that is still to come begins earlier.
    """

    number: int
    frames: NDArray[np.int64]
    seconds: NDArray[np.float64]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    crops: tuple[Crop, ...]
    quality: float
    clips: tuple[tuple[Picture, ...], ...] = ()
    running_since: float = float("inf")
    is_still: bool = False

    def __post_init__(self) -> None:
        sizes = {len(self.frames), len(self.seconds), len(self.boxes), len(self.scores)}
        if len(sizes) != 1 or 0 in sizes:
            raise DataError(
                "a tracklet's frames, seconds, boxes and scores must be of one length, not 0",
                got=f"{len(self.frames)}, {len(self.seconds)}, {len(self.boxes)} and "
                f"{len(self.scores)}",
                remedy="Give one entry for each frame.",
            )

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def n_pictures(self) -> int:
        """The pictures in all clips."""
        return sum(map(len, self.clips))


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed in a video: no tracklet that is still to come begins before `running_since`
    seconds."""

    running_since: float
