"""The blur of what moves while a picture is taken."""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

from tacan.synthetic.rendering.compiled import LEAN

__all__ = ["smeared"]


def smeared(light: np.ndarray, across: float, down: float) -> np.ndarray:
    """Light float32 [h, w, 3] spread evenly over a straight way of so many pixels.

    A way of less than 0.6 pixels leaves it as it is.
    """
    length = float(np.hypot(across, down))
    if length < 0.6:
        return light
    reach = int(np.ceil(length / 2))
    shares = np.linspace(-0.5, 0.5, 4 * reach + 1)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.float32)
    _count_way(shares, across, down, kernel)
    return cv2.filter2D(light, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


@njit(**LEAN)
def _count_way(shares: np.ndarray, across: float, down: float, kernel: np.ndarray) -> None:
    """Counts where `shares` of a way through the middle of `kernel`, a square, fall in it."""
    reach = len(kernel) // 2
    for share in shares:
        kernel[round(reach + share * down), round(reach + share * across)] += 1
