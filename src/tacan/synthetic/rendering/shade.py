"""The light that a surface sends towards the camera. Compiled, scalar."""

from __future__ import annotations

import math

from numba import njit

from tacan.synthetic.rendering.compiled import LEAN
from tacan.synthetic.rendering.intersect import own_normal
from tacan.synthetic.rendering.noise import smooth_noise
from tacan.synthetic.rendering.packing import COLOUR, NUMBERS, OVERLAY, PATTERN, TEXTURE
from tacan.synthetic.rendering.patterns import paint
from tacan.synthetic.rendering.shading_inputs import (
    CENTRE,
    FOCAL,
    GROUND,
    POSITION,
    ROTATION,
    SKY,
    SUN,
    SUN_COLOUR,
)
from tacan.synthetic.rendering.shadows import lit_share, open_share
from tacan.synthetic.rendering.solid_views import INVERSE, KIND, SIZE, A, B, C, D

__all__ = ["ground_share", "shade"]

_LIFT = 0.035
"""Metres that a point is moved off its surface before it looks for shadows on it."""
_OUT = 0.08
"""The same for skylight, which reaches outer sides past what hangs over the body's middle."""


@njit(**LEAN)
def shade(packed, stage, i, t, px, py):
    """Linear colour (r, g, b) of solid `i` where the ray of pixel (px, py) meets it at depth t.

    `packed` is what `pack` gives, `stage` a `shading_inputs` with its looks set.
    """
    x = packed[i, D] + t * (packed[i, A] + px * packed[i, B] + py * packed[i, C])
    y = packed[i, D + 1] + t * (packed[i, A + 1] + px * packed[i, B + 1] + py * packed[i, C + 1])
    z = packed[i, D + 2] + t * (packed[i, A + 2] + px * packed[i, B + 2] + py * packed[i, C + 2])
    size_a, size_b, size_c = packed[i, SIZE], packed[i, SIZE + 1], packed[i, SIZE + 2]
    a, b, c = own_normal(int(packed[i, KIND]), size_a, size_b, size_c, x, y, z)
    gx, gy, gz = _pattern_point(packed, i, x, y, z)
    if packed[i, PATTERN] == 0.0 and packed[i, OVERLAY] == 0.0:
        red, green, blue = packed[i, COLOUR], packed[i, COLOUR + 1], packed[i, COLOUR + 2]
    else:
        front, side = _facing(packed, i, a, b, c)
        red, green, blue = paint(packed, i, gx, gy, gz, front, side)
    m = INVERSE
    nx = packed[i, m] * a + packed[i, m + 3] * b + packed[i, m + 6] * c
    ny = packed[i, m + 1] * a + packed[i, m + 4] * b + packed[i, m + 7] * c
    nz = packed[i, m + 2] * a + packed[i, m + 5] * b + packed[i, m + 8] * c
    scale = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz + 1e-30)
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    wx, wy, wz = _world(stage, t, px, py)
    shadow_x, shadow_y, shadow_z = wx + _LIFT * nx, wy + _LIFT * ny, wz + _LIFT * nz
    sky = open_share(stage, wx + _OUT * nx, wy + _OUT * ny, shadow_z)
    sky *= 0.72 + 0.28 * min(max(wz, 0.0), 1.0)
    folds, grain, bright = packed[i, NUMBERS + 4], packed[i, NUMBERS + 5], 1.0
    if folds > 0.0 or grain > 0.0:
        seed = packed[i, NUMBERS + 7]
        coarse = smooth_noise(gx * 11.0, gy * 11.0, gz * 7.0, seed)
        fine = smooth_noise(gx * 34.0, gy * 34.0, gz * 24.0, seed + 1.0)
        bright = 1.0 + 0.5 * folds * coarse + grain * fine
        nx, ny = nx + 1.6 * folds * coarse, ny + 1.6 * folds * fine
        nz += 2.0 * folds * (coarse + 0.5 * fine)
        scale = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
        nx, ny, nz = nx * scale, ny * scale, nz * scale
    sun = nx * stage[SUN] + ny * stage[SUN + 1] + nz * stage[SUN + 2]
    if sun > 0.0:
        sun *= lit_share(stage, shadow_x, shadow_y, shadow_z)
    else:
        sun = 0.0
    upward = 0.5 + 0.5 * nz
    shine = _shine(packed[i, NUMBERS + 6], stage, wx, wy, wz, nx, ny, nz, sun)
    return (
        bright * red * _light(stage, 0, sun, sky, upward) + shine * stage[SUN_COLOUR],
        bright * green * _light(stage, 1, sun, sky, upward) + shine * stage[SUN_COLOUR + 1],
        bright * blue * _light(stage, 2, sun, sky, upward) + shine * stage[SUN_COLOUR + 2],
    )


@njit(**LEAN)
def _pattern_point(packed, i, x, y, z):
    """The own point (x, y, z) of solid `i` in pattern coordinates."""
    k = TEXTURE
    return (
        packed[i, k] * x + packed[i, k + 1] * y + packed[i, k + 2] * z + packed[i, k + 3],
        packed[i, k + 4] * x + packed[i, k + 5] * y + packed[i, k + 6] * z + packed[i, k + 7],
        packed[i, k + 8] * x + packed[i, k + 9] * y + packed[i, k + 10] * z + packed[i, k + 11],
    )


@njit(**LEAN)
def _world(stage, t, px, py):
    """The world point at depth t on the ray of pixel (px, py)."""
    a = (px - stage[CENTRE]) / stage[FOCAL]
    b = (py - stage[CENTRE + 1]) / stage[FOCAL + 1]
    r, p = ROTATION, POSITION
    return (
        stage[p] + t * (a * stage[r] + b * stage[r + 3] + stage[r + 6]),
        stage[p + 1] + t * (a * stage[r + 1] + b * stage[r + 4] + stage[r + 7]),
        stage[p + 2] + t * (a * stage[r + 2] + b * stage[r + 5] + stage[r + 8]),
    )


@njit(**LEAN)
def _light(stage, band, sun, sky, upward):
    around = upward * stage[SKY + band] + (1.0 - upward) * stage[GROUND + band]
    return sun * stage[SUN_COLOUR + band] + sky * around


@njit(**LEAN)
def _facing(packed, i, a, b, c):
    """How far the direction (a, b, c) faces forward in pattern coordinates, and whether sideways.

    The columns of a texture's frame are at right angles, so dividing by their squared lengths
    inverts it.
    """
    right = forward = up = 0.0
    for k in range(3):
        part = a if k == 0 else b if k == 1 else c
        at = TEXTURE + k
        p, q, r = packed[i, at], packed[i, at + 4], packed[i, at + 8]
        part /= p * p + q * q + r * r
        right += p * part
        forward += q * part
        up += r * part
    length = math.sqrt(right * right + forward * forward + up * up + 1e-30)
    return forward / length, abs(right) > 1.2 * abs(forward)


@njit(**LEAN)
def _shine(gloss, stage, wx, wy, wz, nx, ny, nz, sun):
    if gloss <= 0.0 or sun <= 0.0:
        return 0.0
    hx, hy, hz = stage[POSITION] - wx, stage[POSITION + 1] - wy, stage[POSITION + 2] - wz
    scale = 1.0 / math.sqrt(hx * hx + hy * hy + hz * hz)
    hx, hy, hz = hx * scale + stage[SUN], hy * scale + stage[SUN + 1], hz * scale + stage[SUN + 2]
    length = math.sqrt(hx * hx + hy * hy + hz * hz + 1e-12)
    facing = max((hx * nx + hy * ny + hz * nz) / length, 0.0)
    return gloss * facing**24 * min(sun * 4.0, 1.0)


@njit(**LEAN)
def ground_share(stage, band, lit, free):
    """Share of its light in one colour that level ground keeps, given what reaches it of the sun
    and of the sky."""
    sun = max(stage[SUN + 2], 0.0) * stage[SUN_COLOUR + band]
    return (sun * lit + stage[SKY + band] * free) / max(sun + stage[SKY + band], 1e-9)
