from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import DataError
from tacan.records import Tracklet, TrackletSplit


def tracklet(name: str = "a", **changes: object) -> Tracklet:
    fields: dict[str, object] = {"pid": 1, "camid": 1, "directory": Path("d"), "frames": ("1.jpg",)}
    return Tracklet(name, **(fields | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"frames": ()}, "at least one frame"),
        ({"pid": -2}, "pid must be"),
        ({"camid": -1}, "camera number"),
        ({"pid": 2**63}, "below 2\\^63; got pid 9223372036854775808 and camera 1"),
        ({"camid": 10**200}, "below 2\\^63"),
        ({"frames": ("1.jpg", "2.jpg", "1.jpg")}, "'1.jpg' more than once"),
    ],
)
def test_a_tracklet_checks_itself(changes: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        tracklet(**changes)


def test_records_are_immutable() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        tracklet().pid = 2  # pyright: ignore


def test_a_split_knows_people_from_junk() -> None:
    members = (tracklet("a", pid=-1), tracklet("b", pid=0), tracklet("c", pid=7, camid=3))
    split = TrackletSplit("mars", "test", members, (False,) * 3, (True,) * 3)
    assert [t.is_junk for t in split] == [True, False, False]
    assert [t.is_distractor for t in split] == [False, True, False]
    assert (split.pids, split.camids, split.n_frames, len(split)) == ((7,), (1, 3), 3, 3)


def test_a_split_checks_itself() -> None:
    with pytest.raises(DataError, match="one length"):
        TrackletSplit("mars", "test", (tracklet(),), (True, False), (True,))
    with pytest.raises(DataError, match="unique"):
        TrackletSplit("mars", "test", (tracklet(), tracklet()), (True,) * 2, (True,) * 2)


def test_the_largest_numbers_fit_where_they_are_kept() -> None:
    largest = tracklet(pid=2**63 - 1, camid=2**63 - 1)
    assert np.array([largest.pid, largest.camid], np.int64).tolist() == [2**63 - 1] * 2
