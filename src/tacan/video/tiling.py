"""Detection on overlapping tiles, so that people who are small in the frame are seen larger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError
from tacan.video.boxes import keep_best
from tacan.video.video_records import Detections

if TYPE_CHECKING:
    from tacan.video.detect import Detector

__all__ = ["Tiled", "tile_spans"]

_EDGE = 2.0
"""Pixels: a box that comes this near to the edge of its tile may be cut by it."""


def tile_spans(size: int, count: int, *, overlap: float) -> list[tuple[int, int]]:
    """`count` equal spans that cover 0..size, neighbours sharing `overlap` of a span.

    >>> tile_spans(100, 2, overlap=0.2)
    [(0, 56), (44, 100)]
    """
    span = min(int(np.ceil(size / (count - (count - 1) * overlap))), size)
    starts = np.linspace(0, size - span, count).round().astype(int)
    return [(int(start), int(start) + span) for start in starts]


class Tiled:
    """A `Detector` that shows `detector` each tile of the frame, and merges what it finds.

    A box that ends at an inner edge of its tile is taken for a part of a person, and dropped where
    another tile shows more. What remains is merged: of two boxes with an intersection over union
    above `iou`, or of which one lies almost within the other, the higher score stays.
    """

    def __init__(
        self, detector: Detector, *, rows: int, columns: int, overlap: float = 0.2, iou: float = 0.5
    ) -> None:
        if min(rows, columns) < 1 or not 0 <= overlap <= 0.5:
            raise DetectorError(
                "tiles must be at least 1 x 1 and overlap by at most a half",
                got=f"{rows} x {columns}, overlap {overlap}",
                remedy="Correct them.",
            )
        self._detector = detector
        self._rows = rows
        self._columns = columns
        self._overlap = overlap
        self._iou = iou

    @property
    def name(self) -> str:
        return self._detector.name

    @property
    def fingerprint(self) -> str:
        tiles = f"{self._rows}x{self._columns}+{self._overlap}/{self._iou}"
        return f"{self._detector.fingerprint}:tiles={tiles}"

    def detect(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """One `Detections` for each image; all their tiles go to the detector at once."""
        windows = [self._windows(image) for image in images]
        tiles = [
            np.ascontiguousarray(image[y1:y2, x1:x2])
            for image, of_image in zip(images, windows, strict=True)
            for x1, y1, x2, y2 in of_image
        ]
        found = iter(self._detector.detect(tiles))
        return [
            self._merged([next(found) for _ in of_image], of_image, image.shape)
            for image, of_image in zip(images, windows, strict=True)
        ]

    def _windows(self, image: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
        height, width = image.shape[:2]
        down = tile_spans(height, self._rows, overlap=self._overlap)
        across = tile_spans(width, self._columns, overlap=self._overlap)
        return [(x1, y1, x2, y2) for y1, y2 in down for x1, x2 in across]

    def _merged(
        self,
        found: Sequence[Detections],
        windows: Sequence[tuple[int, int, int, int]],
        shape: tuple[int, ...],
    ) -> Detections:
        boxes: list[NDArray[np.float32]] = []
        scores: list[NDArray[np.float32]] = []
        for part, (x1, y1, x2, y2) in zip(found, windows, strict=True):
            moved = part.boxes + np.array([x1, y1, x1, y1], np.float32)
            cut = _cut(moved, window=(x1, y1, x2, y2), width=shape[1], height=shape[0])
            boxes.append(moved)
            # A cut box stays only where nothing whole takes its place: it goes last.
            scores.append(np.where(cut, part.scores - 1, part.scores))
        every, ranks = np.concatenate(boxes), np.concatenate(scores)
        kept = keep_best(every, ranks, iou=self._iou, covered=0.8)
        final = np.where(ranks < 0, ranks + 1, ranks).astype(np.float32)
        return Detections(every[kept], final[kept])


def _cut(
    boxes: NDArray[np.float32], *, window: tuple[int, int, int, int], width: int, height: int
) -> NDArray[np.bool_]:
    """Which boxes [n, 4] end at an edge of their window that is not the frame's own."""
    x1, y1, x2, y2 = window
    return (
        ((boxes[:, 0] < x1 + _EDGE) & (x1 > 0))
        | ((boxes[:, 1] < y1 + _EDGE) & (y1 > 0))
        | ((boxes[:, 2] > x2 - _EDGE) & (x2 < width))
        | ((boxes[:, 3] > y2 - _EDGE) & (y2 < height))
    )
