from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tacan.indexing import exchanging
from tacan.indexing.exchanging import LEAST_GAIN, Exchanger
from tacan.indexing.fragments import Fragment
from tacan.indexing.index_settings import Connect
from tacan.retrieval.calibration import Calibration
from tests.indexing.fragment_data import BLUE, GREEN, RATE, RED, MeanEmbedder, fragment

STRANGERS = np.linspace(0.5, 1.5, 101)
"""Their median is 1; people who don't look alike are sqrt(2) apart."""
STEP = 8.0
"""Pixels that each of two walks in a frame, towards the other."""


def exchange(
    fragments: Sequence[Fragment],
    *,
    mode: Connect = "careful",
    strangers: NDArray[np.float64] = STRANGERS,
    prior: Calibration | None = None,
    max_seconds: float = 300.0,
    min_frames: int = 1,
    min_seconds: float = 0.0,
) -> list[Fragment]:
    exchanger = Exchanger(
        MeanEmbedder(),
        mode=mode,
        max_seconds=max_seconds,
        max_crops=16,
        min_frames=min_frames,
        min_seconds=min_seconds,
        prior=prior,
    )
    for each in fragments:
        exchanger.add(each, strangers=strangers)
    return rest(exchanger)


def rest(exchanger: Exchanger, running_since: float = np.inf) -> list[Fragment]:
    return list(iter(lambda: exchanger.next(running_since=running_since), None))


def crossing(
    one: Sequence[NDArray[np.float32]], other: Sequence[NDArray[np.float32]], *, away: float = 0.0
) -> list[Fragment]:
    """Two tracks that meet in their middle, of the looks of each frame."""
    middle = len(one) // 2
    return [
        fragment(1, 0.0, one, x=-STEP * middle, speed=STEP * RATE),
        fragment(2, 0.0, other, x=STEP * middle + away, speed=-STEP * RATE),
    ]


def looks(part: Fragment) -> list[list[float]]:
    """The looks that follow each other in a fragment."""
    return [list(key) for key, _ in itertools.groupby(part.embeddings.tolist())]


def test_what_two_tracks_swapped_is_exchanged_where_they_are_nearest() -> None:
    done = exchange(crossing([RED] * 10 + [BLUE] * 11, [BLUE] * 10 + [RED] * 11))
    assert sorted(each.tracks for each in done) == [(1, 2), (2, 1)]
    for each in done:
        assert each.tracklet.frames.tolist() == [*range(21)]
        assert len(looks(each)) == 1


@pytest.mark.parametrize("off", [-2, 0, 3])
def test_every_frame_and_clip_is_in_one_of_the_two(off: int) -> None:
    first, second = crossing(
        [RED] * (10 + off) + [BLUE] * (11 - off), [BLUE] * (10 + off) + [RED] * (11 - off)
    )
    done = exchange([first, second])
    boxes = sorted(np.concatenate([each.tracklet.boxes for each in done]).tolist())
    assert boxes == sorted(np.concatenate([f.tracklet.boxes for f in (first, second)]).tolist())
    assert sum(len(each.clip_weights) for each in done) == 42
    assert all(np.all(np.diff(each.tracklet.frames) > 0) for each in done)


def test_who_only_pass_each_other_stay_as_they_are() -> None:
    tracks = crossing([RED] * 19, [BLUE] * 19)
    assert exchange(tracks) == tracks


def test_who_never_meet_are_not_exchanged() -> None:
    tracks = crossing([RED] * 10 + [BLUE] * 9, [BLUE] * 10 + [RED] * 9, away=500.0)
    assert exchange(tracks) == tracks
    later = fragment(2, 9.0, [BLUE] * 10 + [RED] * 9)
    assert exchange([tracks[0], later]) == [tracks[0], later]


def test_nothing_is_exchanged_when_off_or_without_strangers() -> None:
    tracks = crossing([RED] * 10 + [BLUE] * 9, [BLUE] * 10 + [RED] * 9)
    few = STRANGERS[:49]
    assert exchange(tracks, mode="off") == tracks
    assert exchange(tracks, strangers=few) == tracks
    prior = Calibration("euclidean", STRANGERS)
    assert exchange(tracks, strangers=few, prior=prior) != tracks


@pytest.mark.parametrize("seed", range(40))
def test_the_gain_is_that_of_the_four_distances(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the equation written out, of tracks that are one place each and meet at frame 5."""
    rng = np.random.default_rng(seed)
    a1, a2, b1, b2 = rng.random((4, 3)).astype(np.float32)
    tracks = crossing([a1] * 5 + [a2] * 6, [b1] * 5 + [b2] * 6)
    gain = sum(
        sign * float(np.sqrt(sum((float(x) - float(y)) ** 2 for x, y in zip(p, q, strict=True))))
        for sign, p, q in ((1, a1, a2), (1, b1, b2), (-1, a1, b2), (-1, b1, a2))
    )
    strangers = np.linspace(0.0, 1.0, 101)
    monkeypatch.setitem(exchanging.LARGEST_SHARE, "careful", 1.0)
    assert (exchange(tracks, strangers=strangers) != tracks) == (gain > LEAST_GAIN * 0.5)


def test_parts_that_are_not_alike_stay_apart() -> None:
    """One track went over to the other's person, and the other to somebody new."""
    done = exchange(crossing([RED] * 10 + [GREEN] * 11, [BLUE] * 10 + [RED] * 11))
    assert sorted(each.tracks for each in done) == [(1,), (1, 2), (2,)]
    assert sorted(len(looks(each)) for each in done) == [1, 1, 1]


def test_where_nobody_goes_on_nothing_is_exchanged() -> None:
    """Nearer than before, but like nobody."""
    half = ((RED + GREEN) / 2).astype(np.float32)
    tracks = crossing([RED] * 10 + [BLUE] * 11, [BLUE] * 10 + [half] * 11)
    assert len(exchange(tracks)) == 3
    far = (0.5 * BLUE + 0.5 * GREEN).astype(np.float32)
    tracks = crossing([RED] * 10 + [far] * 11, [BLUE] * 10 + [half] * 11)
    assert exchange(tracks) == tracks


def test_nothing_too_short_or_too_long_comes_of_it() -> None:
    tracks = crossing([RED] * 10 + [GREEN] * 11, [BLUE] * 10 + [RED] * 11)
    assert exchange(tracks, min_frames=12) == tracks
    assert exchange(tracks, min_seconds=1.5) == tracks
    swapped = crossing([RED] * 10 + [BLUE] * 11, [BLUE] * 10 + [RED] * 11)
    apart = exchange(swapped, max_seconds=1.5)
    assert sorted(each.tracks for each in apart) == [(1,), (1,), (2,), (2,)]


def test_of_three_who_swap_one_after_the_other_nobody_is_mixed() -> None:
    n = 60
    # Red goes right and meets blue at frame 20 and green at frame 40, who stand.
    red = fragment(0, 0.0, [RED] * n, x=-8.0 * 20, speed=8.0 * RATE)
    blue, green = fragment(0, 0.0, [BLUE] * n), fragment(0, 0.0, [GREEN] * n, x=8.0 * 20)

    def track(number: int, parts: Sequence[tuple[Fragment, int, int]]) -> Fragment:
        boxes = np.concatenate([part.tracklet.boxes[start:end] for part, start, end in parts])
        rows = np.concatenate([part.embeddings[start:end] for part, start, end in parts])
        whole = fragment(number, 0.0, [*rows])
        return replace(whole, tracklet=replace(whole.tracklet, boxes=boxes))

    tracks = [
        track(1, [(red, 0, 20), (blue, 20, n)]),
        track(2, [(blue, 0, 20), (red, 20, 40), (green, 40, n)]),
        track(3, [(green, 0, 40), (red, 40, n)]),
    ]
    for order in itertools.permutations(tracks):
        done = exchange(order)
        assert all(len(looks(each)) == 1 for each in done)
        assert sum(len(each.clip_weights) for each in done) == 3 * n
        assert len(done) <= 4


def test_a_fragment_waits_for_everybody_whom_it_may_have_met() -> None:
    exchanger = Exchanger(MeanEmbedder(), mode="careful", max_seconds=300, max_crops=16)
    first, second = crossing([RED] * 10 + [BLUE] * 11, [BLUE] * 10 + [RED] * 11)
    exchanger.add(first, strangers=STRANGERS)
    assert rest(exchanger, running_since=2.0) == []
    assert exchanger.running_since(2.5) == 0.0
    exchanger.add(second, strangers=STRANGERS)
    assert len(rest(exchanger, running_since=2.1)) == 2
    assert exchanger.running_since(2.5) == 2.5


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanging, "MOST_WAITING", 3)
    exchanger = Exchanger(MeanEmbedder(), mode="careful", max_seconds=300, max_crops=16)
    done: list[Fragment] = []
    for number in range(9):
        each = fragment(number, number / 10, [RED] * 9, x=500.0 * number)
        exchanger.add(each, strangers=STRANGERS)
        done += rest(exchanger, running_since=0.0)
    assert [each.tracks[0] for each in done] == [*range(6)]
