from __future__ import annotations

import numpy as np
import pytest

from tacan.synthetic.cameras import make_cameras
from tacan.synthetic.cast import Part
from tacan.synthetic.objects import PART, WHOLE
from tacan.synthetic.scene import plan_scene
from tacan.synthetic.settings import Settings

CAMERA = make_cameras(1, seed=0)[0]
OTHERS = tuple(range(50))


def settings(**changes):
    return Settings(**{"layout": "mars", "identities": 50, "cameras": 6, "seed": 0, **changes})


def part(number=1, n_frames=24, kind="identity", person: int | None = 3, pid=4):
    return Part("test", pid, 1, number, n_frames, kind, person)


def scenes(count=200, others=OTHERS, n_frames=24, **changes):
    plan = settings(**changes)
    return [plan_scene(plan, part(i, n_frames), CAMERA, others) for i in range(count)]


@pytest.mark.parametrize("n_frames", [1, 2, 3, 7, 200])
def test_every_row_has_an_entry_for_each_of_its_frames(n_frames):
    for scene in scenes(40, n_frames=n_frames, occluded_share=1.0):
        assert scene.view.shape == (n_frames, 2)
        assert scene.view.min() >= 0
        assert scene.view.max() <= 1
        walkers = [scene.target, *scene.behind]
        for walker in walkers:
            assert walker is not None
            rows = walker.x, walker.foot, walker.size, walker.phase
            assert {len(row) for row in rows} == {n_frames}
        for thing in scene.before:
            assert thing.start >= 0
            assert 1 <= len(thing.x) <= n_frames - thing.start
            assert thing.walker is None or len(thing.walker.phase) == len(thing.x)


def test_the_share_of_long_occlusions():
    def long_ones(share):
        found = scenes(300, occluded_share=share, n_frames=40)
        return np.mean([any(len(thing.x) > 10 for thing in scene.before) for scene in found])

    assert long_ones(0.0) == 0
    assert long_ones(0.5) == pytest.approx(0.5, abs=0.1)
    assert long_ones(1.0) == 1


def test_occluders_are_people_and_things():
    kinds = [thing.kind for scene in scenes(400) for thing in scene.before]
    assert {"person", *WHOLE, *PART} == set(kinds)
    assert 0.4 < kinds.count("person") / len(kinds) < 0.8


def test_nobody_hides_behind_themselves():
    for scene in scenes(300):
        for thing in scene.before:
            assert thing.walker is None or thing.walker.person != 3


def test_a_lonely_person_is_hidden_by_things_or_by_their_double():
    assert all(
        thing.walker is None or thing.walker.person == 3
        for scene in scenes(50, others=(3,))
        for thing in scene.before
    )
    assert all(thing.walker is None for scene in scenes(50, others=()) for thing in scene.before)


def test_a_plan_depends_on_its_own_tracklet_and_seed():
    def numbers(seed, number):
        scene = plan_scene(settings(seed=seed), part(number), CAMERA, OTHERS)
        assert scene.target is not None
        return scene.target.x.tolist()

    assert numbers(0, 1) == numbers(0, 1)
    assert numbers(0, 1) != numbers(0, 2)
    assert numbers(0, 1) != numbers(1, 1)


def test_false_alarms_and_fragments():
    empty = plan_scene(settings(), part(kind="nobody", person=None, pid=0), CAMERA, OTHERS)
    assert empty.target is None
    assert empty.before == ()
    cut = [
        plan_scene(settings(), part(i, kind="fragment", pid=-1), CAMERA, OTHERS).target
        for i in range(20)
    ]
    for walker in cut:
        assert walker is not None
        assert abs(walker.foot.mean() - 0.975) > 0.1
