"""Shadows: what the solids take from the direct light, and from the light all around.

They are looked up in the two small maps that `tacan.synthetic.rendering.depth_maps` draws. One is
seen from the sun: a point behind its depth is in shadow, and several looks about the point make
the edge soft. The other is seen from straight above and below: what hangs over a point takes
skylight from it, and what stands close to the ground darkens it there.
"""

from __future__ import annotations

import math

from numba import njit

from tacan.synthetic.rendering.compiled import LEAN
from tacan.synthetic.rendering.shading_inputs import (
    ABOVE,
    ABOVE_MAP,
    ABOVE_SCALE,
    LOOKS,
    SOFTNESS,
    SUN_AXES,
    SUN_MAP,
    SUN_ORIGIN,
    SUN_SCALE,
)

__all__ = [
    "lit_share",
    "may_block",
    "on_level_map",
    "on_sun_map",
    "open_ground",
    "open_share",
    "set_looks",
]

_COS, _SIN = math.cos(2.39996), math.sin(2.39996)
"""The golden angle: points that are turned by it fill a disc evenly."""
_EDGE, _SKY = LOOKS + 10, LOOKS + 26
"""The first looks that find how dark an edge is, and how open the sky."""


@njit(**LEAN)
def on_sun_map(stage, x, y, z):
    """Column, row (not whole) and depth of the point (x, y, z) on the map seen from the sun."""
    o, a, scale = SUN_ORIGIN, SUN_AXES, stage[SUN_SCALE]
    x, y, z = x - stage[o], y - stage[o + 1], z - stage[o + 2]
    return (
        (stage[a] * x + stage[a + 1] * y + stage[a + 2] * z) * scale,
        (stage[a + 3] * x + stage[a + 4] * y + stage[a + 5] * z) * scale,
        stage[a + 6] * x + stage[a + 7] * y + stage[a + 8] * z,
    )


@njit(**LEAN)
def on_level_map(stage, x, y):
    """Column and row (not whole) of the point (x, y) on the maps seen from above and below."""
    scale = stage[ABOVE_SCALE]
    return (x - stage[ABOVE]) * scale, (y - stage[ABOVE + 1]) * scale


@njit(**LEAN)
def may_block(blocks, stage, x, y):
    """Whether anything may lie between the sun and the ground at (x, y): a quick look.

    `blocks` is what `occupied` makes of the map seen from the sun, with blocks of 8 texels.
    """
    u, v, _ = on_sun_map(stage, x, y, 0.0)
    if u < 0.0 or v < 0.0:
        return False
    row, column = int(v) >> 3, int(u) >> 3
    return row < blocks.shape[0] and column < blocks.shape[1] and blocks[row, column]


@njit(**LEAN)
def set_looks(stage):
    """Writes where about a point the maps are looked at to `stage`: texels across and down.

    The looks spiral outwards. The first five seek what blocks the sun; the next eight are for an
    edge one texel wide, and the last eight for skylight. They are the same for a whole picture:
    turning from look to look at each point anew would keep every look waiting for the one before.
    """
    softness = stage[SOFTNESS] * stage[SUN_SCALE]
    _spiral(stage[LOOKS:_EDGE], min(max(0.25 * softness, 0.7), 6.0), 1.0)
    _spiral(stage[_EDGE:_SKY], 0.35, 1.16)
    _spiral(stage[_SKY : _SKY + 16], 0.35 * (0.08 * stage[ABOVE_SCALE]), 1.16)


@njit(**LEAN)
def _spiral(looks, radius, growth):
    du, dv = radius, 0.0
    for k in range(0, len(looks), 2):
        looks[k], looks[k + 1] = du, dv
        du, dv = growth * (_COS * du - _SIN * dv), growth * (_SIN * du + _COS * dv)


@njit(**LEAN)
def lit_share(stage, x, y, z):
    """Share of the sun that reaches the point (x, y, z), 0 to 1.

    First the distance of what blocks is sought; the breadth of the shadow's edge grows with it.
    """
    u, v, depth = on_sun_map(stage, x, y, z)
    found, total = 0, 0.0
    for k in range(LOOKS, _EDGE, 2):
        gap = depth - _at(stage, SUN_MAP, u + stage[k], v + stage[k + 1])
        if gap > 0.0:
            found += 1
            total += gap
    if found == 0:
        return 1.0
    softness = stage[SOFTNESS] * stage[SUN_SCALE]
    wide = min(max(0.5 * softness * total / found, 0.5), 10.0)
    return 1.0 - _hidden(stage, SUN_MAP, u, v, depth, wide, _EDGE)


@njit(**LEAN)
def _hidden(stage, at, u, v, depth, wide, first):
    """Share of eight points about (u, v) where the map `at` lies before `depth`.

    They are the looks from place `first`, `wide` times as far off.
    """
    found = 0
    for k in range(first, first + 16, 2):
        if depth > _at(stage, at, u + wide * stage[k], v + wide * stage[k + 1]):
            found += 1
    return 0.125 * found


@njit(**LEAN)
def _at(stage, at, u, v):
    """The map's depth in the texel at (u, v), infinite beyond its edges.

    `at` is the map's place in the stage: `SUN_MAP` or `ABOVE_MAP`.
    """
    height, width, first = int(stage[at]), int(stage[at + 1]), int(stage[at + 2])
    column, row = int(u + 0.5), int(v + 0.5)
    if u < 0.0 or v < 0.0 or row >= height or column >= width:
        return math.inf
    return stage[first + row * width + column]


@njit(**LEAN)
def open_share(stage, x, y, z):
    """Share of the skylight that reaches a point beside which other solids may hang over it."""
    u, v = on_level_map(stage, x, y)
    depth = stage[ABOVE + 2] - z - 0.06
    return 1.0 - 0.5 * _hidden(stage, ABOVE_MAP, u, v, depth, 1.0, _SKY)


@njit(**LEAN)
def open_ground(contact, stage, x, y):
    """Share of the skylight that reaches the ground at (x, y), from a `contact_map`."""
    u, v = on_level_map(stage, x, y)
    column, row = math.floor(u), math.floor(v)
    if column < 0 or row < 0 or row + 1 >= contact.shape[0] or column + 1 >= contact.shape[1]:
        return 1.0
    a, b = u - column, v - row
    upper = (1.0 - a) * contact[row, column] + a * contact[row, column + 1]
    lower = (1.0 - a) * contact[row + 1, column] + a * contact[row + 1, column + 1]
    return 1.0 - 0.75 * ((1.0 - b) * upper + b * lower)
