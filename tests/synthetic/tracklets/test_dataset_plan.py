from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from tacan.synthetic.tracklets.dataset_plan import plan_dataset
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings


def plan_of(*, splits=True, **changes):
    plain = {"layout": "mars", "identities": 40, "cameras": 6, "seed": 0}
    return plan_dataset(DatasetSettings(**{**plain, **changes}), splits=splits)


def test_identities_are_split_and_extras_stand_in_the_test_set_only():
    parts = plan_of(train_identities=15).parts
    train = {part.pid for part in parts if part.split == "train"}
    test = {part.pid for part in parts if part.split == "test"}
    assert len(train) == 15
    assert test - {0, -1} == set(range(1, 41)) - train
    assert {0, -1} <= test


def test_without_splits_everyone_is_in_one():
    plan = plan_of(splits=False)
    assert {part.split for part in plan.parts} == {"all"}
    assert {part.pid for part in plan.parts} == set(range(-1, 41))
    assert plan.passers == {"all": tuple(range(40))}


def test_every_identity_is_seen_by_two_cameras_at_least():
    seen = defaultdict(set)
    for part in plan_of(cameras=3).parts:
        seen[part.pid].add(part.camid)
    assert min(len(cameras) for pid, cameras in seen.items() if pid > 0) >= 2


def test_tracklets_are_numbered_from_one_in_each_camera():
    numbers = defaultdict(list)
    for part in plan_of(tracklets_per_camera=4).parts:
        numbers[part.pid, part.camid].append(part.number)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def test_shares_of_distractors_and_junk():
    parts = plan_of(distractor_share=0.5, junk_share=0.25).parts
    kinds = Counter(
        "real" if part.pid > 0 else "distractor" if part.pid == 0 else "junk"
        for part in parts
        if part.split == "test"
    )
    assert kinds["distractor"] == round(0.5 * kinds["real"])
    assert kinds["junk"] == round(0.25 * kinds["real"])
    assert not any(part.pid <= 0 for part in plan_of(distractor_share=0, junk_share=0).parts)


def test_strangers_are_people_without_a_pid():
    plan = plan_of(distractor_share=1.0)
    strangers = [part.person for part in plan.parts if part.kind == "stranger"]
    assert sorted(strangers) == list(range(40, plan.n_people))
    assert all(part.person is None for part in plan.parts if part.kind == "nobody")
    assert all(part.person == part.pid - 1 for part in plan.parts if part.pid > 0)


def test_passers_come_from_the_same_split():
    plan = plan_of()
    for split in ("train", "test"):
        mine = {part.person for part in plan.parts if part.split == split and part.pid > 0}
        assert set(plan.passers[split]) == mine


def test_lengths_lie_around_the_median_within_the_bounds():
    lengths = np.array([part.n_frames for part in plan_of(identities=300).parts])
    assert abs(np.median(lengths) - 24) < 2
    assert lengths.min() >= 2
    assert lengths.max() <= 200
    assert lengths.max() > 100
    bounded = [part.n_frames for part in plan_of(min_frames=20, max_frames=30).parts]
    assert min(bounded) == 20
    assert max(bounded) == 30


def test_a_person_does_the_same_whoever_else_there_is():
    few = {part.key: part.n_frames for part in plan_of(identities=10, splits=False).parts}
    many = {part.key: part.n_frames for part in plan_of(identities=30, splits=False).parts}
    mine = {key: length for key, length in few.items() if 1 <= key[0] <= 10}
    assert mine == {key: length for key, length in many.items() if 1 <= key[0] <= 10}
