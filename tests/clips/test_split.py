from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.clips.split import consecutive_clips, fill_clip
from tacan.errors import ConfigError, DataError


def naive_clips(n_frames: int, clip_len: int) -> list[list[int]]:
    clips = []
    for start in range(0, n_frames, clip_len):
        own = list(range(start, min(start + clip_len, n_frames)))
        clips.append([own[i % len(own)] for i in range(clip_len)])
    return clips


@given(st.integers(1, 300), st.integers(1, 20))
def test_equals_the_naive_loop(n_frames: int, clip_len: int) -> None:
    clips = consecutive_clips(n_frames, clip_len)
    assert clips.dtype == np.int64
    assert clips.tolist() == naive_clips(n_frames, clip_len)
    assert set(clips.ravel().tolist()) == set(range(n_frames))


@pytest.mark.parametrize(
    ("n_frames", "clips"),
    [
        (1, [[0, 0, 0, 0]]),
        (3, [[0, 1, 2, 0]]),
        (4, [[0, 1, 2, 3]]),
        (5, [[0, 1, 2, 3], [4, 4, 4, 4]]),
        (10, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 8, 9]]),
    ],
)
def test_fills_the_last_clip_by_its_own_frames(n_frames: int, clips: list[list[int]]) -> None:
    assert consecutive_clips(n_frames, 4).tolist() == clips


def test_longest_mars_tracklet_gives_230_clips() -> None:
    assert len(consecutive_clips(920, 4)) == 230


def test_fill_uses_frames_as_equally_as_it_can() -> None:
    counts = np.bincount(fill_clip(np.arange(3), 8))
    assert counts.tolist() == [3, 3, 2]


def test_refuses_a_tracklet_without_frames() -> None:
    with pytest.raises(DataError, match="at least one frame"):
        consecutive_clips(0, 4)


def test_refuses_an_empty_clip() -> None:
    with pytest.raises(ConfigError, match="clip_len must be at least 1; got 0"):
        consecutive_clips(4, 0)
