"""Detection on a frame and on overlapping tiles of it, so that small people are seen larger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError
from tacan.video.boxes import areas, intersections, ious, keep_best
from tacan.video.video_records import Detections

if TYPE_CHECKING:
    from tacan.video.detect import Detector

__all__ = ["SURE", "Tiled", "Window", "merge_windows", "tile_spans"]

Window = tuple[int, int, int, int]
"""x1, y1, x2, y2 of a part of a frame, in pixels."""

_EDGE = 2.0
"""Pixels: a box that comes this near to the edge of its tile may be cut by it."""

_LARGE = 0.5
"""From this share of a tile's height on, a body that the whole frame shows is seen well in it."""

_PIECE = 0.5
"""The share of a cut box that lies within another one, from which on it is a piece of its body."""

SURE = 0.5
"""From this score on a box counts that tiles alone show. Weaker ones are mostly background, seen
larger, or pieces of bodies, and lead tracks astray. Chosen on generated crowds."""


def tile_spans(size: int, count: int, *, overlap: float) -> list[tuple[int, int]]:
    """`count` equal spans that cover 0..size, neighbours sharing `overlap` of a span.

    >>> tile_spans(100, 2, overlap=0.2)
    [(0, 56), (44, 100)]
    """
    span = min(int(np.ceil(size / (count - (count - 1) * overlap))), size)
    starts = np.linspace(0, size - span, count).round().astype(int)
    return [(int(start), int(start) + span) for start in starts]


class Tiled:
    """A `Detector` that shows `detector` the whole frame and each tile, and merges what it finds.

    See `merge_windows`. A single tile is the frame itself, which is not shown twice.
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
        return f"{self._detector.fingerprint}:frame+tiles={tiles}/sure={SURE}"

    @property
    def input_side(self) -> int:
        return self._detector.input_side

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, tiles: bool = False
    ) -> list[Detections]:
        """One `Detections` for each image; all tiles of all images go to the detector at once."""
        return [merged for _, merged in self.detect_both(images, tiles=tiles)]

    def detect_both(
        self, images: Sequence[NDArray[np.uint8]], *, tiles: bool = False
    ) -> list[tuple[Detections, Detections]]:
        """For each image what the whole frame shows, and what it shows with the tiles."""
        windows = [self.windows(width=image.shape[1], height=image.shape[0]) for image in images]
        parts = [
            np.ascontiguousarray(image[y1:y2, x1:x2])
            for image, (_, *of_image) in zip(images, windows, strict=True)
            for x1, y1, x2, y2 in of_image
        ]
        whole = self._detector.detect(images, tiles=tiles)
        answers = iter(self._detector.detect(parts, tiles=True))
        merged = [
            merge_windows([frame, *(next(answers) for _ in of_image[1:])], of_image, iou=self._iou)
            for frame, of_image in zip(whole, windows, strict=True)
        ]
        return list(zip(whole, merged, strict=True))

    def windows(self, *, width: int, height: int) -> list[Window]:
        """The whole frame and then its tiles, row by row."""
        down = tile_spans(height, self._rows, overlap=self._overlap)
        across = tile_spans(width, self._columns, overlap=self._overlap)
        tiles = [(x1, y1, x2, y2) for y1, y2 in down for x1, x2 in across]
        whole = (0, 0, width, height)
        return [whole] if tiles == [whole] else [whole, *tiles]


def merge_windows(
    found: Sequence[Detections], windows: Sequence[Window], *, iou: float
) -> Detections:
    """The people of a frame, of the detections in each of its windows: the frame and its tiles.

    Bodies that are large for a tile are taken from the whole frame. Of the other boxes the higher
    score stays where two have an intersection over union above `iou`, or where one lies almost
    within the other. A box that ends at an inner edge of its tile is a part of somebody: it stays
    where at most half of it lies within what stays, and then as the weakest of all. In the end a
    weak box of a tile goes where the whole frame shows nobody, however weakly.
    """
    width, height = windows[0][2:]
    tile_height = windows[-1][3] - windows[-1][1]
    moved: list[NDArray[np.float32]] = []
    ranks: list[NDArray[np.float32]] = []
    for number, (part, (x1, y1, x2, y2)) in enumerate(zip(found, windows, strict=True)):
        boxes = part.boxes + np.array([x1, y1, x1, y1], np.float32)
        cut = _cut(boxes, window=(x1, y1, x2, y2), width=width, height=height)
        large = boxes[:, 3] - boxes[:, 1] >= _LARGE * tile_height
        moved.append(boxes)
        ranks.append(part.scores + (large if number == 0 else -1.0 * cut).astype(np.float32))
    every = np.concatenate(moved)
    scores = np.concatenate([part.scores for part in found])
    order = np.concatenate(ranks)
    whole = np.flatnonzero(order >= 0)
    kept = whole[keep_best(every[whole], order[whole], iou=iou, covered=0.8)]
    for piece in np.flatnonzero(order < 0)[np.argsort(-order[order < 0], kind="stable")].tolist():
        shared = intersections(every[piece], every[kept]) / np.maximum(areas(every[piece]), 1e-6)
        if (shared <= _PIECE).all():
            kept = np.append(kept, piece)
    merged = Detections(every[kept], scores[kept].astype(np.float32))
    return merged.chosen(sure_or_seen(merged, found[0], iou=iou))


def sure_or_seen(merged: Detections, whole: Detections, *, iou: float) -> NDArray[np.bool_]:
    """Which boxes [n] are sure, or lie with more than `iou` on one that the whole frame shows."""
    seen = (ious(merged.boxes[:, None], whole.boxes[None]) > iou).any(axis=1)
    return (merged.scores >= SURE) | seen


def _cut(
    boxes: NDArray[np.float32], *, window: Window, width: int, height: int
) -> NDArray[np.bool_]:
    """Which boxes [n, 4] end at an edge of their window that is not the frame's own."""
    x1, y1, x2, y2 = window
    return (
        ((boxes[:, 0] < x1 + _EDGE) & (x1 > 0))
        | ((boxes[:, 1] < y1 + _EDGE) & (y1 > 0))
        | ((boxes[:, 2] > x2 - _EDGE) & (x2 < width))
        | ((boxes[:, 3] > y2 - _EDGE) & (y2 < height))
    )
