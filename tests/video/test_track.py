"""Trackers behind our protocol, on drawn paths."""

from __future__ import annotations

import numpy as np
import pytest

from tacan.errors import ConfigError
from tacan.video.track import TRACKERS, open_tracker
from tacan.video.video_records import Detections


def walkers(frame: int) -> tuple[np.ndarray, np.ndarray]:
    """Three people who walk apart from each other; their boxes and who they are."""
    starts = np.array([[10, 10], [200, 60], [100, 200]], float)
    steps = np.array([[3, 0], [-2, 1], [0, -1]], float)
    corner = starts + frame * steps
    boxes = np.hstack([corner, corner + np.array([30, 70])]).astype(np.float32)
    order = np.random.default_rng(frame).permutation(3)
    return boxes[order], order


@pytest.mark.parametrize("name", TRACKERS)
def test_numbers_follow_people_in_whatever_order_they_come(name: str) -> None:
    tracker = open_tracker(name, fps=10)
    given: dict[int, set[int]] = {0: set(), 1: set(), 2: set()}
    for frame in range(30):
        boxes, who = walkers(frame)
        numbers = tracker.update(Detections(boxes, np.full(3, 0.9, np.float32)))
        assert numbers.shape == (3,)
        assert numbers.dtype == np.int64
        for person, number in zip(who.tolist(), numbers.tolist(), strict=True):
            if number >= 0:
                given[person].add(number)
        if frame > 3:
            assert (numbers >= 0).all()
    assert all(len(numbers) == 1 for numbers in given.values())
    assert len(set.union(*given.values())) == 3


@pytest.mark.parametrize("name", TRACKERS)
def test_somebody_hidden_shortly_keeps_the_number_and_later_gets_a_new_one(name: str) -> None:
    tracker = open_tracker(name, fps=10, max_lost_seconds=1.0)
    box = np.array([[50, 50, 90, 150]], np.float32)
    seen = Detections(box, np.array([0.9], np.float32))

    def after(hidden: int) -> int:
        for _ in range(hidden):
            tracker.update(Detections.none())
        return max(int(tracker.update(seen)[0]) for _ in range(4))

    first = after(0)
    assert first >= 0
    assert after(5) == first
    assert after(30) != first


@pytest.mark.parametrize("name", ["bytetrack", "botsort", "cbiou"])
def test_a_weak_detection_is_followed_but_begins_no_track(name: str) -> None:
    tracker = open_tracker(name, fps=10, track_threshold=0.5)
    box = np.array([[50, 50, 90, 150]], np.float32)
    strong, weak = (Detections(box, np.array([s], np.float32)) for s in (0.9, 0.2))
    assert all(tracker.update(weak)[0] == -1 for _ in range(5))
    for _ in range(4):
        number = int(tracker.update(strong)[0])
    assert number >= 0
    assert int(tracker.update(weak)[0]) == number


@pytest.mark.parametrize("name", TRACKERS)
def test_an_empty_scene_and_two_runs_alike(name: str) -> None:
    def run() -> list[list[int]]:
        tracker = open_tracker(name, fps=25)
        assert tracker.update(Detections.none()).shape == (0,)
        answers = []
        for frame in range(12):
            boxes, _ = walkers(frame)
            answers.append(tracker.update(Detections(boxes, np.full(3, 0.8, np.float32))).tolist())
        return answers

    assert run() == run()


@pytest.mark.parametrize("name", TRACKERS)
def test_every_detection_is_answered_however_weak(name: str) -> None:
    tracker = open_tracker(name, fps=10)
    boxes, _ = walkers(0)
    assert tracker.update(Detections(boxes, np.array([0.9, 0.05, 0.0], np.float32))).shape == (3,)


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        open_tracker("norfair", fps=0, max_lost_seconds=-1, track_threshold=2)
    assert len(caught.value.faults) == 4
    assert "bytetrack, sort, ocsort, botsort, cbiou" in str(caught.value)
