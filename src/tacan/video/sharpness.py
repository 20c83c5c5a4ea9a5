"""Quality of a picture of a person: its sharpness, height and what is hidden."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tacan.video.boxes import intersections

__all__ = ["crop_quality", "sharpness", "visible_shares"]

_SIZE = (32, 64)
"""Crops are compared at one size, since a larger picture of the same person is smoother."""
_SHARP = 40.0
"""A sharpness that is half of what can be had."""
_TALL = 96.0
"""Pixels: a height that is half of what can be had."""


def sharpness(crop: NDArray[np.uint8]) -> float:
    """The mean absolute Laplacian of the grey crop uint8 [h, w, 3], scaled to 32 x 64 pixels.

    0 for an even picture; noise counts as sharpness, as it does in every such measure.
    """
    grey = cv2.resize(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), _SIZE, interpolation=cv2.INTER_AREA)
    return float(np.abs(cv2.Laplacian(grey, cv2.CV_32F)).mean())


def visible_shares(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The share [n] of each box [n, 4] that no box before it hides: 1 - the largest covered share.

    A box is before another when it reaches further down: people lower in the picture stand nearer
    to a camera that looks down or straight on. Only the neighbour that hides most counts.
    """
    n = len(boxes)
    if n < 2:
        return np.ones(n, np.float32)
    own = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-6), axis=1)
    hidden = intersections(boxes[:, None], boxes[None]) / own[:, None]
    nearer = boxes[None, :, 3] > boxes[:, None, 3]
    return (1 - np.where(nearer, hidden, 0).max(axis=1)).astype(np.float32)


def crop_quality(
    *, score: float, crop_sharpness: float, height: float, visible: float, whole: bool
) -> float:
    """Quality of a picture in 0..1, a product.

    score * visible * s/(s + 40) * h/(h + 96) * (1 if whole else 1/2), with the sharpness s and the
    height h in pixels; `whole` is False where the box ends at the frame's edge.
    """
    sharp = crop_sharpness / (crop_sharpness + _SHARP)
    tall = height / (height + _TALL)
    return score * max(visible, 0.0) * sharp * tall * (1.0 if whole else 0.5)
