"""Paints patterns: the colour of a material at a point of its own coordinates. Compiled, scalar.

Coordinates (x, y, z) are metres: x to the wearer's right, y forward, z up. `side` tells whether
the surface there looks more to the side than to the front or back, so that a pattern wraps round.
"""

from __future__ import annotations

import math

from numba import njit

from tacan.synthetic.rendering.compiled import LEAN
from tacan.synthetic.rendering.noise import smooth_noise
from tacan.synthetic.rendering.packing import COLOUR, NUMBERS, OVERLAY, PATTERN

__all__ = ["paint"]


@njit(**LEAN)
def paint(packed, i, x, y, z, front, side):
    """The colour (r, g, b) of the material of solid `i`; `packed` is what `pack` gives.

    `front` is the outward direction's share forward, -1 to 1.
    """
    overlay, pattern = int(packed[i, OVERLAY]), int(packed[i, PATTERN])
    at, wide = packed[i, NUMBERS + 2], packed[i, NUMBERS + 3]
    if overlay != 0 and _overlay_mask(overlay, at, 0.5 * wide, x, z, front):
        return packed[i, COLOUR + 9], packed[i, COLOUR + 10], packed[i, COLOUR + 11]
    if pattern == 0:
        return packed[i, COLOUR], packed[i, COLOUR + 1], packed[i, COLOUR + 2]
    scale, level, seed = packed[i, NUMBERS], packed[i, NUMBERS + 1], packed[i, NUMBERS + 7]
    across = y if side else x
    second = third = 0.0
    bright = 1.0
    if pattern <= 3:
        second = _woven(pattern, scale, across, z)
    elif pattern == 4:
        second = 1.0 if z < level else 0.0
    elif pattern == 5 or pattern == 14:
        second, third = _print(pattern, scale, level, seed, x, z, front)
    elif pattern == 6:
        first = smooth_noise(x / scale, y / scale, z / scale, seed)
        other = smooth_noise(x / scale + 9.0, y / scale, z / scale, seed + 1)
        second = 1.0 if first > 0.15 else 0.0
        third = 1.0 if other > 0.25 else 0.0
    elif pattern == 7:
        wide = 0.5 * scale * (1.0 + 0.6 * smooth_noise(z * 4.0, 0.3, 0.7, seed))
        second = 1.0 if front > 0.1 and abs(x) < wide else 0.0
    elif pattern == 8:
        bright = 1.0 + 0.35 * math.exp(-(((z - level) / 0.13) ** 2)) * max(front, 0.0)
        second = 0.6 if side and abs(y) < 0.012 else 0.0
    elif pattern == 9:
        second, third, fourth = _face(scale, level, at, wide, x, y, z, front)
        if fourth > 0.5:
            return packed[i, COLOUR + 9], packed[i, COLOUR + 10], packed[i, COLOUR + 11]
    else:
        second, third, bright = _surface(pattern, scale, level, seed, x, y, z, across)
    first = (1.0 - second) * (1.0 - third)
    second *= 1.0 - third
    k = COLOUR
    return (
        bright * (first * packed[i, k] + second * packed[i, k + 3] + third * packed[i, k + 6]),
        bright * (first * packed[i, k + 1] + second * packed[i, k + 4] + third * packed[i, k + 7]),
        bright * (first * packed[i, k + 2] + second * packed[i, k + 5] + third * packed[i, k + 8]),
    )


@njit(**LEAN)
def _part(value):
    return value - math.floor(value)


@njit(**LEAN)
def _woven(pattern, scale, across, z):
    """How much of the second colour: bands, stripes or checks, with the period `scale`."""
    band = 1.0 if _part(z / scale) < 0.45 else 0.0
    stripe = 1.0 if _part(across / scale + 0.25) < 0.45 else 0.0
    if pattern == 1:
        return band
    if pattern == 2:
        return stripe
    return 0.5 * (band + stripe)


@njit(**LEAN)
def _print(pattern, scale, level, seed, x, z, front):
    """A drawing in the middle, or a small logo on one side of the chest."""
    wide = abs(scale)
    middle = 0.0 if pattern == 5 else math.copysign(0.075, _part(seed * 0.37) - 0.5)
    if front * scale <= 0.05 * wide:
        return 0.0, 0.0
    u, v = (x - middle) / wide, (z - level) / wide
    tall = 0.35 + 0.4 * _part(seed * 0.61)
    if abs(u) > 0.5 or abs(v) > tall:
        return 0.0, 0.0
    if _part(seed * 0.23) < 0.4 and u * u * 4.0 + v * v / (tall * tall) > 1.0:
        return 0.0, 0.0
    drawing = smooth_noise(u * 4.0, v * 4.0, 0.5, seed)
    return (1.0 if drawing < 0.2 else 0.0), (1.0 if drawing >= 0.2 else 0.0)


@njit(**LEAN)
def _face(scale, level, hairline, beard, x, y, z, front):
    """Hair (second colour), lips and eyes (third), beard (fourth), on a head `scale` high."""
    up, out = (z - level) / scale, y / scale
    if up > hairline + 0.10 * math.cos(x / scale * 9.0) or out < -0.02 - 0.18 * (up < -0.1):
        if up > -0.30 or out < -0.20:
            return 1.0, 0.0, 0.0
        return 0.0, 0.0, 0.0
    if front < 0.1:
        return 0.0, 0.0, 0.0
    u = abs(x) / scale
    if 0.0 < up < 0.055 and 0.07 < u < 0.20:
        return 0.0, 0.9, 0.0
    if 0.09 < up < 0.13 and 0.06 < u < 0.23:
        return 0.7, 0.0, 0.0
    if -0.30 < up < -0.25 and u < 0.10:
        return 0.0, 0.6, 0.0
    if beard > 0.0 and up < -0.16 - 0.1 * (u < 0.05) + 0.5 * beard * u:
        return 0.0, 0.0, 1.0
    return 0.0, 0.0, 0.0


@njit(**LEAN)
def _surface(pattern, scale, level, seed, x, y, z, across):
    """Second and third colour and brightness of windows, speckle, leaves and quilted cloth."""
    if pattern == 10:
        pane = _part(across / scale) > 0.18 and _part(z / scale - level) > 0.3
        return (1.0 if pane else 0.0), 0.0, 1.0
    if pattern == 11:
        dot = smooth_noise(x / scale, y / scale, z / scale, seed)
        return (1.0 if dot > 0.35 else 0.0), (1.0 if dot < -0.45 else 0.0), 1.0
    if pattern == 12:
        coarse = smooth_noise(x / scale, y / scale, z / scale, seed)
        fine = smooth_noise(3 * x / scale, 3 * y / scale, 3 * z / scale, seed + 3)
        return 0.5 + 0.5 * coarse, 0.0, 1.0 + 0.5 * fine
    seam = _part(z / scale) - 0.5
    return 0.0, 0.0, 1.12 - 1.7 * seam * seam * abs(2.0 * seam)


@njit(**LEAN)
def _overlay_mask(overlay, at, half, x, z, front):
    if overlay == 1:
        return front > -0.3 and abs(abs(x) - at) < half
    if overlay == 2:
        return abs(x * 0.75 + math.copysign(0.66, at) * (z - abs(at))) < half
    if overlay == 3:
        return abs(z - at) < half
    if overlay == 4:
        return front > 0.3 and abs(x) < half and z > at
    band = abs(z - at) < half or abs(z - at - 0.16) < half
    return band or (abs(abs(x) - 0.1) < half and z > at)
