"""Cuts the part of a backdrop that a crop shows out of it, at the crop's size."""

from __future__ import annotations

import numpy as np
from numba import njit

from tacan.synthetic.rendering.compiled import KERNEL

__all__ = ["cut"]


def cut(
    layers: np.ndarray, box: tuple[float, float, float, float], *, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Resamples `box` (x1, y1, x2, y2) of a backdrop's `layers` bilinearly to height x width.

    Returns light, float32 [height, width, 3], and which pixels show the ground, bool [height,
    width]. Beyond the backdrop's edges its outermost pixels go on.
    """
    colour = np.empty((height, width, 3), dtype=np.float32)
    ground = np.empty((height, width), dtype=np.bool_)
    _resample(layers, box[0], box[1], box[2], box[3], colour, ground)
    return colour, ground


@njit(**KERNEL)
def _resample(layers, x1, y1, x2, y2, colour, ground):
    rows, columns, _ = layers.shape
    height, width = ground.shape
    lefts, rights = _between(x1, x2, width, columns)
    tops, belows = _between(y1, y2, height, rows)
    for y in range(height):
        high, low = layers[tops[y]], layers[min(tops[y] + 1, rows - 1)]
        lower, upper = belows[y], np.float32(1) - belows[y]
        for x in range(width):
            a, b = lefts[x], min(lefts[x] + 1, columns - 1)
            right, left = rights[x], np.float32(1) - rights[x]
            for k in range(3):
                colour[y, x, k] = upper * (left * high[a, k] + right * high[b, k]) + lower * (
                    left * low[a, k] + right * low[b, k]
                )
            share = upper * (left * high[a, 3] + right * high[b, 3])
            share += lower * (left * low[a, 3] + right * low[b, 3])
            ground[y, x] = share > 0.5


@njit(**KERNEL)
def _between(first, last, count, size):
    """For each of `count` new pixels the old pixel, of `size`, before its middle, and how far on.

    Pixels' middles lie at halves.
    """
    whole, part = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.float32)
    for i in range(count):
        at = min(max(first + (last - first) * (i + 0.5) / count - 0.5, 0.0), size - 1.0)
        whole[i] = int(at)
        part[i] = np.float32(at - whole[i])
    return whole, part
