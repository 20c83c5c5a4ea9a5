"""Solids as one viewer sees them: rays in own coordinates, and the box on the screen.

A view is float64 [n, VIEW]: for each solid what a compiled loop needs. Through a lens, the ray of
pixel (x, y) starts at the lens, and its t is the depth; along a direction (a lamp far away), rays
are parallel, start on a plane and run along it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from tacan.synthetic.rendering.compiled import KERNEL, LEAN

__all__ = [
    "BOX",
    "INVERSE",
    "KIND",
    "NEAR",
    "SIZE",
    "VIEW",
    "A",
    "B",
    "C",
    "D",
    "view_along",
    "view_through",
    "whole_box",
]

D, A, B, C, SIZE, KIND, NEAR, BOX, INVERSE, VIEW = 0, 3, 6, 9, 12, 15, 16, 17, 21, 30
"""First columns of a view. Through a lens: the ray starts at D and runs along A + x B + y C.
Along a direction: it starts at A + x B + y C and runs along D. NEAR: no point of the solid is
nearer. BOX: x1, y1, x2, y2 on the screen. INVERSE: world directions to own coordinates, by row."""

_CLOSEST = 0.05


@njit(**KERNEL)
def view_through(kind, frame, place, size, position, rotation, focal, centre):
    """The view through a lens, and its rows from near to far.

    See `tacan.synthetic.rendering.lens.Lens` for the last four arguments.
    """
    n = len(kind)
    view = np.empty((n, VIEW))
    axes = np.empty((3, 3))
    start = np.empty(3)
    for i in range(n):
        _invert(frame[i], view[i])
        for k in range(3):
            view[i, SIZE + k] = size[i, k]
        view[i, KIND] = kind[i]
        for r in range(3):
            row = INVERSE + 3 * r
            m0, m1, m2 = view[i, row], view[i, row + 1], view[i, row + 2]
            view[i, D + r] = (
                m0 * (position[0] - place[i, 0])
                + m1 * (position[1] - place[i, 1])
                + m2 * (position[2] - place[i, 2])
            )
            right = (m0 * rotation[0, 0] + m1 * rotation[0, 1] + m2 * rotation[0, 2]) / focal[0]
            down = (m0 * rotation[1, 0] + m1 * rotation[1, 1] + m2 * rotation[1, 2]) / focal[1]
            ahead = m0 * rotation[2, 0] + m1 * rotation[2, 1] + m2 * rotation[2, 2]
            view[i, B + r], view[i, C + r] = right, down
            view[i, A + r] = ahead - centre[0] * right - centre[1] * down
        for r in range(3):
            start[r] = 0.0
            for k in range(3):
                start[r] += rotation[r, k] * (place[i, k] - position[k])
                axes[r, k] = 0.0
                for j in range(3):
                    axes[r, k] += rotation[r, j] * frame[i, j, k]
        _lens_box(view[i], axes, start, focal, centre)
    return view, np.argsort(view[:, NEAR], kind="mergesort")


@njit(**LEAN)
def whole_box(view):
    """The box x1, y1, x2, y2 that just holds all solids of a view; x1 > x2 where there are none."""
    x1, y1, x2, y2 = math.inf, math.inf, -math.inf, -math.inf
    for i in range(len(view)):
        if view[i, BOX] <= view[i, BOX + 2]:
            x1, y1 = min(x1, view[i, BOX]), min(y1, view[i, BOX + 1])
            x2, y2 = max(x2, view[i, BOX + 2]), max(y2, view[i, BOX + 3])
    return x1, y1, x2, y2


@njit(**KERNEL)
def view_along(kind, frame, place, size, right, up, ahead, origin, texel):
    """The view along `ahead` on a screen through `origin` whose texels are `texel` metres wide.

    `right`, `up`, `ahead` are unit vectors; texel (0, 0) lies at `origin`.
    """
    n = len(kind)
    view = np.empty((n, VIEW))
    for i in range(n):
        _invert(frame[i], view[i])
        for k in range(3):
            view[i, SIZE + k] = size[i, k]
        view[i, KIND] = kind[i]
        for r in range(3):
            row = INVERSE + 3 * r
            m0, m1, m2 = view[i, row], view[i, row + 1], view[i, row + 2]
            view[i, D + r] = m0 * ahead[0] + m1 * ahead[1] + m2 * ahead[2]
            view[i, B + r] = texel * (m0 * right[0] + m1 * right[1] + m2 * right[2])
            view[i, C + r] = texel * (m0 * up[0] + m1 * up[1] + m2 * up[2])
            view[i, A + r] = (
                m0 * (origin[0] - place[i, 0])
                + m1 * (origin[1] - place[i, 1])
                + m2 * (origin[2] - place[i, 2])
            )
        x1, x2 = _reach(frame[i], place[i], kind[i], size[i], right, origin)
        y1, y2 = _reach(frame[i], place[i], kind[i], size[i], up, origin)
        near, _ = _reach(frame[i], place[i], kind[i], size[i], ahead, origin)
        view[i, NEAR] = near
        view[i, BOX], view[i, BOX + 1] = x1 / texel, y1 / texel
        view[i, BOX + 2], view[i, BOX + 3] = x2 / texel, y2 / texel
    return view


@njit(**LEAN)
def _invert(m, row):
    c00 = m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1]
    c01 = m[1, 2] * m[2, 0] - m[1, 0] * m[2, 2]
    c02 = m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0]
    scale = 1.0 / (m[0, 0] * c00 + m[0, 1] * c01 + m[0, 2] * c02)
    row[INVERSE] = c00 * scale
    row[INVERSE + 1] = (m[0, 2] * m[2, 1] - m[0, 1] * m[2, 2]) * scale
    row[INVERSE + 2] = (m[0, 1] * m[1, 2] - m[0, 2] * m[1, 1]) * scale
    row[INVERSE + 3] = c01 * scale
    row[INVERSE + 4] = (m[0, 0] * m[2, 2] - m[0, 2] * m[2, 0]) * scale
    row[INVERSE + 5] = (m[0, 2] * m[1, 0] - m[0, 0] * m[1, 2]) * scale
    row[INVERSE + 6] = c02 * scale
    row[INVERSE + 7] = (m[0, 1] * m[2, 0] - m[0, 0] * m[2, 1]) * scale
    row[INVERSE + 8] = (m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]) * scale


@njit(**LEAN)
def _reach(frame, place, kind, size, way, origin):
    """How far the solid reaches along `way` from `origin`: lowest and highest value, exact."""
    middle = 0.0
    for k in range(3):
        middle += way[k] * (place[k] - origin[k])
    f0 = way[0] * frame[0, 0] + way[1] * frame[1, 0] + way[2] * frame[2, 0]
    f1 = way[0] * frame[0, 1] + way[1] * frame[1, 1] + way[2] * frame[2, 1]
    f2 = way[0] * frame[0, 2] + way[1] * frame[1, 2] + way[2] * frame[2, 2]
    if kind == 2:
        r = math.sqrt(f0 * f0 + f1 * f1 + f2 * f2)
        return middle - r, middle + r
    if kind == 3:
        r = abs(f0) * size[0] + abs(f1) * size[1] + abs(f2) * size[2]
        return middle - r, middle + r
    third = f2 * f2 if kind == 0 else 0.0
    r = math.sqrt(f0 * f0 + f1 * f1 + third)
    a, b, far = r * size[0], r * size[1], middle + f2 * size[2]
    return min(middle - a, far - b), max(middle + a, far + b)


@njit(**KERNEL)
def _lens_box(row, axes, start, focal, centre):
    """The solid's box on the screen, from its camera axes [3, 3] and place [3]. Exact but for
    solids that reach behind the lens, whose box is the whole plane."""
    row[BOX], row[BOX + 1], row[BOX + 2], row[BOX + 3] = math.inf, math.inf, -math.inf, -math.inf
    row[NEAR] = math.inf
    kind = int(row[KIND])
    if kind == 2:
        _grow_by_ball(row, axes, start, 1.0, 1.0, focal, centre)
    elif kind == 3:
        _grow_by_corners(row, axes, start, focal, centre)
    else:
        flat = 1.0 if kind == 0 else 0.0
        _grow_by_ball(row, axes, start, row[SIZE], flat, focal, centre)
        end = start.copy()
        for k in range(3):
            end[k] += axes[k, 2] * row[SIZE + 2]
        _grow_by_ball(row, axes, end, row[SIZE + 1], flat, focal, centre)
    if row[NEAR] < _CLOSEST and row[BOX] <= row[BOX + 2]:
        row[BOX], row[BOX + 1], row[BOX + 2], row[BOX + 3] = -1e9, -1e9, 1e9, 1e9


@njit(**LEAN)
def _grow_by_ball(row, axes, start, radius, flat, focal, centre):
    """Makes room for a ball, or with `flat` = 0 for the disc across its z axis.

    The picture of an ellipsoid with centre s and frame F has the dual conic F F' - s s', whose
    horizontal and vertical tangents are the box.
    """
    x, y, z = start[0], start[1], start[2]
    r2 = radius * radius
    f = flat * flat
    xx = r2 * (axes[0, 0] ** 2 + axes[0, 1] ** 2 + f * axes[0, 2] ** 2) - x * x
    yy = r2 * (axes[1, 0] ** 2 + axes[1, 1] ** 2 + f * axes[1, 2] ** 2) - y * y
    reach = r2 * (axes[2, 0] ** 2 + axes[2, 1] ** 2 + f * axes[2, 2] ** 2)
    zz = reach - z * z
    xz = r2 * (axes[0, 0] * axes[2, 0] + axes[0, 1] * axes[2, 1] + f * axes[0, 2] * axes[2, 2])
    yz = r2 * (axes[1, 0] * axes[2, 0] + axes[1, 1] * axes[2, 1] + f * axes[1, 2] * axes[2, 2])
    xz -= x * z
    yz -= y * z
    reach = math.sqrt(reach)
    if z + reach < _CLOSEST:
        return
    row[NEAR] = min(row[NEAR], z - reach)
    if z - reach < _CLOSEST:
        row[BOX], row[BOX + 2] = min(row[BOX], 0.0), max(row[BOX + 2], 0.0)
        return
    across = math.sqrt(max(xz * xz - xx * zz, 0.0))
    down = math.sqrt(max(yz * yz - yy * zz, 0.0))
    row[BOX] = min(row[BOX], centre[0] + focal[0] * (xz + across) / zz)
    row[BOX + 2] = max(row[BOX + 2], centre[0] + focal[0] * (xz - across) / zz)
    row[BOX + 1] = min(row[BOX + 1], centre[1] + focal[1] * (yz + down) / zz)
    row[BOX + 3] = max(row[BOX + 3], centre[1] + focal[1] * (yz - down) / zz)


@njit(**LEAN)
def _grow_by_corners(row, axes, start, focal, centre):
    farthest = -math.inf
    for corner in range(8):
        a = row[SIZE] * (1.0 if corner & 1 else -1.0)
        b = row[SIZE + 1] * (1.0 if corner & 2 else -1.0)
        c = row[SIZE + 2] * (1.0 if corner & 4 else -1.0)
        x = start[0] + axes[0, 0] * a + axes[0, 1] * b + axes[0, 2] * c
        y = start[1] + axes[1, 0] * a + axes[1, 1] * b + axes[1, 2] * c
        z = start[2] + axes[2, 0] * a + axes[2, 1] * b + axes[2, 2] * c
        row[NEAR] = min(row[NEAR], z)
        farthest = max(farthest, z)
        safe = max(z, _CLOSEST)
        row[BOX] = min(row[BOX], centre[0] + focal[0] * x / safe)
        row[BOX + 2] = max(row[BOX + 2], centre[0] + focal[0] * x / safe)
        row[BOX + 1] = min(row[BOX + 1], centre[1] + focal[1] * y / safe)
        row[BOX + 3] = max(row[BOX + 3], centre[1] + focal[1] * y / safe)
    if farthest < _CLOSEST:
        row[BOX], row[BOX + 2] = math.inf, -math.inf
