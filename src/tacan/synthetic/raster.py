"""Draws solids as a camera sees them, with light, shadows and smooth edges.

The first call compiles and keeps the machine code beside the package; later processes load it.
Everything runs on one core and gives the same numbers every time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tacan.synthetic.fill import coverage_mask, darken, fill, resolve
from tacan.synthetic.lens import Lens
from tacan.synthetic.light import Light
from tacan.synthetic.materials import Materials
from tacan.synthetic.shadows import contact_map, depth_map
from tacan.synthetic.solids import SCENERY, Solids
from tacan.synthetic.stage import stage_vector
from tacan.synthetic.views import BOX, NEAR, view_along, view_through

__all__ = ["Picture", "bounds", "coverage", "draw"]

_SUN_TEXEL, _LEVEL_TEXEL = 0.03, 0.05
_MOST_TEXELS = 96


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
    above, high, texel = _map(solids, np.diag([1.0, 1.0, -1.0]), finest=_LEVEL_TEXEL)
    below, _, _ = _map(solids, np.eye(3), finest=_LEVEL_TEXEL, from_ground=True)
    stage = stage_vector(lens, light, sun=(sun_axes, sun_origin, sun_texel), above=(high, texel))
    picture = np.array(backdrop, dtype=np.float32, order="C")
    darken(picture, ground, index, stage, sun_map, contact_map(below, texel))
    resolve(
        view, order, solids.texture, solids.material, solids.owner, materials.packed(),
        stage, sun_map, above, depth, index, picture,
    )  # fmt: skip
    owner = np.full(len(solids) + 1, -1, dtype=np.int32)
    owner[: len(solids)] = solids.owner
    return Picture(colour=picture, owner=owner[index], depth=depth.astype(np.float32))


def coverage(solids: Solids, lens: Lens) -> np.ndarray:
    """Which pixels' middles the solids cover when nothing else is there, bool [H, W]."""
    view, order = _view(solids, lens)
    return coverage_mask(view, order, lens.height, lens.width)


def bounds(solids: Solids, lens: Lens) -> tuple[float, float, float, float] | None:
    """The box (x1, y1, x2, y2) in pixels that just holds all solids, not cut at the picture's edge.

    None where nothing lies before the camera.
    """
    view, _ = _view(solids, lens)
    seen = view[view[:, BOX] <= view[:, BOX + 2], BOX : BOX + 4]
    if not len(seen):
        return None
    low, high = seen[:, :2].min(axis=0), seen[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _view(solids: Solids, lens: Lens) -> tuple[np.ndarray, np.ndarray]:
    """The view through a lens, and its rows from near to far."""
    view = view_through(
        solids.kind,
        solids.frame,
        solids.place,
        solids.size,
        lens.position,
        lens.rotation,
        np.array(lens.focal),
        np.array(lens.centre),
    )
    return view, np.argsort(view[:, NEAR], kind="stable")


def _sun_axes(direction: np.ndarray) -> np.ndarray:
    """Right, up and ahead, float64 [3, 3], of a screen that looks along the sun's light."""
    sun = np.asarray(direction, dtype=np.float64)
    side = np.array([-sun[1], sun[0], 0.0])
    length = math.hypot(side[0], side[1])
    side = side / length if length > 1e-6 else np.array([1.0, 0.0, 0.0])
    up = np.array(
        [
            sun[1] * side[2] - sun[2] * side[1],
            sun[2] * side[0] - sun[0] * side[2],
            sun[0] * side[1] - sun[1] * side[0],
        ]
    )
    return np.stack([side, up, -sun])


def _map(
    solids: Solids, axes: np.ndarray, *, finest: float, from_ground: bool = False
) -> tuple[np.ndarray, np.ndarray, float]:
    """A depth map along `axes` [3, 3] (right, up, ahead), its origin and its texel in metres.

    It holds all people, or all solids where there are no people. With `from_ground` its depths are
    heights above the ground.
    """
    people = solids.owner != SCENERY
    if not people.any():
        people[:] = True
    reach = np.abs(solids.size).max(axis=1) * np.abs(solids.frame).sum(axis=2).max(axis=1)
    reach = np.where(solids.kind == 2, np.abs(solids.frame).sum(axis=2).max(axis=1), reach)
    places = solids.place @ axes.T
    margin = 0.3
    low = (places - reach[:, None])[people].min(axis=0, initial=np.inf) - margin
    high = (places + reach[:, None])[people].max(axis=0, initial=-np.inf) + margin
    if not len(solids):
        low, high = np.zeros(3), np.ones(3)
    texel = float(max(finest, (high - low)[:2].max() / _MOST_TEXELS))
    if from_ground:
        low[2] = 0.0
    origin = low @ axes
    view = view_along(
        solids.kind, solids.frame, solids.place, solids.size,
        axes[0], axes[1], axes[2], origin, texel,
    )  # fmt: skip
    shape = np.ceil((high - low)[:2] / texel).astype(int) + 1
    order = np.argsort(view[:, NEAR], kind="stable")
    return depth_map(view, order, int(shape[1]), int(shape[0])), origin, texel
