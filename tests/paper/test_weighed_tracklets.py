from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.clips.split import consecutive_clips
from tacan.paper.weighed_tracklets import (
    WeighedTracklet,
    consecutive_clips_that_differ,
    levels,
    longest_tracklet,
    quantile_thresholds,
    weighed_tracklets,
)
from tacan.records import Tracklet, TrackletSplit
from tests.evaluation.test_occlusion import features_of


def tracklet(pid: int, n_frames: int, name: str) -> Tracklet:
    frames = tuple(f"{name}/{i}.jpg" for i in range(n_frames))
    return Tracklet(tracklet_id=name, pid=pid, camid=1, directory=Path(), frames=frames)


def weighed(pid: int, weights: list[float], name: str = "") -> WeighedTracklet:
    n = 2 * len(weights)
    return WeighedTracklet(
        tracklet(pid, n, name or f"t{pid}"),
        consecutive_clips(n, 2),
        np.array(weights, np.float32),
        None,
    )


SMALL = weighed(1, [0.5, 0.6, 0.5, 0.6])
LARGE = weighed(2, [0.5, 0.5, 0.9, 0.1, 0.5])
SAME = weighed(2, [0.9, 0.2, 0.9], "other")
SHORT = weighed(3, [0.0, 1.0])


def test_consecutive_clips_are_those_that_differ_most_of_different_people() -> None:
    found = consecutive_clips_that_differ([SMALL, LARGE, SAME, SHORT])
    assert [(each.tracklet.tracklet_id, first) for each, first in found] == [("t2", 1), ("t1", 0)]
    assert consecutive_clips_that_differ([SHORT]) == []


def test_of_the_longest_the_one_whose_weights_differ_most() -> None:
    assert longest_tracklet([SMALL, LARGE, SHORT]) is SHORT
    ten = [weighed(pid, [0.5] * 9) for pid in range(10, 20)]
    assert longest_tracklet([SHORT, *ten, SMALL]) in ten


def test_levels_and_thirds() -> None:
    assert levels(np.array([0.1, 0.2, 0.3, 0.4]), (0.2, 0.3)) == ["low", "medium", "medium", "high"]
    low, high = quantile_thresholds([SMALL, LARGE])
    assert (low, high) == pytest.approx((0.5, 0.5 + 2 / 3 * 0.1), abs=0.05)


def test_weights_are_found_by_the_tracklets_names() -> None:
    features = features_of([5, 6, 0], [[0.9, 0.1], [0.2], [7.0]])
    split = TrackletSplit(
        "mars",
        "test",
        (tracklet(6, 2, "t1"), tracklet(0, 2, "t2"), tracklet(5, 4, "t0"), tracklet(5, 4, "gone")),
        is_query=(True,) * 4,
        is_gallery=(True,) * 4,
    )
    found = weighed_tracklets(split, features, None, clip_len=2)
    assert [each.tracklet.tracklet_id for each in found] == ["t1", "t0"]
    assert found[1].weights.tolist() == pytest.approx([0.9, 0.1])
