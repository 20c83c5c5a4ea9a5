"""The best pictures, spread over time, in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.video.crop_selector import Candidate, CropSelector
from tacan.video.video_records import Crop


def filled(qualities: list[float], count: int) -> tuple[CropSelector, int]:
    """A selector that saw these, and the most candidates that it held at any time."""
    selector, most = CropSelector(count), 0
    for frame, quality in enumerate(qualities):
        if selector.would_keep(quality):
            selector.keep(Candidate(quality, Crop(frame, frame / 10, np.zeros(4, "f4"), b"", 1.0)))
        else:
            selector.skip()
        most = max(most, len(selector._bins))
    return selector, most


@given(st.lists(st.floats(0, 1, allow_nan=False), min_size=1, max_size=200), st.integers(1, 9))
def test_as_many_as_wanted_in_order_and_with_the_very_best(
    qualities: list[float], count: int
) -> None:
    selector, most = filled(qualities, count)
    chosen = selector.chosen()
    frames = [candidate.crop.frame for candidate in chosen]
    assert len(chosen) == min(count, len(qualities)) or count < len(chosen) * 2
    assert len(chosen) <= count
    assert frames == sorted(set(frames))
    assert most <= 2 * count
    assert max(qualities) == max(candidate.quality for candidate in chosen)


def test_choices_are_spread_over_the_whole_time() -> None:
    rising = [frame / 1000 for frame in range(1000)]
    selector, _ = filled(rising, 8)
    frames = [candidate.crop.frame for candidate in selector.chosen()]
    assert len(frames) == 8
    assert frames[0] < 250
    assert frames[-1] > 900
    assert max(np.diff(frames)) < 300


@pytest.mark.parametrize("n", [1, 3, 8])
def test_a_short_track_keeps_everything(n: int) -> None:
    selector, _ = filled([0.5] * n, 8)
    assert [candidate.crop.frame for candidate in selector.chosen()] == list(range(n))


def test_of_equals_the_earlier_stays() -> None:
    selector, _ = filled([0.5] * 64, 2)
    assert selector.chosen()[0].crop.frame == 0
