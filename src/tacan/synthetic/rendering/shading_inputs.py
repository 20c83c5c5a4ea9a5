"""Where compiled shading finds camera, light and shadow maps: the places in one vector.

Compiled calls with few arguments, of arrays above all, are much faster than with many.
"""

from __future__ import annotations

import numpy as np

from tacan.synthetic.rendering.lens import Lens
from tacan.synthetic.rendering.light import Light

__all__ = [
    "ABOVE",
    "ABOVE_MAP",
    "ABOVE_SCALE",
    "CENTRE",
    "FOCAL",
    "GROUND",
    "LOOKS",
    "POSITION",
    "ROTATION",
    "SKY",
    "SOFTNESS",
    "SUN",
    "SUN_AXES",
    "SUN_COLOUR",
    "SUN_MAP",
    "SUN_ORIGIN",
    "SUN_SCALE",
    "shading_inputs",
]

POSITION, ROTATION, FOCAL, CENTRE = 0, 3, 12, 14
"""The lens: position [3], rotation [3, 3] by row, focal lengths [2], centre [2]."""

SUN, SUN_COLOUR, SKY, GROUND, SOFTNESS = 16, 19, 22, 25, 28
"""The light: direction towards the sun [3], its colour [3], colours from above and below [3]."""

SUN_AXES, SUN_ORIGIN, SUN_SCALE = 29, 38, 41
"""The depth map seen from the sun: right, up, ahead [3, 3], texel (0, 0) [3], texels a metre."""

ABOVE, ABOVE_SCALE = 42, 45
"""The map seen from above: its texel (0, 0) and height of depth 0 [3], texels a metre."""

SUN_MAP, ABOVE_MAP = 46, 49
"""Of both depth maps: height, width, and the place of texel (0, 0); the others follow by row."""

LOOKS, _MAPS = 52, 94
"""Where about a point the maps are looked at, [21, 2]; then the maps themselves."""


def shading_inputs(
    lens: Lens,
    light: Light,
    *,
    sun: tuple[np.ndarray, np.ndarray, float],
    above: tuple[np.ndarray, float],
    maps: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """All of it, float64. `sun` has axes, origin and texel of its map; `above` the latter.

    `maps` are the depth maps seen from the sun and from above. `LOOKS` are left at 0: what shades
    begins by setting them.
    """
    axes, origin, texel = sun
    (height, width), (rows, columns) = maps[0].shape, maps[1].shape
    parts = (
        lens.position, lens.rotation.ravel(), lens.focal, lens.centre,
        light.sun_direction, light.sun_colour, light.sky_colour, light.ground_colour,
        (light.softness,), axes.ravel(), origin, (1.0 / texel,), above[0], (1.0 / above[1],),
        (height, width, _MAPS, rows, columns, _MAPS + height * width), np.zeros(_MAPS - LOOKS),
        maps[0].ravel(), maps[1].ravel(),
    )  # fmt: skip
    return np.concatenate(parts, dtype=np.float64)
