"""OpenCV's HOG people detector (Dalal and Triggs, 2005), whose weights are in the library.

It works offline at once and finds large, upright, unhidden people; on real streets it misses many.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tacan.video.boxes import clipped, keep_best
from tacan.video.video_records import Detections

__all__ = ["HogDetector", "open_hog"]

_WINDOW = (64, 128)
_MARGIN = np.array([0.1, 0.07, -0.1, -0.07], np.float32)
"""The window holds a margin around the person: what to move each side by, in window sizes."""


class HogDetector:
    """Finds people with HOG. A score is the margin of the linear classifier, at most 1."""

    def __init__(self, *, threshold: float, iou: float = 0.5) -> None:
        self._threshold = threshold
        self._iou = iou

    def detect_one(self, image: NDArray[np.uint8]) -> Detections:
        height, width = image.shape[:2]
        if width < _WINDOW[0] or height < _WINDOW[1]:
            return Detections.none()
        descriptor = cv2.HOGDescriptor()
        descriptor.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())  # type: ignore[attr-defined]
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        windows, margins = descriptor.detectMultiScale(
            grey, hitThreshold=self._threshold, winStride=(8, 8), padding=(8, 8), scale=1.05,
            groupThreshold=0,
        )  # fmt: skip
        if not len(windows):
            return Detections.none()
        x, y, w, h = np.asarray(windows, np.float32).T
        boxes = np.stack([x, y, x + w, y + h], 1) + _MARGIN * np.stack([w, h, w, h], 1)
        scores = np.clip(np.asarray(margins, np.float32).reshape(-1), 0, 1)
        found = Detections(clipped(boxes, width=width, height=height), scores)
        return found.chosen(keep_best(found.boxes, found.scores, iou=self._iou, covered=0.7))


def open_hog(*, threshold: float) -> tuple[HogDetector, str]:
    """The detector, and its fingerprint."""
    return HogDetector(threshold=threshold), f"hog:opencv-{cv2.__version__}"
