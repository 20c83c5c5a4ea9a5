from __future__ import annotations

import numpy as np
import pytest

from tacan.synthetic.places.objects import WHOLE
from tacan.synthetic.places.placed_cameras import make_cameras
from tacan.synthetic.tracklets.dataset_plan import Part
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings
from tacan.synthetic.tracklets.occluders import PART
from tacan.synthetic.tracklets.tracklet_plan import plan_scene

CAMERAS = make_cameras(6, seed=0)
OTHERS = tuple(range(50))


def settings(**changes):
    return DatasetSettings(
        **{"layout": "mars", "identities": 50, "cameras": 6, "seed": 0, **changes}
    )


def part(number=1, n_frames=24, kind="identity", person: int | None = 3, pid=4):
    return Part("test", pid, 1 + number % 6, number, n_frames, kind, person)


def scenes(count=120, others=OTHERS, n_frames=24, **changes):
    plan = settings(**changes)
    return [plan_scene(plan, part(i, n_frames), CAMERAS[i % 6], others) for i in range(count)]


@pytest.mark.parametrize("n_frames", [1, 2, 3, 7, 200])
def test_every_row_has_an_entry_for_each_of_its_frames(n_frames):
    for scene in scenes(30, n_frames=n_frames, occluded_share=1.0):
        for walker in (scene.target, *scene.others):
            k = len(walker.phase)
            assert walker.place.shape == (k, 2)
            assert len(walker.heading) == k
            assert 0 <= walker.start <= walker.start + k <= n_frames
        assert len(scene.target.phase) == n_frames
        for thing in scene.things:
            assert 0 <= thing.start < thing.start + len(thing.place) <= n_frames
        assert len(scene.errors.shift) == n_frames
        assert scene.hour < len(CAMERAS[scene.camid - 1].lights)


def hidden(scene):
    """The share of frames in which a thing or people who follow are there, or the box is lost."""
    n = scene.n_frames
    walls = [thing for thing in scene.things if thing.kind in WHOLE]
    before = [walker for walker in scene.others if len(walker.phase) < n]
    lost = np.mean(np.abs(scene.errors.shift[:, 0]) > 1.0)
    return max([lost, *(len(thing.place) / n for thing in [*walls, *before])])


def test_the_share_of_long_occlusions():
    def long_ones(share):
        return np.mean([hidden(scene) > 0.25 for scene in scenes(200, occluded_share=share)])

    # Part of the things that stand about are walls and boards as well.
    assert long_ones(0.0) < 0.15
    assert long_ones(0.5) == pytest.approx(0.5, abs=0.15)
    assert long_ones(1.0) > 0.9


def test_occluders_are_people_and_things():
    found = scenes(300, n_frames=40)
    kinds = {thing.kind for scene in found for thing in scene.things}
    assert kinds == {*WHOLE, *PART}
    followers = [any(len(walker.phase) < 40 for walker in scene.others) for scene in found]
    assert 0.08 < np.mean(followers) < 0.35


def test_a_crowd_comes_to_its_share_of_the_tracklets_and_changes_nothing_else():
    plain, crowded = scenes(200), scenes(200, crowded_share=0.6)
    more = [len(new.others) - len(old.others) for old, new in zip(plain, crowded, strict=True)]
    assert set(more) <= {0, 3, 4, 5, 6}
    assert np.mean([extra > 0 for extra in more]) == pytest.approx(0.6, abs=0.1)
    for old, new in zip(plain, crowded, strict=True):
        assert np.array_equal(old.target.place, new.target.place)
        assert np.array_equal(old.errors.shift, new.errors.shift)


def test_two_or_three_of_a_crowd_are_nearer_to_the_camera():
    for i in range(60):
        camera = CAMERAS[i % 6]
        scene = plan_scene(settings(crowded_share=1.0, occluded_share=0.0), part(i), camera, OTHERS)
        crowd = scene.others[-6:]
        eye = camera.lens.position[:2]

        def away(walker, eye=eye):
            return np.hypot(*(walker.place - eye).T).mean()

        assert sum(away(walker) < away(scene.target) for walker in crowd) >= 2


def test_nobody_hides_behind_themselves():
    for scene in scenes(200):
        assert all(walker.person != 3 for walker in scene.others)


def test_a_lonely_person_is_hidden_by_things_or_by_their_double():
    for scene in scenes(50, others=(3,)):
        assert all(walker.person == 3 for walker in scene.others)
    assert all(scene.others == () for scene in scenes(50, others=()))


def test_a_plan_depends_on_its_own_tracklet_and_seed():
    def numbers(seed, number):
        plan = settings(seed=seed)
        return plan_scene(plan, part(number), CAMERAS[0], OTHERS).target.place.tolist()

    assert numbers(0, 1) == numbers(0, 1)
    assert numbers(0, 1) != numbers(0, 2)
    assert numbers(0, 1) != numbers(1, 1)


def test_false_alarms_and_fragments():
    empty = plan_scene(settings(), part(kind="nobody", person=None, pid=0), CAMERAS[0], OTHERS)
    assert empty.target.person is None
    assert empty.things == ()
    for i in range(20):
        cut = plan_scene(settings(), part(i, kind="fragment", pid=-1), CAMERAS[0], OTHERS)
        assert np.abs(cut.errors.shift[:, 1]).mean() > 0.25
