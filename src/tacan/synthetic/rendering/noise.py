"""Smooth random fields in space: equal everywhere and always for equal seeds."""

from __future__ import annotations

import math

from numba import njit

from tacan.synthetic.rendering.compiled import LEAN

__all__ = ["smooth_noise"]


@njit(**LEAN)
def _lattice(x, y, z, seed):
    """A number from -1 to 1 for each whole point: integer mixing in 32 bits."""
    h = (x * 374761393 + y * 668265263 + z * 1440662683 + seed * 1274126177) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 2246822519) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 3266489917) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFF) / 32767.5 - 1.0


@njit(**LEAN)
def smooth_noise(x, y, z, seed):
    """A field from -1 to 1 that changes over a distance of about 1, at the point (x, y, z)."""
    fx, fy, fz = math.floor(x), math.floor(y), math.floor(z)
    i, j, k, s = int(fx), int(fy), int(fz), int(seed)
    u, v, w = x - fx, y - fy, z - fz
    u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
    low = _lattice(i, j, k, s) * (1 - u) + _lattice(i + 1, j, k, s) * u
    low += v * (_lattice(i, j + 1, k, s) * (1 - u) + _lattice(i + 1, j + 1, k, s) * u - low)
    high = _lattice(i, j, k + 1, s) * (1 - u) + _lattice(i + 1, j, k + 1, s) * u
    high += v * (
        _lattice(i, j + 1, k + 1, s) * (1 - u) + _lattice(i + 1, j + 1, k + 1, s) * u - high
    )
    return low + w * (high - low)
