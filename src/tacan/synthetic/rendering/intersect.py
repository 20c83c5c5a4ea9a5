"""Where a ray first meets a solid, in the solid's own coordinates: compiled, scalar, exact.

A ray is o + t d; d need not have unit length. `nearest_hit` gives the smallest t at which it
enters the solid, infinity where it never does. Solids are convex, so that the first meeting is
the only one that is seen from outside.
"""

from __future__ import annotations

import math

from numba import njit

from tacan.synthetic.rendering.compiled import LEAN

__all__ = ["nearest_hit", "own_normal"]


@njit(**LEAN)
def nearest_hit(kind, a, b, c, ox, oy, oz, dx, dy, dz):
    """Smallest t of the ray o + t d within the solid of `kind` and size (a, b, c), or infinity."""
    if kind == 0:
        return _hit_round(a, b, c, ox, oy, oz, dx, dy, dz)
    if kind == 2:
        return _hit_ball(1.0, ox, oy, oz, dx, dy, dz)
    if kind == 1:
        return _hit_frustum(a, b, c, ox, oy, oz, dx, dy, dz)
    return _hit_box(a, b, c, ox, oy, oz, dx, dy, dz)


@njit(**LEAN)
def own_normal(kind, a, b, c, x, y, z):
    """Outward direction at the surface point (x, y, z), in own coordinates, of any length."""
    if kind == 0:
        sin = (a - b) / c
        h = min(max((z - a * sin) / max(1.0 - sin * sin, 1e-9), 0.0), c)
        return x, y, z - h
    if kind == 2:
        return x, y, z
    if kind == 1:
        edge = 1e-6 * (abs(c) + 1.0)
        if z < edge:
            return 0.0, 0.0, -1.0
        if z > c - edge:
            return 0.0, 0.0, 1.0
        return x, y, math.hypot(x, y) * (a - b) / c
    across, along, up = abs(x) / a, abs(y) / b, abs(z) / c
    if across >= along and across >= up:
        return math.copysign(1.0, x), 0.0, 0.0
    if along >= up:
        return 0.0, math.copysign(1.0, y), 0.0
    return 0.0, 0.0, math.copysign(1.0, z)


@njit(**LEAN)
def _hit_ball(radius, ox, oy, oz, dx, dy, dz):
    k2 = dx * dx + dy * dy + dz * dz
    k1 = ox * dx + oy * dy + oz * dz
    root = k1 * k1 - k2 * (ox * ox + oy * oy + oz * oz - radius * radius)
    if root < 0.0:
        return math.inf
    return (-k1 - math.sqrt(root)) / k2


@njit(**LEAN)
def _hit_round(a, b, c, ox, oy, oz, dx, dy, dz):
    """The flank is the cone (x^2 + y^2) cos^2 = (a - z sin)^2 that touches both balls."""
    sin = (a - b) / c
    cos2 = 1.0 - sin * sin
    w = a - oz * sin
    k2 = cos2 * (dx * dx + dy * dy) - sin * sin * dz * dz
    k1 = cos2 * (ox * dx + oy * dy) + w * sin * dz
    root = k1 * k1 - k2 * (cos2 * (ox * ox + oy * oy) - w * w)
    if root < 0.0 and k2 > 0.0:
        return math.inf
    if root >= 0.0 and abs(k2) > 1e-12:
        # The flank's entry; along a steep ray (k2 < 0) too, this root is the way in.
        t = (-k1 - math.sqrt(root)) / k2
        z = oz + t * dz
        width = a - z * sin
        h = z - width * sin / cos2
        if width > 0.0 and 0.0 <= h <= c:
            return t
    first = _hit_ball(a, ox, oy, oz, dx, dy, dz)
    return min(first, _hit_ball(b, ox, oy, oz - c, dx, dy, dz))


@njit(**LEAN)
def _hit_frustum(a, b, c, ox, oy, oz, dx, dy, dz):
    slope = (b - a) / c
    w = a + slope * oz
    k2 = dx * dx + dy * dy - slope * slope * dz * dz
    k1 = ox * dx + oy * dy - w * slope * dz
    root = k1 * k1 - k2 * (ox * ox + oy * oy - w * w)
    best = math.inf
    if root >= 0.0 and abs(k2) > 1e-12:
        t = (-k1 - math.sqrt(root)) / k2
        z = oz + t * dz
        if 0.0 <= z <= c:
            best = t
    if dz != 0.0:
        z = 0.0 if dz > 0.0 else c
        radius = a if dz > 0.0 else b
        t = (z - oz) / dz
        x, y = ox + t * dx, oy + t * dy
        if t < best and x * x + y * y <= radius * radius:
            best = t
    return best


@njit(**LEAN)
def _hit_box(a, b, c, ox, oy, oz, dx, dy, dz):
    enter, leave = -math.inf, math.inf
    for half, o, d in ((a, ox, dx), (b, oy, dy), (c, oz, dz)):
        if d == 0.0:
            if abs(o) > half:
                return math.inf
        else:
            near, far = (-half - o) / d, (half - o) / d
            if near > far:
                near, far = far, near
            enter, leave = max(enter, near), min(leave, far)
    return enter if enter <= leave else math.inf
