from __future__ import annotations

import numpy as np
import pytest

from tacan.synthetic.places.objects import THINGS, WHOLE, build_thing, screens
from tacan.synthetic.rendering.lens import looking
from tacan.synthetic.rendering.raster import bounds, coverage
from tacan.synthetic.rendering.solids import SCENERY


def from_before(solids, height=120, width=160):
    """From far off, so that a metre is 20 pixels everywhere: the ground is the row 60."""
    lens = looking((0, -400, 0), yaw=np.pi / 2, pitch=0.0, fov=2 * np.arctan(3 / 400), height=120,
                   width=160)  # fmt: skip
    return lens, coverage(solids, lens)


@pytest.mark.parametrize("kind", THINGS)
def test_a_thing_stands_on_the_ground_and_is_nobodys(kind):
    for seed in range(5):
        solids, materials = build_thing(kind, size=(1.5, 2.0), seed=seed)
        lens, _ = from_before(solids)
        box = bounds(solids, lens)
        assert box is not None
        assert box[3] == pytest.approx(60, abs=5)
        assert 60 - box[1] > 6
        assert (solids.owner == SCENERY).all()
        assert solids.material.max() < len(materials)
        again, _ = build_thing(kind, size=(1.5, 2.0), seed=seed)
        assert again.place.tobytes() == solids.place.tobytes()


@pytest.mark.parametrize("kind", WHOLE)
def test_a_screen_leaves_no_gap_that_a_person_shows_through(kind):
    least, most = WHOLE[kind]
    for length in (max(least, 0.9), min(most, 3.0)):
        for seed in range(5):
            solids, _ = build_thing(kind, size=(length, 2.2), seed=seed)
            _, covered = from_before(solids)
            half = round(10 * length)
            # Round things are narrow at their ends, where only the edge of a person is.
            person = covered[60 - 38 : 60, 80 - half + 5 : 80 + half - 5]
            assert person.mean() > (0.85 if kind in ("tree", "pillar") else 0.9)


def test_there_is_a_screen_for_every_length():
    for length in (0.1, 0.8, 1.7, 3.0, 9.0):
        assert screens(length)
    assert "pillar" not in screens(3.0)
    assert "van" not in screens(1.0)
