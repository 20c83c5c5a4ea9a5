"""Which solid fills each pixel, and the picture that comes of it. Compiled loops."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from tacan.synthetic.rendering.compiled import KERNEL, LEAN
from tacan.synthetic.rendering.depth_maps import occupied
from tacan.synthetic.rendering.intersect import nearest_hit
from tacan.synthetic.rendering.shade import ground_share, shade
from tacan.synthetic.rendering.shading_inputs import CENTRE, FOCAL, POSITION, ROTATION
from tacan.synthetic.rendering.shadows import lit_share, may_block, open_ground, set_looks
from tacan.synthetic.rendering.solid_views import BOX, KIND, NEAR, SIZE, A, B, C, D

__all__ = ["borders", "coverage_mask", "darken", "fill", "owners", "resolve"]

_CLOSEST = 0.05
_STEP = 0.05
"""Metres of depth between neighbours of one material from which on their border is smoothed."""


@njit(**LEAN)
def _meet(view, i, px, py):
    """Depth at which the ray of pixel (px, py) meets solid `i` of a view."""
    t = nearest_hit(
        int(view[i, KIND]), view[i, SIZE], view[i, SIZE + 1], view[i, SIZE + 2],
        view[i, D], view[i, D + 1], view[i, D + 2],
        view[i, A] + px * view[i, B] + py * view[i, C],
        view[i, A + 1] + px * view[i, B + 1] + py * view[i, C + 1],
        view[i, A + 2] + px * view[i, B + 2] + py * view[i, C + 2],
    )  # fmt: skip
    return t if t >= _CLOSEST else math.inf


@njit(**KERNEL)
def fill(view, order, height, width):
    """Depth float64 [height, width] and row of the nearest solid at each pixel's middle, int32.

    The row is -1 where there is none. `order` lists rows from near to far.
    """
    depth = np.full((height, width), math.inf)
    index = np.full((height, width), -1, dtype=np.int32)
    for i in order:
        x1, x2, y1, y2 = _screen_box(view, i, height, width)
        near = view[i, NEAR]
        for y in range(y1, y2):
            for x in range(x1, x2):
                if depth[y, x] > near:
                    t = _meet(view, i, x + 0.5, y + 0.5)
                    if t < depth[y, x]:
                        depth[y, x] = t
                        index[y, x] = i
    return depth, index


@njit(**KERNEL)
def owners(index, owner):
    """Whose solid, by `owner` int32 [n], each pixel shows: int32 [H, W], -1 for none."""
    height, width = index.shape
    whose = np.empty((height, width), dtype=np.int32)
    for y in range(height):
        for x in range(width):
            whose[y, x] = owner[index[y, x]] if index[y, x] >= 0 else -1
    return whose


@njit(**KERNEL)
def coverage_mask(view, order, height, width):
    """Which pixels' middles any solid covers, bool [height, width]."""
    mask = np.zeros((height, width), dtype=np.bool_)
    for i in order:
        x1, x2, y1, y2 = _screen_box(view, i, height, width)
        for y in range(y1, y2):
            for x in range(x1, x2):
                if not mask[y, x] and _meet(view, i, x + 0.5, y + 0.5) < math.inf:
                    mask[y, x] = True
    return mask


@njit(**LEAN)
def _screen_box(view, i, height, width):
    """First and after-last column and row of the pixels whose middles may show solid `i`."""
    if not view[i, BOX] <= view[i, BOX + 2]:
        return 0, 0, 0, 0
    x1, x2 = _pixels(view[i, BOX], view[i, BOX + 2], width)
    y1, y2 = _pixels(view[i, BOX + 1], view[i, BOX + 3], height)
    return x1, x2, y1, y2


@njit(**LEAN)
def _pixels(low, high, count):
    first = math.ceil(min(max(low - 0.5, 0.0), count))
    return first, max(math.floor(min(max(high - 0.5, -1.0), count - 1.0)) + 1, first)


@njit(**KERNEL)
def darken(picture, ground, index, stage, sun_map, contact):
    """Darkens the ground in `picture` float32 [H, W, 3], which holds the backdrop, by shadows.

    Pixels well within solids are left as they are.
    """
    sun_blocks = occupied(sun_map, 8)
    set_looks(stage)
    height, width = index.shape
    a, r = POSITION, ROTATION
    for y in range(height):
        for x in range(width):
            if not ground[y, x] or (index[y, x] >= 0 and not _beside_backdrop(index, x, y)):
                continue
            across = (x + 0.5 - stage[CENTRE]) / stage[FOCAL]
            down = (y + 0.5 - stage[CENTRE + 1]) / stage[FOCAL + 1]
            fall = across * stage[r + 2] + down * stage[r + 5] + stage[r + 8]
            if fall < -1e-6:
                t = -stage[a + 2] / fall
                gx = stage[a] + t * (across * stage[r] + down * stage[r + 3] + stage[r + 6])
                gy = stage[a + 1] + t * (across * stage[r + 1] + down * stage[r + 4] + stage[r + 7])
                lit, free = 1.0, open_ground(contact, stage, gx, gy)
                if may_block(sun_blocks, stage, gx, gy):
                    lit = lit_share(stage, gx, gy, 0.02)
                if lit < 1.0 or free < 1.0:
                    for band in range(3):
                        picture[y, x, band] *= ground_share(stage, band, lit, free)


@njit(**LEAN)
def _beside_backdrop(index, x, y):
    height, width = index.shape
    return (
        (x > 0 and index[y, x - 1] < 0)
        or (x + 1 < width and index[y, x + 1] < 0)
        or (y > 0 and index[y - 1, x] < 0)
        or (y + 1 < height and index[y + 1, x] < 0)
    )


@njit(**KERNEL)
def resolve(packed, order, material, owner, stage, depth, index, picture):
    """Paints the solids into `picture`, which holds the backdrop: float32 [H, W, 3].

    `packed` is what `pack` makes of the view. One sample inside surfaces, four where two border;
    each surface of such a pixel is lit once, at the first point where it was met.
    """
    height, width = depth.shape
    set_looks(stage)
    edge = borders(depth, index, material, owner)
    near, in_line = np.empty(len(order), dtype=np.int64), np.empty(len(order), dtype=np.int64)
    for y in range(height):
        here = _in_line(packed, order, y, in_line)
        for x in range(width):
            i = index[y, x]
            if edge[y, x]:
                count = _candidates(packed, in_line, here, x, near)
                red = green = blue = last_r = last_g = last_b = 0.0
                empty, last = 0, -1
                for k in range(4):
                    px, py = x + (0.25 if k in (0, 3) else 0.75), y + (0.25 if k < 2 else 0.75)
                    t, who = _nearest(packed, near, count, px, py)
                    if who < 0:
                        empty += 1
                        continue
                    if who != last:
                        last = who
                        last_r, last_g, last_b = shade(packed, stage, who, t, px, py)
                    red, green, blue = red + last_r, green + last_g, blue + last_b
                picture[y, x, 0] = 0.25 * (red + empty * picture[y, x, 0])
                picture[y, x, 1] = 0.25 * (green + empty * picture[y, x, 1])
                picture[y, x, 2] = 0.25 * (blue + empty * picture[y, x, 2])
            elif i >= 0:
                picture[y, x, 0], picture[y, x, 1], picture[y, x, 2] = shade(
                    packed, stage, i, depth[y, x], x + 0.5, y + 0.5
                )


@njit(**LEAN)
def _in_line(view, order, y, in_line):
    """Writes the solids whose boxes touch the pixels of line `y`, nearest first; their number."""
    count = 0
    for i in order:
        if view[i, BOX + 1] < y + 1 and view[i, BOX + 3] > y:
            in_line[count] = i
            count += 1
    return count


@njit(**LEAN)
def _candidates(view, in_line, here, x, near):
    """Writes the solids among the first `here` of a line that touch column `x` into `near`."""
    count = 0
    for k in range(here):
        i = in_line[k]
        if view[i, BOX] < x + 1 and view[i, BOX + 2] > x:
            near[count] = i
            count += 1
    return count


@njit(**LEAN)
def _nearest(view, near, count, px, py):
    """Depth and row of the nearest of `count` solids at (px, py); the row is -1 for none."""
    best, who = math.inf, -1
    for j in range(count):
        i = near[j]
        if view[i, NEAR] >= best:
            break
        t = _meet(view, i, px, py)
        if t < best:
            best, who = t, i
    return best, who


@njit(**KERNEL)
def borders(depth, index, material, owner):
    """Pixels whose surface differs from that of one of their four neighbours, bool [H, W]."""
    height, width = index.shape
    edge = np.zeros((height, width), dtype=np.bool_)
    for y in range(height):
        for x in range(width):
            i = index[y, x]
            if x + 1 < width and index[y, x + 1] != i:
                step = abs(depth[y, x] - depth[y, x + 1])
                if _differ(material, owner, i, index[y, x + 1], step):
                    edge[y, x] = edge[y, x + 1] = True
            if y + 1 < height and index[y + 1, x] != i:
                step = abs(depth[y, x] - depth[y + 1, x])
                if _differ(material, owner, i, index[y + 1, x], step):
                    edge[y, x] = edge[y + 1, x] = True
    return edge


@njit(**LEAN)
def _differ(material, owner, i, j, step):
    """Whether neighbours that show solids `i` and `j`, `step` metres of depth apart, border."""
    if i < 0 or j < 0 or material[i] != material[j] or owner[i] != owner[j]:
        return True
    return step > _STEP
