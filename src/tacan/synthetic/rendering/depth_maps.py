"""Draws the small depth maps that shadows are looked up in, and what is made of them. Compiled."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from tacan.synthetic.rendering.compiled import KERNEL
from tacan.synthetic.rendering.extent import extent
from tacan.synthetic.rendering.intersect import nearest_hit
from tacan.synthetic.rendering.solid_views import BOX, KIND, NEAR, SIZE, A, B, C, D, view_along

__all__ = ["contact_map", "map_along", "occupied"]


@njit(**KERNEL)
def map_along(kind, frame, place, size, owner, axes, finest, most, from_ground):
    """A depth map along `axes` [3, 3] (right, up, ahead), its origin [3] and its texel in metres.

    Texels are `finest` metres wide, or so wide that no side has more than `most` of them. The
    map holds all people, or all solids where there are no people. With `from_ground` its depths
    are heights above the ground. The first five arguments are columns of `Solids`.
    """
    low, high = extent(kind, frame, place, size, owner, axes)
    if from_ground:
        low[2] = 0.0
    breadth, length = high[0] - low[0], high[1] - low[1]
    texel = max(finest, breadth / most, length / most)
    origin = np.empty(3)
    for k in range(3):
        origin[k] = low[0] * axes[0, k] + low[1] * axes[1, k] + low[2] * axes[2, k]
    view = view_along(kind, frame, place, size, axes[0], axes[1], axes[2], origin, texel)
    order = np.argsort(view[:, NEAR], kind="mergesort")
    height, width = math.ceil(length / texel) + 1, math.ceil(breadth / texel) + 1
    return _depth_map(view, order, height, width), origin, texel


@njit(**KERNEL)
def _depth_map(view, order, height, width):
    """Depths, float64 [height, width], of a view along a direction, infinite where it is empty."""
    depth = np.full((height, width), math.inf)
    for i in order:
        x1, x2 = max(math.ceil(view[i, BOX]), 0), min(int(view[i, BOX + 2]), width - 1)
        y1, y2 = max(math.ceil(view[i, BOX + 1]), 0), min(int(view[i, BOX + 3]), height - 1)
        kind, a, b, c = int(view[i, KIND]), view[i, SIZE], view[i, SIZE + 1], view[i, SIZE + 2]
        dx, dy, dz = view[i, D], view[i, D + 1], view[i, D + 2]
        near = view[i, NEAR]
        for y in range(y1, y2 + 1):
            ox = view[i, A] + y * view[i, C]
            oy = view[i, A + 1] + y * view[i, C + 1]
            oz = view[i, A + 2] + y * view[i, C + 2]
            for x in range(x1, x2 + 1):
                if depth[y, x] <= near:
                    continue
                t = nearest_hit(
                    kind, a, b, c,
                    ox + x * view[i, B], oy + x * view[i, B + 1], oz + x * view[i, B + 2],
                    dx, dy, dz,
                )  # fmt: skip
                depth[y, x] = min(depth[y, x], t)
    return depth


@njit(**KERNEL)
def occupied(depth, block):
    """Which blocks of a depth map, each `block` texels square, hold or touch anything, bool."""
    height, width = depth.shape
    rows, columns = (height + block - 1) // block, (width + block - 1) // block
    holds = np.zeros((rows, columns), dtype=np.bool_)
    for y in range(height):
        line = holds[y // block]
        for x in range(width):
            if depth[y, x] < math.inf:
                line[x // block] = True
    mask = np.zeros((rows, columns), dtype=np.bool_)
    for r in range(rows):
        for c in range(columns):
            if holds[r, c]:
                mask[max(r - 1, 0) : r + 2, max(c - 1, 0) : c + 2] = True
    return mask


@njit(**KERNEL)
def contact_map(below, texel):
    """How dark the ground is where something stands close above it: 0 to 1, like `below` [h, w].

    `below` holds the height of the lowest solid over each texel; its nearness exp(-4 height) is
    averaged over a square of about 0.35 metres, twice.
    """
    height, width = below.shape
    near = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            if below[y, x] < 1.5:
                near[y, x] = math.exp(-4.0 * max(below[y, x], 0.0))
    reach = max(int(0.09 / texel), 1)
    for _ in range(2):
        near = _averaged(_averaged(near, reach).T.copy(), reach).T.copy()
    return near


@njit(**KERNEL)
def _averaged(field, reach):
    """Each value's mean with its neighbours up to `reach` to the left and right."""
    height, width = field.shape
    mean = np.empty_like(field)
    for y in range(height):
        total = 0.0
        for x in range(-reach, width):
            if x + reach < width:
                total += field[y, x + reach]
            if x - reach - 1 >= 0:
                total -= field[y, x - reach - 1]
            if x >= 0:
                mean[y, x] = total / (2 * reach + 1)
    return mean
