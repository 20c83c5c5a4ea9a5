from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tacan.synthetic.canvas import along
from tacan.synthetic.figure import SPRITE_ASPECT, draw_figure
from tacan.synthetic.people import make_people

PLAIN = dataclasses.replace(
    make_people(1, seed=0)[0],
    top=(200, 0, 0),
    accent=(0, 200, 0),
    pattern="plain",
    bottom=(0, 0, 200),
    bottom_kind="trousers",
    long_sleeves=True,
    bag="none",
    bag_colour=(200, 200, 0),
    hair_style="short",
    build=1.0,
)


def drawn(person=PLAIN, heading=0.0, phase=0.1, height=128):
    return np.asarray(draw_figure(person, heading=heading, phase=phase, height=height))


def share_of(image, colour):
    """Pixels of exactly `colour`, as a share of the figure."""
    opaque = image[..., 3] == 255
    return (np.all(image[..., :3] == colour, axis=-1) & opaque).sum() / opaque.sum()


@pytest.mark.parametrize("heading", range(-180, 180, 30))
def test_a_figure_fills_its_height_and_is_not_cut_off(heading):
    for phase in np.arange(0, 1, 0.125):
        image = drawn(heading=heading, phase=phase)
        assert image.shape == (128, round(128 * SPRITE_ASPECT), 4)
        rows = np.flatnonzero(image[..., 3].any(axis=1))
        assert rows[0] <= 8
        assert rows[-1] >= 117
        assert not image[:, [0, -1], 3].any()


def test_top_stands_over_trousers():
    image = drawn()
    red = np.flatnonzero(np.all(image[..., :3] == PLAIN.top, axis=-1).any(axis=1))
    blue = np.flatnonzero(np.all(image[..., :3] == PLAIN.bottom, axis=-1).any(axis=1))
    assert red.mean() < blue.mean()


def test_gait_moves_the_legs_and_comes_round():
    def stride(phase):
        columns = np.flatnonzero(drawn(heading=90, phase=phase)[100:, :, 3].any(axis=0))
        return columns[-1] - columns[0]

    strides = [stride(phase) for phase in np.arange(0, 1, 0.05)]
    assert max(strides) > 2 * min(strides)
    assert np.array_equal(drawn(phase=0.3), drawn(phase=1.3))
    assert not np.array_equal(drawn(phase=0.3), drawn(phase=0.8))


@pytest.mark.parametrize(
    ("change", "colour", "shows", "hides"),
    [
        ({"bag": "backpack"}, "bag_colour", 180, None),
        ({"pattern": "print"}, "accent", 0, 180),
        ({"pattern": "open"}, "accent", 0, 180),
    ],
)
def test_some_things_show_from_one_side_only(change, colour, shows, hides):
    person = dataclasses.replace(PLAIN, **change)
    seen = share_of(drawn(person, heading=shows), getattr(person, colour))
    assert seen > 0.03
    if hides is not None:
        assert share_of(drawn(person, heading=hides), getattr(person, colour)) == 0
    else:
        assert share_of(drawn(person, heading=0), getattr(person, colour)) < seen / 2


@pytest.mark.parametrize(
    "change",
    [
        *({"pattern": name} for name in ("bands", "stripes", "checks", "block", "print", "open")),
        *({"bag": name} for name in ("backpack", "shoulder", "handbag")),
        *({"bottom_kind": name} for name in ("shorts", "skirt")),
        *({"hair_style": name} for name in ("long", "bun", "bald", "cap")),
        {"long_sleeves": False},
        {"build": 1.15},
    ],
)
def test_every_attribute_shows_from_the_front(change):
    changed = drawn(dataclasses.replace(PLAIN, **change), heading=20)
    assert np.any(changed != drawn(heading=20), axis=-1).mean() > 0.001


def test_a_limb_keeps_its_length():
    start = (0.1, 0.2, 0.5)
    for angle in (-1.0, 0.0, 0.4):
        assert np.linalg.norm(np.subtract(along(start, 0.3, angle), start)) == pytest.approx(0.3)
    assert along(start, 0.3, 0.0) == pytest.approx((0.1, 0.2, 0.2))
