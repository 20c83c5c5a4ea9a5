"""Crops cut out of pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["cut_box", "pixel_bounds"]


def pixel_bounds(box: NDArray[np.float32], *, width: int, height: int) -> tuple[int, int, int, int]:
    """The whole pixels x1, y1, x2, y2 that a box float32 [4] touches within the picture.

    A box that lies outside gives x2 <= x1 or y2 <= y1.

    >>> pixel_bounds(np.array([-3, 1.2, 4.5, 9], np.float32), width=20, height=8)
    (0, 1, 5, 8)
    """
    inside = np.clip(box, 0, np.array([width, height, width, height], np.float32))
    x1, y1 = np.floor(inside[:2]).astype(int).tolist()
    x2, y2 = np.ceil(inside[2:]).astype(int).tolist()
    return x1, y1, x2, y2


def cut_box(image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The pixels uint8 [h, w, 3] that a box touches: a view of `image`, empty for a box outside."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = pixel_bounds(box, width=width, height=height)
    return image[y1 : max(y2, y1), x1 : max(x2, x1)]
