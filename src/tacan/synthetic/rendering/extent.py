"""How far solids reach along the axes of a map that is to hold them. Compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from tacan.synthetic.rendering.compiled import KERNEL, LEAN
from tacan.synthetic.rendering.solids import ELLIPSOID, SCENERY

__all__ = ["extent"]

_MARGIN = 0.3


@njit(**KERNEL)
def extent(kind, frame, place, size, owner, axes):
    """Lowest and highest coordinates, float64 [3] each, along `axes` [3, 3] (by row).

    All people lie between them, or all solids where there are no people, with 0.3 metres to spare.
    The arrays are those of `Solids`; without any, the cube from 0 to 1 is returned.
    """
    low, high = np.zeros(3), np.ones(3)
    nobody = True
    for i in range(len(kind)):
        nobody = nobody and owner[i] == SCENERY
    first = True
    for i in range(len(kind)):
        if owner[i] == SCENERY and not nobody:
            continue
        reach = _reach(kind[i], frame[i], size[i]) + _MARGIN
        for k in range(3):
            at = place[i, 0] * axes[k, 0] + place[i, 1] * axes[k, 1] + place[i, 2] * axes[k, 2]
            low[k] = at - reach if first else min(low[k], at - reach)
            high[k] = at + reach if first else max(high[k], at + reach)
        first = False
    return low, high


@njit(**LEAN)
def _reach(kind, frame, size):
    """No point of a solid is farther from its place along any axis of the world, about."""
    longest = 0.0
    for r in range(3):
        longest = max(longest, abs(frame[r, 0]) + abs(frame[r, 1]) + abs(frame[r, 2]))
    if kind == ELLIPSOID:
        return longest
    return longest * max(abs(size[0]), abs(size[1]), abs(size[2]))
