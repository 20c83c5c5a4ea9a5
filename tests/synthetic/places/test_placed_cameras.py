from __future__ import annotations

import pickle

import numpy as np

from tacan.synthetic.places.ground_plans import PLACES
from tacan.synthetic.places.placed_cameras import make_cameras

MANY = make_cameras(70, seed=0)


def test_more_cameras_leave_the_first_unchanged():
    assert pickle.dumps(make_cameras(3, seed=0)) == pickle.dumps(make_cameras(5, seed=0)[:3])
    assert pickle.dumps(make_cameras(3, seed=0)) != pickle.dumps(make_cameras(3, seed=1))
    assert [camera.camid for camera in MANY] == list(range(1, 71))


def test_cameras_hang_as_high_and_look_as_steep_as_in_streets_and_halls():
    heights = np.array([camera.lens.position[2] for camera in MANY])
    assert heights.min() >= 2.2
    assert heights.max() <= 8.01
    assert np.ptp(heights) > 4
    down = np.degrees([np.arcsin(-camera.lens.rotation[2, 2]) for camera in MANY])
    assert down.min() < 12
    assert down.max() > 28


def test_people_come_in_the_sizes_of_surveillance():
    sizes, inside = [], []
    for camera in MANY:
        foot = (camera.zone.x, camera.zone.y, 0.0)
        pixels, depth = camera.lens.project(np.array([foot, (foot[0], foot[1], 1.7)]))
        sizes.append(pixels[0, 1] - pixels[1, 1])
        inside.append(depth.min() > 0 and 0 < pixels[0, 0] < camera.lens.width)
    assert all(inside)
    assert 40 < min(sizes) < 90
    assert 150 < max(sizes) < 320


def test_neighbouring_cameras_stand_in_different_places_and_see_different_sides():
    assert len({camera.place.kind for camera in MANY[: len(PLACES)]}) == len(PLACES)
    turned = np.cos(np.radians([camera.side for camera in MANY[:6]]))
    assert turned.max() > 0.9
    assert turned.min() < -0.9
    assert np.abs(turned).min() < 0.45


def test_the_zone_is_within_the_place():
    for camera in MANY:
        x1, y1, x2, y2 = camera.place.bounds
        zone = camera.zone
        assert x1 < zone.x - zone.radius
        assert zone.x + zone.radius < x2
        assert y1 < zone.y - zone.radius
        assert zone.y + zone.radius < y2
