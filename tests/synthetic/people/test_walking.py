from __future__ import annotations

import math

import numpy as np
import pytest

from tacan.synthetic.people.pose import ARMS
from tacan.synthetic.people.walking import STRIDE, follow, walk
from tacan.synthetic.places.placed_cameras import Zone, make_cameras
from tacan.synthetic.tracklets.bystanders import bystanders

ZONE = Zone(0.0, 10.0, 4.0)


def ways(n=60, count=50, **changes):
    settings = {"fps": 10.0, "zone": ZONE, "heading": 0.5, **changes}
    return [walk(1, n, rng=np.random.default_rng(seed), **settings) for seed in range(count)]


@pytest.mark.parametrize("n", [1, 2, 60, 400])
def test_a_way_has_an_entry_for_every_frame_and_stays_about_its_zone(n):
    for way in ways(n, 20):
        assert way.place.shape == (n, 2)
        assert len(way.heading) == len(way.phase) == n
        assert np.hypot(*(way.place - (0, 10)).T).max() < 2 * ZONE.radius
        assert way.arms in ARMS


def test_people_go_where_they_look_and_step_as_far_as_they_go():
    for way in ways():
        steps = np.diff(way.place, axis=0)
        lengths = np.hypot(*steps.T)
        assert lengths == pytest.approx(way.speed / 10.0)
        assert np.diff(way.phase) == pytest.approx(lengths / STRIDE)
        looks = np.stack([np.cos(way.heading[:-1]), np.sin(way.heading[:-1])], axis=1)
        assert (steps * looks).sum(axis=1) == pytest.approx(lengths)


def test_the_middle_of_a_short_way_is_where_it_should_pass():
    for way in ways(5, middle=(1.0, 9.0)):
        assert math.dist(way.place[2], (1.0, 9.0)) < 0.6


def test_some_stand_and_do_not_step():
    slow = [way for way in ways() if way.speed < 0.2]
    assert 1 <= len(slow) < 15
    assert all(way.pace < 0.3 for way in slow)


def test_who_follows_given_places_looks_along_them():
    places = np.stack([np.linspace(0, 5, 20), np.zeros(20)], axis=1)
    walker = follow(3, 4, places, fps=10.0, rng=np.random.default_rng(0))
    assert walker.heading == pytest.approx(0.0, abs=1e-6)
    assert walker.phase[-1] - walker.phase[0] == pytest.approx(5 / STRIDE, rel=0.1)
    assert not walker.shown(3)
    assert walker.shown(4)
    assert walker.shown(23)
    assert not walker.shown(24)
    still = follow(3, 0, np.zeros((6, 2)), fps=10.0, rng=np.random.default_rng(0))
    assert np.ptp(still.heading) == 0
    assert still.pace == 0


def test_bystanders_keep_their_distance_and_hide_the_target_seldom():
    found = 0
    for camera in make_cameras(20, seed=3):
        for seed in range(6):
            rng = np.random.default_rng(seed)
            target = walk(0, 40, fps=camera.fps, zone=camera.zone, heading=1.0, rng=rng)
            for other in bystanders(target, camera, (4, 5, 6), rng):
                found += 1
                assert other.person in (4, 5, 6)
                assert np.hypot(*(other.place - target.place).T).min() >= 0.5
            assert bystanders(target, camera, (), rng) == ()
    assert found > 30
