from __future__ import annotations

import numpy as np
import pytest

from tacan.synthetic.rendering.light import MOODS, make_light


@pytest.mark.parametrize("mood", MOODS)
def test_light_comes_from_above_and_is_neither_night_nor_glare(mood):
    for seed in range(20):
        light = make_light(mood, np.random.default_rng(seed))
        assert np.linalg.norm(light.sun_direction) == pytest.approx(1.0)
        assert light.sun_direction[2] > 0.15
        white = light.sun_colour * light.sun_direction[2] + light.sky_colour
        assert 0.15 < white.mean() < 2.0
        assert light.ground_colour.max() < white.max()
        assert light.softness > 0


def test_moods_are_what_they_are_called():
    def mean(mood, name):
        lights = [make_light(mood, np.random.default_rng(seed)) for seed in range(30)]
        return np.mean([getattr(light, name) for light in lights], axis=0)

    red, _, blue = mean("warm lamps", "sun_colour")
    assert red > 1.2 * blue
    red, _, blue = mean("shade", "sky_colour")
    assert blue > red
    assert mean("sun", "sun_colour").mean() > 3 * mean("overcast", "sun_colour").mean()
    assert mean("dusk", "softness") < mean("overcast", "softness")
