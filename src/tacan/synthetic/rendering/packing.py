"""All that painting reads of each solid, in one table: its view, its texture and its material.

Compiled code counts who holds an array each time that it hands one on, and so painting a pixel
with one table instead of four takes half the time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tacan.synthetic.rendering import materials
from tacan.synthetic.rendering.compiled import KERNEL
from tacan.synthetic.rendering.solid_views import VIEW

__all__ = ["COLOUR", "NUMBERS", "OVERLAY", "PATTERN", "TEXTURE", "pack"]

TEXTURE, COLOUR = VIEW, VIEW + 12
"""First columns: those of a view come first, then `Solids.texture` by row, then the columns of
`Materials.packed`, which begin with the colours."""

PATTERN, OVERLAY = COLOUR + materials.PATTERN, COLOUR + materials.OVERLAY
NUMBERS = COLOUR + materials.NUMBERS
"""Where those of the material lie now."""


@njit(**KERNEL)
def pack(view, texture, material, look):
    """The table, float64 [n, 64], of solids in `view`; `look` is `Materials.packed`."""
    n, columns = len(view), look.shape[1]
    packed = np.empty((n, COLOUR + columns))
    for i in range(n):
        for k in range(VIEW):
            packed[i, k] = view[i, k]
        for r in range(3):
            for k in range(4):
                packed[i, TEXTURE + 4 * r + k] = texture[i, r, k]
        for k in range(columns):
            packed[i, COLOUR + k] = look[material[i], k]
    return packed
