from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from tacan.synthetic.cameras import make_cameras
from tacan.synthetic.people import make_people
from tacan.synthetic.render import Studio
from tacan.synthetic.scene import Occluder, Scene, Walker


def walker(n, *, person=0, x=0.0, foot=0.97, size=0.9):
    row = np.ones(n)
    return Walker(person, 0.0, x * row, foot * row, size * row, np.arange(n) / 10)


def thing(n, *, x=0.0, start=0, kind="wall", size=1.2, foot=1.1, **kind_of):
    return Occluder(start, np.full(n, x), foot, size, kind, 0, **kind_of)


def scene(target, *before, n=4, behind=()):
    return Scene(1, n, np.full((n, 2), 0.5), 1.0, target, tuple(behind), before)


def studio(height=64):
    camera = dataclasses.replace(make_cameras(1, seed=0)[0], noise=0.0)
    return Studio(make_people(5, seed=0), (camera,), height, height // 2)


def shoot(plan, height=64):
    shots = list(studio(height).pictures(plan, rng=np.random.default_rng(0)))
    return np.stack([crop for crop, _ in shots]), [seen for _, seen in shots]


@pytest.mark.parametrize("height", [32, 64, 128])
def test_a_person_in_the_open_is_wholly_visible(height):
    crops, seen = shoot(scene(walker(4)), height)
    assert crops.shape == (4, height, height // 2, 3)
    assert crops.dtype == np.uint8
    assert seen == [1.0] * 4


def test_a_wall_hides_them_while_it_stands_there():
    _, seen = shoot(scene(walker(4), thing(2, start=1)))
    assert seen == [1.0, 0.0, 0.0, 1.0]


def test_what_stands_behind_hides_nothing():
    plain, _ = shoot(scene(walker(4)))
    crowded, seen = shoot(scene(walker(4), behind=[walker(4, person=1, x=0.1)]))
    assert seen == [1.0] * 4
    assert not np.array_equal(plain, crowded)


def test_visibility_counts_what_the_box_cuts_off():
    _, low = shoot(scene(walker(4, foot=1.45)))
    assert all(0.3 < seen < 0.7 for seen in low)
    _, gone = shoot(scene(walker(4, foot=3.0)))
    assert gone == [0.0] * 4


def test_without_a_person_nothing_is_visible():
    _, seen = shoot(scene(None, thing(4, x=0.2)))
    assert seen == [0.0] * 4


def test_visibility_is_the_share_of_the_persons_pixels_left():
    """Against a count in the picture: a camera without faults, and colours found nowhere else."""
    plain = dataclasses.replace(
        make_cameras(1, seed=0)[0],
        matrix=(1.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 1.0, 0),
        gamma=1.0,
        blur=0.0,
        noise=0.0,
    )
    people = make_people(2, seed=0)
    room = Studio(people, (plain,), 128, 64)
    room._backdrops[1] = Image.new("RGB", (2000, 400), (255, 0, 255))
    rng = np.random.default_rng(0)

    def pixels(*before):
        crop = next(iter(room.pictures(scene(walker(1), *before, n=1), rng=rng)))
        return np.any(crop[0] != (255, 0, 255), axis=-1), crop[1]

    body, _ = pixels()
    for x in (-0.35, -0.2, 0.2, 0.3):
        pole = thing(1, x=x, kind="pillar")
        both, seen = pixels(pole)
        room_only = next(iter(room.pictures(scene(None, pole, n=1), rng=rng)))[0]
        hidden = np.any(room_only != (255, 0, 255), axis=-1)
        assert seen == pytest.approx((body & ~hidden).sum() / body.sum(), abs=0.03)
        assert np.array_equal(both, body | hidden)


def test_another_person_in_front_hides_most():
    nearer = walker(4, person=1, foot=1.5, size=1.5)
    _, seen = shoot(scene(walker(4), thing(4, kind="person", walker=nearer)))
    assert max(seen) < 0.15
