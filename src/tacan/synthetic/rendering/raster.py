"""Draws solids as a camera sees them, with light, shadows and smooth edges.

The first call compiles and keeps the machine code beside the package; later processes load it.
Everything runs on one core and gives the same numbers every time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tacan.synthetic.rendering.depth_maps import contact_map, map_along
from tacan.synthetic.rendering.fill import coverage_mask, darken, fill, owners, resolve
from tacan.synthetic.rendering.lens import Lens
from tacan.synthetic.rendering.light import Light
from tacan.synthetic.rendering.materials import Materials
from tacan.synthetic.rendering.packing import pack
from tacan.synthetic.rendering.shading_inputs import shading_inputs
from tacan.synthetic.rendering.solid_views import view_through, whole_box
from tacan.synthetic.rendering.solids import Solids

__all__ = ["Picture", "bounds", "coverage", "draw"]

_SUN_TEXEL, _LEVEL_TEXEL = 0.03, 0.05
_MOST_TEXELS = 96
_DOWNWARDS, _UPWARDS = np.diag([1.0, 1.0, -1.0]), np.eye(3)


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
    height, width = lens.height, lens.width
    if backdrop is None:
        backdrop = np.zeros((height, width, 3), dtype=np.float32)
    if ground is None:
        ground = np.ones((height, width), dtype=np.bool_)
    view, order = _view(solids, lens)
    depth, index = fill(view, order, height, width)
    sun_axes = _sun_axes(light.sun_direction)
    sun_map, sun_origin, sun_texel = _map(solids, sun_axes, finest=_SUN_TEXEL)
    above, high, texel = _map(solids, _DOWNWARDS, finest=_LEVEL_TEXEL)
    below, _, _ = _map(solids, _UPWARDS, finest=_LEVEL_TEXEL, from_ground=True)
    stage = shading_inputs(
        lens,
        light,
        sun=(sun_axes, sun_origin, sun_texel),
        above=(high, texel),
        maps=(sun_map, above),
    )
    picture = np.array(backdrop, dtype=np.float32, order="C")
    darken(picture, ground, index, stage, sun_map, contact_map(below, texel))
    packed = pack(view, solids.texture, solids.material, materials.packed())
    resolve(packed, order, solids.material, solids.owner, stage, depth, index, picture)
    owner = owners(index, solids.owner)
    return Picture(colour=picture, owner=owner, depth=depth.astype(np.float32))


def coverage(solids: Solids, lens: Lens) -> np.ndarray:
    """Which pixels' middles the solids cover when nothing else is there, bool [H, W]."""
    view, order = _view(solids, lens)
    return coverage_mask(view, order, lens.height, lens.width)


def bounds(solids: Solids, lens: Lens) -> tuple[float, float, float, float] | None:
    """The box (x1, y1, x2, y2) in pixels that just holds all solids, not cut at the picture's edge.

    None where nothing lies before the camera.
    """
    view, _ = _view(solids, lens)
    x1, y1, x2, y2 = whole_box(view)
    return (x1, y1, x2, y2) if x1 <= x2 else None


def _view(solids: Solids, lens: Lens) -> tuple[np.ndarray, np.ndarray]:
    """The view through a lens, and its rows from near to far."""
    return view_through(
        solids.kind,
        solids.frame,
        solids.place,
        solids.size,
        lens.position,
        lens.rotation,
        lens.focal,
        lens.centre,
    )


def _sun_axes(direction: np.ndarray) -> np.ndarray:
    """Right, up and ahead, float64 [3, 3], of a screen that looks along the sun's light."""
    x, y, z = direction.tolist()
    length = math.hypot(x, y)
    across, along = (-y / length, x / length) if length > 1e-6 else (1.0, 0.0)
    return np.array(
        [(across, along, 0.0), (-z * along, z * across, x * along - y * across), (-x, -y, -z)]
    )


def _map(
    solids: Solids, axes: np.ndarray, *, finest: float, from_ground: bool = False
) -> tuple[np.ndarray, np.ndarray, float]:
    """A depth map along `axes` [3, 3] (right, up, ahead), its origin and its texel in metres.

    It holds all people, or all solids where there are no people. With `from_ground` its depths are
    heights above the ground.
    """
    return map_along(
        solids.kind, solids.frame, solids.place, solids.size, solids.owner,
        axes, finest, _MOST_TEXELS, from_ground,
    )  # fmt: skip
