"""Tracks that never move: a poster, a bench, a black frame that a detector takes for a person.

A box that stays where it is says nothing, since people stand and sit. But some part of a person
moves within seconds, a head or a hand, while the pixels of a thing change by the camera's noise
alone. So the pixels in the first box of a track are watched, as a small picture in grey.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tacan.images.cut import pixel_bounds

__all__ = ["LEAST_SECONDS", "MOST_CHANGE", "StillnessWatch"]

LEAST_SECONDS = 5.0
"""A shorter track is never called still: people hold still for a moment."""
MOST_CHANGE = 15.0
"""Grey levels, of 255, by which the most restless part of a thing's picture may change. On the
videos that were measured things reach 2 to 12, and people who stand for five seconds 22 to 150."""
_MOST_SHIFT = 0.25
"""Heights by which the centre of a box may be off that of the first."""
_SIZE = (16, 32)
"""Width and height of the small picture: large enough for a hand, too small for noise."""
_INTERVAL = 0.2
_MOST_PICTURES = 256
"""With more every second one goes, and they are taken half as often."""


class StillnessWatch:
    """The first box of a track, and what has changed in it so far.

    Whoever walks is found out by the box within a second, and costs nothing from then on.
    """

    def __init__(self, box: NDArray[np.float32]) -> None:
        self._box = box
        self._pictures: list[NDArray[np.float32]] = []
        self._interval = _INTERVAL
        self._first: float | None = None
        self._last = 0.0
        self._next = 0.0
        self._has_moved = False

    def add(self, image: NDArray[np.uint8], box: NDArray[np.float32], seconds: float) -> None:
        """Takes in the frame `image` [H, W, 3] of that time, with the box that the track has in
        it."""
        if self._has_moved:
            return
        if self._is_elsewhere(box):
            self._has_moved = True
            self._pictures.clear()
            return
        if self._first is None:
            self._first = self._next = seconds
        self._last = seconds
        if seconds < self._next:
            return
        self._next = max(self._next + self._interval, seconds)
        self._pictures.append(self._small(image))
        if len(self._pictures) > _MOST_PICTURES:
            del self._pictures[1::2]
            self._interval *= 2

    def is_still(self) -> bool:
        """Whether the box has stayed, and no part of its picture has changed in more than a tenth
        of the time."""
        if self._has_moved or self._first is None or self._last - self._first < LEAST_SECONDS:
            return False
        pictures = np.stack(self._pictures)
        pictures -= pictures.mean((1, 2), keepdims=True)  # Light that changes is no motion.
        change = np.abs(pictures - np.median(pictures, axis=0))
        return float(np.quantile(change, 0.9, axis=0).max()) <= MOST_CHANGE

    def _is_elsewhere(self, box: NDArray[np.float32]) -> bool:
        first = self._box
        moved = np.hypot(*(box[:2] + box[2:] - first[:2] - first[2:])) / 2
        return bool(moved > _MOST_SHIFT * (first[3] - first[1]))

    def _small(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = image.shape[:2]
        x1, y1, x2, y2 = pixel_bounds(self._box, width=width, height=height)
        grey = cv2.cvtColor(np.ascontiguousarray(image[y1:y2, x1:x2]), cv2.COLOR_RGB2GRAY)
        return cv2.resize(grey, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
