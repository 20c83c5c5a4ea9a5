from __future__ import annotations

import numpy as np
import pytest

from tacan.synthetic.rendering.extent import extent
from tacan.synthetic.rendering.solids import BOX, ELLIPSOID, SCENERY, Solids

AXES = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def ball(x, owner, radius=0.5):
    return Solids.of(
        [ELLIPSOID], [radius * np.eye(3)], [(x, 1.0, 2.0)], [(9.0, 9.0, 9.0)], [0], owner=owner
    )


def extent_of(*parts):
    world = Solids.join(parts)
    return extent(world.kind, world.frame, world.place, world.size, world.owner, AXES)


def test_people_are_held_with_a_margin_and_scenery_is_not():
    low, high = extent_of(ball(3.0, 1), ball(5.0, 2), ball(50.0, SCENERY))
    assert low == pytest.approx([1 - 0.8, -5 - 0.8, 2 - 0.8])
    assert high == pytest.approx([1 + 0.8, -3 + 0.8, 2 + 0.8])


def test_scenery_is_held_where_there_are_no_people():
    box = Solids.of([BOX], [2 * np.eye(3)], [(0.0, 0.0, 0.0)], [(1.0, 0.2, 0.1)], [0])
    low, high = extent_of(box)
    assert low == pytest.approx([-2.3] * 3)
    assert high == pytest.approx([2.3] * 3)


def test_nothing_gives_a_cube():
    low, high = extent_of()
    assert (low == 0).all()
    assert (high == 1).all()
