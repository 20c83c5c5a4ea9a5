from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tacan.synthetic.people.body import build_body
from tacan.synthetic.people.population import make_people
from tacan.synthetic.people.pose import ARMS, Gait, joint_angles
from tacan.synthetic.rendering.lens import looking
from tacan.synthetic.rendering.raster import bounds, coverage

PEOPLE = make_people(40, seed=5)


@pytest.mark.parametrize("arms", ARMS)
def test_feet_stand_on_the_ground_at_every_moment(arms):
    body = build_body(PEOPLE[3])
    for phase in np.linspace(0, 1, 8, endpoint=False):
        lens = looking((0, -30, 0.0), yaw=math.pi / 2, pitch=0.0, fov=0.1, height=600, width=400)
        box = bounds(body.posed(phase=phase, heading=0.0, arms=arms), lens)
        assert box is not None
        metre = lens.focal[1] / 30
        assert (box[3] - lens.centre[1]) / metre == pytest.approx(0.0, abs=0.03)


def test_people_are_as_tall_as_they_say():
    lens = looking((0, -40, 0.9), yaw=math.pi / 2, pitch=0.0, fov=0.06, height=800, width=400)
    for person in PEOPLE:
        if person.hat == "none" and person.hair_style not in ("bun", "ponytail"):
            box = bounds(build_body(person).posed(phase=0.0, heading=1.0, pace=0.0), lens)
            assert box is not None
            tall = (box[3] - box[1]) * 40 / lens.focal[1]
            assert tall == pytest.approx(person.height, rel=0.03)


def test_a_person_is_one_connected_piece():
    """Nothing floats: but for what hangs or rolls beside, the silhouette hangs together."""
    from scipy.ndimage import label

    lens = looking((0, -9, 2.0), yaw=math.pi / 2, pitch=0.12, fov=0.3, height=192, width=128)
    for number, person in enumerate(PEOPLE):
        solids = build_body(person).posed(phase=0.13 * number, heading=0.7 * number)
        seen = coverage(solids, lens)
        pieces, count = label(seen, structure=np.ones((3, 3)))
        largest = np.bincount(pieces.ravel())[1:].max()
        share = 0.7 if person.bag.kind == "suitcase" else 0.995
        assert largest > share * seen.sum(), (number, count)


def test_heading_turns_the_body_and_place_moves_it():
    body = build_body(PEOPLE[0])
    north = body.posed(phase=0.2, heading=math.pi / 2)
    east = body.posed(phase=0.2, heading=0.0, place=(3.0, 1.0))
    turned = north.moved(-math.pi / 2, (3.0, 1.0, 0.0))
    np.testing.assert_allclose(east.place, turned.place, atol=1e-9)
    np.testing.assert_allclose(east.frame, turned.frame, atol=1e-9)


def test_patterns_stay_on_the_limb_when_it_moves():
    body = build_body(PEOPLE[1])
    moved = body.posed(phase=0.4, heading=2.0, arms="call")
    np.testing.assert_array_equal(moved.texture, body.solids.texture)
    assert np.abs(moved.place - body.solids.place).max() > 0.1


def test_the_pace_is_a_share_of_the_stride():
    gait = Gait(stride=0.43)
    shorter = replace(gait, stride=0.43 * 0.7)
    found = joint_angles(gait, phase=0.3, pace=0.7, arms="phone", nod=0.2)
    assert np.array_equal(found, joint_angles(shorter, phase=0.3, arms="phone", nod=0.2))
