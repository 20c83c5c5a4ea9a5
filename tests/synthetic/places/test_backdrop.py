from __future__ import annotations

import math

import numpy as np
import pytest

from tacan.synthetic.places.backdrop import paint_backdrops, sunlit
from tacan.synthetic.places.fixtures import INDOORS, OUTDOORS
from tacan.synthetic.places.ground_plans import PLACES, make_place
from tacan.synthetic.rendering.lens import looking
from tacan.synthetic.rendering.light import MOODS, make_light


def place_of(kind, seed=0, **changes):
    where = {"bounds": (-5.0, -4.0, 5.0, 14.0), "keep_free": (0.0, 7.0, 2.0), "ahead": 7.0}
    return make_place(kind, np.random.default_rng(seed), **{**where, **changes})


def view(kind, seed=0):
    lens = looking((0, 0, 4.0), yaw=math.pi / 2, pitch=0.35, fov=0.8, height=60, width=80)
    place = place_of(kind, seed)
    light = make_light(place.moods[0], np.random.default_rng(seed))
    return paint_backdrops(place, lens, [light])[0]


@pytest.mark.parametrize("kind", PLACES)
def test_every_place_has_ground_walls_and_texture(kind):
    backdrop = view(kind)
    colour, ground = backdrop.layers[..., :3], backdrop.layers[..., 3]
    assert backdrop.layers.dtype == np.float32
    assert np.isfinite(colour).all()
    assert colour.min() >= 0
    assert colour.std(axis=(0, 1)).min() > 0.004
    assert set(np.unique(ground)) == {0.0, 1.0}
    assert ground[-1].mean() > 0.8
    assert ground[0].max() == 0
    middle = np.median(colour @ np.array([0.25, 0.65, 0.10]))
    assert backdrop.brightness == pytest.approx(middle, rel=1e-4)
    again = view(kind)
    assert again.layers.tobytes() == backdrop.layers.tobytes()
    assert view(kind, seed=1).layers.tobytes() != backdrop.layers.tobytes()


@pytest.mark.parametrize("kind", PLACES)
def test_several_lights_give_what_each_gives_alone(kind):
    lens = looking((0, 0, 4.0), yaw=math.pi / 2, pitch=0.35, fov=0.8, height=60, width=80)
    place = place_of(kind)
    lights = [make_light(mood, np.random.default_rng(3)) for mood in MOODS]
    for light, found in zip(lights, paint_backdrops(place, lens, lights), strict=True):
        [alone] = paint_backdrops(place, lens, [light])
        assert found.brightness == alone.brightness
        assert found.layers.tobytes() == alone.layers.tobytes()


def test_things_stand_where_nobody_walks():
    for seed in range(20):
        for kind in PLACES:
            for fixture in place_of(kind, seed).fixtures:
                assert math.hypot(fixture.x, fixture.y - 7.0) > 3.0
                assert fixture.y >= 7.0
                assert fixture.kind in (INDOORS if PLACES[kind].ceiling else OUTDOORS)


def test_the_sun_reaches_some_of_the_ground():
    spots = np.random.default_rng(0).uniform(-20, 20, (400, 2))
    shares = [sunlit(spots, place_of("plaza", seed)) for seed in range(20)]
    assert all(((share >= 0) & (share <= 1)).all() for share in shares)
    assert any(share.min() < 0.3 and share.max() > 0.9 for share in shares)
    assert (sunlit(spots, place_of("hall")) == 1).all()
