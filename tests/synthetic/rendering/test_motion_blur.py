from __future__ import annotations

import math

import numpy as np
import pytest

from tacan.synthetic.rendering.motion_blur import smeared


def spread(spot, across, down):
    """The light of one bright pixel at `spot` (x, y) of 41 x 41, point by point along the way."""
    light = np.zeros((41, 41))
    reach = math.ceil(math.hypot(across, down) / 2)
    shares = np.linspace(-0.5, 0.5, 4 * reach + 1)
    for share in shares:
        x, y = round(reach + share * across) - reach, round(reach + share * down) - reach
        light[spot[1] - y, spot[0] - x] += 1 / len(shares)
    return light


@pytest.mark.parametrize("way", [(6.0, 0.0), (0.0, -3.3), (4.5, 2.5), (-7.7, 9.1), (0.5, 0.5)])
def test_light_is_spread_over_the_way(way):
    light = np.zeros((41, 41, 3), dtype=np.float32)
    light[18, 22] = 1.0
    found = smeared(light, *way)
    for band in range(3):
        np.testing.assert_allclose(found[..., band], spread((22, 18), *way), atol=1e-6)


def test_a_short_way_leaves_light_as_it_is():
    light = np.random.default_rng(0).random((8, 8, 3)).astype(np.float32)
    assert smeared(light, 0.4, -0.4) is light
