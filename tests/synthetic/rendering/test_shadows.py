from __future__ import annotations

import math

import numpy as np
import pytest

from tacan.synthetic.rendering.depth_maps import occupied
from tacan.synthetic.rendering.lens import looking
from tacan.synthetic.rendering.light import Light
from tacan.synthetic.rendering.shading_inputs import shading_inputs
from tacan.synthetic.rendering.shadows import lit_share, open_share, set_looks

LENS = looking((0.0, -5.0, 2.5), yaw=math.pi / 2, pitch=0.3, fov=0.6, height=8, width=8)
TURN = complex(math.cos(2.39996), math.sin(2.39996))
TEXEL = 0.03


def patchy_map(seed, shape):
    """Depths of 2 to 4 metres with holes."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(shape) < 0.4, math.inf, rng.uniform(2, 4, shape))


def stage_of(sun_map, above, softness):
    light = Light(np.array([0.0, 0.0, 1.0]), np.ones(3), np.ones(3), np.ones(3), softness)
    stage = shading_inputs(
        LENS,
        light,
        sun=(np.diag([1.0, 1.0, -1.0]), np.array([0.0, 0.0, 5.0]), TEXEL),
        above=(np.array([0.0, 0.0, 5.0]), TEXEL),
        maps=(sun_map, above),
    )
    set_looks(stage)
    return stage


def at(depths, place):
    column, row = int(place.real + 0.5), int(place.imag + 0.5)
    inside = place.real >= 0 and place.imag >= 0
    if not inside or row >= depths.shape[0] or column >= depths.shape[1]:
        return math.inf
    return depths[row, column]


def hidden(depths, place, depth, wide):
    looks = [0.35 * wide * (1.16 * TURN) ** k for k in range(8)]
    return sum(depth > at(depths, place + look) for look in looks) / 8


def lit(depths, softness, place, depth):
    wide = min(max(0.25 * softness / TEXEL, 0.7), 6.0)
    gaps = [depth - at(depths, place + wide * TURN**k) for k in range(5)]
    gaps = [gap for gap in gaps if gap > 0]
    if not gaps:
        return 1.0
    wide = min(max(0.5 * softness / TEXEL * np.mean(gaps), 0.5), 10.0)
    return 1 - hidden(depths, place, depth, wide)


@pytest.mark.parametrize("softness", [0.01, 0.3, 0.8])
def test_looks_laid_out_once_find_what_looks_turned_one_by_one_find(softness):
    sun_map, above = patchy_map(0, (40, 30)), patchy_map(1, (36, 44))
    stage = stage_of(sun_map, above, softness)
    shares = []
    for x, y, z in np.random.default_rng(2).uniform((-0.2, -0.2, 0.5), (1.4, 1.4, 3.5), (400, 3)):
        place = complex(x, y) / TEXEL
        share = lit_share(stage, x, y, z)
        assert share == pytest.approx(lit(sun_map, softness, place, 5.0 - z))
        open_there = 1 - 0.5 * hidden(above, place, 5.0 - z - 0.06, 0.08 / TEXEL)
        assert open_share(stage, x, y, z) == pytest.approx(open_there)
        shares.append(share)
    assert len(set(shares)) > 3


def test_blocks_are_occupied_where_they_or_their_neighbours_hold_anything():
    depths = np.full((21, 34), math.inf)
    depths[9, 17] = depths[20, 0] = 3.0
    found = occupied(depths, 4)
    assert found.shape == (6, 9)
    for row, column in np.ndindex(found.shape):
        around = depths[max(4 * row - 4, 0) : 4 * row + 8, max(4 * column - 4, 0) : 4 * column + 8]
        assert found[row, column] == np.isfinite(around).any()
