"""The walls of a place as one camera sees them, and which of them a ray meets first. Compiled.

What is the same for every ray is worked out once: a table float64 [n, 15 + k] of those walls that
turn their face to the camera, with boxes on the screen, so that most rays need look at one or two.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from tacan.synthetic.rendering.compiled import KERNEL, LEAN

__all__ = ["FACING", "WHICH", "nearest_wall", "survey", "walls_about"]

_START, _ALONG, _LENGTH, _LOW, _NORMAL, _AWAY, _BOX, WHICH, FACING = 0, 2, 4, 5, 7, 9, 10, 14, 15
"""First columns of the table. _START, _ALONG: one end [2] and the way to the other [2], _LENGTH
metres long. _LOW: lowest and highest metre. _NORMAL: the face's direction [2]; _AWAY: the camera's
distance before it, negative. _BOX: x1, y1, x2, y2 in pixels. WHICH: the wall's number in the
place. FACING: the share of each of k suns that its angle leaves."""

_FAR, _CLOSEST = 1e6, 0.05


@njit(**KERNEL)
def survey(walls, position, rotation, inner, suns):
    """The table of `walls` [n, 6]: start and end on the ground, lowest and highest metre.

    `position` and `rotation` are the lens's, `inner` its focal lengths [2] and centre [2], `suns`
    [k, 3] the directions towards the sun in as many lights.
    """
    table = np.empty((len(walls), FACING + len(suns)))
    count = 0
    for i in range(len(walls)):
        row = table[count]
        wx, wy = walls[i, 2] - walls[i, 0], walls[i, 3] - walls[i, 1]
        length = math.hypot(wx, wy)
        nx, ny = -wy / length, wx / length
        away = nx * (walls[i, 0] - position[0]) + ny * (walls[i, 1] - position[1])
        row[_START], row[_START + 1], row[_ALONG], row[_ALONG + 1] = (
            walls[i, 0],
            walls[i, 1],
            wx,
            wy,
        )
        row[_LENGTH], row[_LOW], row[_LOW + 1] = length, walls[i, 4], walls[i, 5]
        row[_NORMAL], row[_NORMAL + 1], row[_AWAY] = nx, ny, away
        row[WHICH] = i
        for k in range(len(suns)):
            row[FACING + k] = max(0.0, (-wy * suns[k, 0] + wx * suns[k, 1]) / length)
        _find_box(row, position, rotation, inner)
        # Only rays that run against the face can meet it, and only before the camera.
        if away < 0.0:
            count += 1
    return table[:count]


@njit(**LEAN)
def _find_box(row, position, rotation, inner):
    """Writes a wall's box with a pixel to spare; it is the whole plane if it reaches behind."""
    row[_BOX], row[_BOX + 1], row[_BOX + 2], row[_BOX + 3] = (
        math.inf,
        math.inf,
        -math.inf,
        -math.inf,
    )
    for corner in range(4):
        share = 1.0 if corner & 1 else 0.0
        x = row[_START] + share * row[_ALONG] - position[0]
        y = row[_START + 1] + share * row[_ALONG + 1] - position[1]
        z = row[_LOW + (corner >> 1)] - position[2]
        depth = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z
        if depth < _CLOSEST:
            row[_BOX], row[_BOX + 1] = -math.inf, -math.inf
            row[_BOX + 2], row[_BOX + 3] = math.inf, math.inf
            return
        across = (rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z) / depth
        down = (rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z) / depth
        column, line = inner[2] + inner[0] * across, inner[3] + inner[1] * down
        row[_BOX], row[_BOX + 2] = min(row[_BOX], column - 1.0), max(row[_BOX + 2], column + 1.0)
        row[_BOX + 1], row[_BOX + 3] = (
            min(row[_BOX + 1], line - 1.0),
            max(row[_BOX + 3], line + 1.0),
        )


@njit(**LEAN)
def walls_about(table, x1, x2, y, near):
    """Writes rows of walls that pixels `x1` to `x2` of line `y` may show into `near`; how many."""
    count = 0
    for i in range(len(table)):
        if (
            table[i, _BOX] <= x2 + 1
            and table[i, _BOX + 2] >= x1
            and table[i, _BOX + 1] <= y + 1
            and table[i, _BOX + 3] >= y
        ):
            near[count] = i
            count += 1
    return count


@njit(**LEAN)
def nearest_wall(table, near, count, position, rx, ry, rz):
    """Depth, row (-1: none) and metres along it of the wall that the ray (rx, ry, rz) meets first.

    Only the first `count` rows in `near` are looked at.
    """
    depth, found, along = _FAR, -1, 0.0
    for k in range(count):
        row = table[near[k]]
        towards = row[_NORMAL] * rx + row[_NORMAL + 1] * ry
        if towards > -1e-9:
            continue
        at = row[_AWAY] / towards
        if at <= _CLOSEST or at >= depth:
            continue
        height = position[2] + at * rz
        if height < row[_LOW] or height > row[_LOW + 1]:
            continue
        px = position[0] + at * rx - row[_START]
        py = position[1] + at * ry - row[_START + 1]
        u = (px * row[_ALONG] + py * row[_ALONG + 1]) / row[_LENGTH]
        if 0 <= u <= row[_LENGTH]:
            depth, found, along = at, near[k], u
    return depth, found, along
