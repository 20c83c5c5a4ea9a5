"""Arithmetic on boxes x1, y1, x2, y2 (pixels).

Legend: n and k boxes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["areas", "clipped", "covered_shares", "ious", "keep_best", "paired_ious"]

Boxes = NDArray[np.float32]


def areas(boxes: Boxes) -> NDArray[np.float32]:
    """The area [n] of each box [n, 4]; 0 for a box turned inside out."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return sides[:, 0] * sides[:, 1]


def clipped(boxes: Boxes, *, width: int, height: int) -> Boxes:
    """The part of each box [n, 4] that lies within the frame."""
    limits = np.array([width, height, width, height], np.float32)
    return np.clip(boxes, 0, limits).astype(np.float32)


def _shared(left: Boxes, right: Boxes) -> NDArray[np.float32]:
    corner = np.maximum(left[:, None, :2], right[None, :, :2])
    opposite = np.minimum(left[:, None, 2:], right[None, :, 2:])
    sides = np.maximum(opposite - corner, 0)
    return sides[..., 0] * sides[..., 1]


def ious(left: Boxes, right: Boxes) -> NDArray[np.float32]:
    """Intersection over union [n, k] of each pair of boxes [n, 4] and [k, 4]; 0 for two points.

    >>> two = np.array([[0, 0, 2, 2], [1, 0, 3, 2]], np.float32)
    >>> round(float(ious(two, two)[0, 1]), 3)
    0.333
    """
    shared = _shared(left, right)
    union = areas(left)[:, None] + areas(right)[None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def paired_ious(left: Boxes, right: Boxes) -> NDArray[np.float32]:
    """Intersection over union [n] of each box [n, 4] with the one at the same place."""
    corner = np.maximum(left[:, :2], right[:, :2])
    sides = np.maximum(np.minimum(left[:, 2:], right[:, 2:]) - corner, 0)
    shared = sides[:, 0] * sides[:, 1]
    union = areas(left) + areas(right) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def covered_shares(left: Boxes, right: Boxes) -> NDArray[np.float32]:
    """The shared area over that of the smaller box [n, k]: 1 where one lies within the other."""
    shared = _shared(left, right)
    smaller = np.minimum(areas(left)[:, None], areas(right)[None, :])
    return np.divide(shared, smaller, out=np.zeros_like(shared), where=smaller > 0)


def keep_best(
    boxes: Boxes, scores: NDArray[np.float32], *, iou: float, covered: float = 1.0
) -> NDArray[np.int64]:
    """Greedy non-maximum suppression: indices [k] of the boxes that stay, best score first.

    A box goes when one that stays, of a higher score, has more than `iou` with it, or when the
    two share more than `covered` of the smaller one (never, at 1). Equal scores keep their order.
    """
    order = np.argsort(-scores, kind="stable")
    overlaps = (ious(boxes, boxes) > iou) | (covered_shares(boxes, boxes) > covered)
    gone = np.zeros(len(boxes), bool)
    kept: list[int] = []
    for index in order.tolist():
        if not gone[index]:
            kept.append(index)
            gone |= overlaps[index]
    return np.array(kept, np.int64)
