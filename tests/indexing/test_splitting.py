from __future__ import annotations

import numpy as np
import pytest

from tacan.indexing.splitting import LEAST_CLIPS, LEAST_STRANGERS, split
from tacan.retrieval.calibration import Calibration
from tests.indexing.fragment_data import BLUE, GREEN, RED, MeanEmbedder, fragment

STRANGERS = np.linspace(0.9, 1.5, LEAST_STRANGERS)
"""People who don't look alike are sqrt(2) apart."""


def frames(parts: list) -> list[list[int]]:
    return [part.tracklet.frames.tolist() for part in parts]


def test_a_track_that_goes_over_to_somebody_else_is_split_there() -> None:
    mixed = fragment(1, 0.0, [RED] * 9 + [BLUE] * 5 + [GREEN] * 7)
    parts = split(mixed, MeanEmbedder(), strangers=STRANGERS, mode="careful")
    assert frames(parts) == [[*range(9)], [*range(9, 14)], [*range(14, 21)]]
    assert all(part.tracks == (1,) for part in parts)


@pytest.mark.parametrize("hidden", range(1, LEAST_CLIPS))
def test_a_few_hidden_clips_are_nobody_else(hidden: int) -> None:
    walk = fragment(1, 0.0, [RED] * 9 + [BLUE] * hidden)
    assert split(walk, MeanEmbedder(), strangers=STRANGERS, mode="bold") == [walk]


@pytest.mark.parametrize("border", range(LEAST_CLIPS, 18))
def test_a_short_side_has_to_differ_more_than_half_of_the_walk(border: int) -> None:
    """A few clips that are half hidden are as far from the rest as somebody else is."""
    mixed = fragment(1, 0.0, [RED] * border + [BLUE] * (20 - border))
    parts = split(mixed, MeanEmbedder(), strangers=STRANGERS, mode="careful")
    is_even = 2 * min(border, 20 - border) / 20 * np.sqrt(2) > STRANGERS[2]
    assert len(parts) == (2 if is_even else 1)


def test_nothing_is_split_that_is_nearer_than_strangers_are() -> None:
    rng = np.random.default_rng(0)
    looks = [RED + rng.normal(0, 0.1, 3).astype(np.float32) for _ in range(30)]
    walk = fragment(1, 0.0, looks)
    assert split(walk, MeanEmbedder(), strangers=STRANGERS, mode="bold") == [walk]


def test_without_strangers_only_a_prior_can_tell() -> None:
    mixed = fragment(1, 0.0, [RED] * 9 + [BLUE] * 9)
    few = STRANGERS[:-1]
    assert split(mixed, MeanEmbedder(), strangers=few, mode="careful") == [mixed]
    prior = Calibration("euclidean", STRANGERS)
    assert len(split(mixed, MeanEmbedder(), strangers=few, mode="careful", prior=prior)) == 2
    assert split(mixed, MeanEmbedder(), strangers=STRANGERS, mode="off", prior=prior) == [mixed]


def test_each_part_has_a_picture() -> None:
    whole = fragment(1, 0.0, [RED] * 9 + [BLUE] * 9)
    first = whole.tracklet.crops[:2]
    object.__setattr__(whole.tracklet, "crops", first)
    parts = split(whole, MeanEmbedder(), strangers=STRANGERS, mode="bold")
    assert all(part.tracklet.crops for part in parts)


@pytest.mark.parametrize(("min_frames", "min_seconds"), [(7, 0.0), (1, 0.6)])
def test_no_part_is_too_short_for_a_tracklet(min_frames: int, min_seconds: float) -> None:
    for border in range(3, 18):
        whole = fragment(1, 0.0, [RED] * border + [BLUE] * (20 - border))
        parts = split(
            whole,
            MeanEmbedder(),
            strangers=STRANGERS,
            mode="bold",
            min_frames=min_frames,
            min_seconds=min_seconds,
        )
        assert sum(map(len, frames(parts))) == 20
        for part in parts:
            assert len(part.tracklet) >= min_frames
            assert part.last_seconds - part.first_seconds >= min_seconds - 1e-9
        if 8 <= border <= 12:
            assert frames(parts) == [[*range(border)], [*range(border, 20)]]


@pytest.mark.parametrize(("n_nearer", "n_parts"), [(4, 1), (5, 2)])
def test_the_border_of_the_share(n_nearer: int, n_parts: int) -> None:
    """Two sides are two people where they lie further apart than 4 % of strangers."""
    strangers = np.sort(np.r_[np.full(n_nearer, 1.0), np.full(100 - n_nearer, 2.0)])
    mixed = fragment(1, 0.0, [RED] * 9 + [BLUE] * 9)
    assert len(split(mixed, MeanEmbedder(), strangers=strangers, mode="bold")) == n_parts


@pytest.mark.parametrize(("n_clips", "n_parts"), [(2, 1), (3, 2)])
def test_the_shortest_side(n_clips: int, n_parts: int) -> None:
    mixed = fragment(1, 0.0, [RED] * n_clips + [BLUE] * n_clips)
    assert len(split(mixed, MeanEmbedder(), strangers=STRANGERS, mode="bold")) == n_parts


@pytest.mark.parametrize(("n_strangers", "n_parts"), [(49, 1), (50, 2)])
def test_the_fewest_strangers(n_strangers: int, n_parts: int) -> None:
    mixed = fragment(1, 0.0, [RED] * 9 + [BLUE] * 9)
    strangers = np.full(n_strangers, 0.1)
    assert len(split(mixed, MeanEmbedder(), strangers=strangers, mode="bold")) == n_parts
