"""Draws solids as a camera sees them, with light, shadows and smooth edges.

The first call compiles and keeps the machine code beside the package; later processes load it.
Everything runs on one core and gives the same numbers every time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tacan.synthetic.lens import Lens
from tacan.synthetic.light import Light
from tacan.synthetic.materials import Materials
from tacan.synthetic.solids import Solids

__all__ = ["Picture", "bounds", "coverage", "draw"]


@dataclass(frozen=True, slots=True)
class Picture:
    """What a camera sees.

    Attributes
    ----------
    colour
        Linear light, float32 [H, W, 3], from 0 to about 1 (glare may pass it).
    owner
        Whose solid fills the middle of each pixel, int32 [H, W]; -1 is the backdrop.
    depth
        Distance along the camera's axis in metres, float32 [H, W]; infinite at the backdrop.
    """

    colour: np.ndarray
    owner: np.ndarray
    depth: np.ndarray


def draw(
    solids: Solids,
    materials: Materials,
    lens: Lens,
    light: Light,
    *,
    backdrop: np.ndarray | None = None,
    ground: np.ndarray | None = None,
) -> Picture:
    """The picture of `solids` before `backdrop`.

    `backdrop` is linear light, float32 [H, W, 3], lit as if nothing stood there (None: black);
    it isn't changed. Solids darken it where it shows the ground (z = 0): `ground` says which
    pixels those are, bool [H, W]; None takes all below the horizon. H and W are the lens's.
    """
    raise NotImplementedError


def coverage(solids: Solids, lens: Lens) -> np.ndarray:
    """Which pixels' middles the solids cover when nothing else is there, bool [H, W]."""
    raise NotImplementedError


def bounds(solids: Solids, lens: Lens) -> tuple[float, float, float, float] | None:
    """The box (x1, y1, x2, y2) in pixels that just holds all solids, not cut at the picture's edge.

    None where nothing lies before the camera.
    """
    raise NotImplementedError
