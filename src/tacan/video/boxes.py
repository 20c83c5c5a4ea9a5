"""Arithmetic on boxes x1, y1, x2, y2 (pixels).

Legend: n and k boxes. Functions with `[...]` broadcast: `left[:, None]` and `right[None]` give
every pair, [n, k].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "areas",
    "clipped",
    "covered_shares",
    "interpolate_boxes",
    "intersections",
    "ious",
    "keep_best",
]

Boxes = NDArray[np.float32]

_ROWS = 64
"""Boxes that are compared with all others at once."""


def _sides(boxes: NDArray[np.floating]) -> tuple[NDArray[np.floating], ...]:
    """x1, y1, x2 and y2 [...] of boxes [..., 4], as views, sooner than by `np.moveaxis`."""
    return boxes[..., 0], boxes[..., 1], boxes[..., 2], boxes[..., 3]


def areas(boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    """The area [...] of each box [..., 4]; 0 for a box turned inside out."""
    x1, y1, x2, y2 = _sides(boxes)
    return np.maximum(x2 - x1, 0) * np.maximum(y2 - y1, 0)


def clipped(boxes: Boxes, *, width: int, height: int) -> Boxes:
    """The part of each box [n, 4] that lies within the frame."""
    limits = np.array([width, height, width, height], np.float32)
    return np.clip(boxes, 0, limits).astype(np.float32)


def intersections(left: NDArray[np.floating], right: NDArray[np.floating]) -> NDArray[np.floating]:
    """The area [...] that boxes [..., 4] and [..., 4] share."""
    x1, y1, x2, y2 = _sides(left)
    u1, v1, u2, v2 = _sides(right)
    wide = np.minimum(x2, u2) - np.maximum(x1, u1)
    high = np.minimum(y2, v2) - np.maximum(y1, v1)
    return np.maximum(wide, 0) * np.maximum(high, 0)


def ious(left: NDArray[np.floating], right: NDArray[np.floating]) -> NDArray[np.floating]:
    """Intersection over union [...] of boxes [..., 4] and [..., 4]; 0 for two points.

    >>> two = np.array([[0, 0, 2, 2], [1, 0, 3, 2]], np.float32)
    >>> round(float(ious(two[0], two[1])), 3)
    0.333
    """
    shared = intersections(left, right)
    return _shares(shared, areas(left) + areas(right) - shared)


def covered_shares(left: NDArray[np.floating], right: NDArray[np.floating]) -> NDArray[np.floating]:
    """The shared area over that of the smaller box [...]: 1 where one lies within the other."""
    shared = intersections(left, right)
    return _shares(shared, np.minimum(areas(left), areas(right)))


def _shares(part: NDArray[np.floating], whole: NDArray[np.floating]) -> NDArray[np.floating]:
    """The quotient [...]; 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def keep_best(
    boxes: Boxes, scores: NDArray[np.float32], *, iou: float, covered: float = 1.0
) -> NDArray[np.int64]:
    """Greedy non-maximum suppression: indices [k] of the boxes that stay, best score first.

    A box goes when one that stays, of a higher score, has more than `iou` with it, or when the
    two share more than `covered` of the smaller one (never, at 1). Equal scores keep their order.
    """
    rest = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(rest):
        # A few rows at a time: all pairs of thousands of boxes would take gigabytes.
        best = rest[:_ROWS]
        alike = _are_alike(boxes[best, None], boxes[None, rest], iou=iou, covered=covered)
        left = np.ones(len(rest), np.bool_)
        for row, index in enumerate(best.tolist()):
            if left[row]:
                kept.append(index)
                left &= ~alike[row]
                left[row] = False
        left[: len(best)] = False
        rest = rest[left]
    return np.array(kept, np.int64)


def _are_alike(left: Boxes, right: Boxes, *, iou: float, covered: float) -> NDArray[np.bool_]:
    """Whether two boxes share more than `iou` of both or `covered` of the smaller one [...]."""
    shared = intersections(left, right)
    own, other = areas(left), areas(right)
    union, smaller = own + other - shared, np.minimum(own, other)
    return (_shares(shared, union) > iou) | (_shares(shared, smaller) > covered)


def interpolate_boxes(
    known_at: NDArray[np.int64] | NDArray[np.float64],
    boxes: Boxes,
    at: NDArray[np.int64] | NDArray[np.float64],
    *,
    max_gap: float,
) -> tuple[NDArray[np.bool_], Boxes]:
    """Whether a track is known at each of `at` [k], bool [k], and its boxes there, float32 [k, 4].

    `known_at` [n] are the rising frame numbers or seconds of its `boxes` [n, 4]. Between two of
    them the box moves on a straight line, unless they are more than `max_gap` apart; before the
    first and behind the last the track is nowhere.
    """
    after = np.searchsorted(known_at, at).clip(0, len(known_at) - 1)
    before = np.where(known_at[after] == at, after, np.maximum(after - 1, 0))
    gap = known_at[after] - known_at[before]
    part = np.divide(at - known_at[before], gap, out=np.zeros(len(at)), where=gap > 0)
    inside = (at >= known_at[0]) & (at <= known_at[-1]) & (gap <= max_gap)
    start, end = boxes[before], boxes[after]
    return inside, (start + part[:, None] * (end - start)).astype(np.float32)
