from pathlib import Path

import numpy as np

from tacan.demo.occluded import MAX_FRAMES, MIN_FRAMES, sample_occluded
from tacan.records import Tracklet, TrackletSplit


def make_split(lengths, pids):
    tracklets = tuple(
        Tracklet(f"t{i}", pid, 1, Path(), tuple(f"{frame}.jpg" for frame in range(n)))
        for i, (n, pid) in enumerate(zip(lengths, pids, strict=True))
    )
    roles = (True,) * len(tracklets)
    return TrackletSplit("mars", "test", tracklets, roles, roles)


def seen_in(n, *, hidden):
    seen = np.ones(n, dtype=np.float32)
    seen[:hidden] = 0.0
    return seen


def test_only_occluded_tracklets_of_people_are_sampled_and_fitting_ones_first():
    lengths = [MIN_FRAMES, MAX_FRAMES, 24, 24, 24, 100, 24, 24]
    pids = [1, 2, 3, 0, -1, 4, 5, 6]
    hidden = [8, 8, 0, 8, 8, 40, 24, 4]
    split = make_split(lengths, pids)
    seen = {
        f"t{i}": seen_in(n, hidden=h) for i, (n, h) in enumerate(zip(lengths, hidden, strict=True))
    }
    rows = sample_occluded(split, seen, 10, clip_len=4, seed=0)
    assert set(rows[:2]) == {0, 1}
    assert set(rows[2:]) == {5, 7}
    assert sample_occluded(split, seen, 1, clip_len=4, seed=0) == rows[:1]
    orders = {tuple(sample_occluded(split, seen, 2, clip_len=4, seed=seed)) for seed in range(20)}
    assert orders == {(0, 1), (1, 0)}
