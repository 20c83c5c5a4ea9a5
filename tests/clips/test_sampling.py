from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.clips.sampling import SAMPLINGS, consecutive, find_sampling, segments, strided
from tacan.errors import ConfigError, DataError

sizes = st.tuples(
    st.integers(1, 120), st.integers(1, 8), st.integers(1, 6), st.integers(0, 2**32 - 1)
)


@pytest.mark.parametrize("name", SAMPLINGS)
@given(sizes)
def test_every_sampling_gives_m_ordered_clips_of_the_tracklet(
    name: str, size: tuple[int, int, int, int]
) -> None:
    n_frames, clip_len, n_clips, seed = size
    clips = SAMPLINGS[name](n_frames, clip_len, n_clips, np.random.default_rng(seed))
    again = SAMPLINGS[name](n_frames, clip_len, n_clips, np.random.default_rng(seed))
    assert clips.dtype == np.int64
    assert clips.shape == (n_clips, clip_len)
    assert clips.min() >= 0
    assert clips.max() < n_frames
    assert (np.diff(clips[:, 0]) >= 0).all()
    np.testing.assert_array_equal(clips, again)
    if n_frames >= clip_len:
        assert (np.diff(clips, axis=1) > 0).all()
    else:
        filled = [i % n_frames for i in range(clip_len)]
        assert clips.tolist() == [filled] * n_clips


@given(sizes)
def test_consecutive_clips_overlap_only_where_they_must(size: tuple[int, int, int, int]) -> None:
    n_frames, clip_len, n_clips, seed = size
    clips = consecutive(n_frames, clip_len, n_clips, np.random.default_rng(seed))
    if n_frames >= clip_len:
        assert (np.diff(clips, axis=1) == 1).all()
    if n_frames >= n_clips * clip_len:
        assert len(set(clips.ravel().tolist())) == n_clips * clip_len
    elif n_frames - clip_len + 1 >= n_clips:
        assert len(set(clips[:, 0].tolist())) == n_clips


def test_consecutive_reaches_every_placement_equally_often() -> None:
    rng = np.random.default_rng(0)
    drawn = Counter(tuple(consecutive(7, 2, 2, rng)[:, 0].tolist()) for _ in range(4000))
    placements = {(a, b) for a, b in itertools.combinations(range(6), 2) if b - a >= 2}
    assert set(drawn) == placements
    # Four standard deviations around the mean of a binomial distribution.
    mean = 4000 / len(placements)
    assert all(abs(count - mean) < 4 * np.sqrt(mean) for count in drawn.values())


def test_consecutive_repeats_starts_only_when_all_were_taken() -> None:
    clips = consecutive(5, 4, 5, np.random.default_rng(0))
    assert sorted(Counter(clips[:, 0].tolist()).values()) == [2, 3]


@given(sizes)
def test_strided_has_one_stride_and_spans_the_tracklet(size: tuple[int, int, int, int]) -> None:
    n_frames, clip_len, n_clips, seed = size
    clips = strided(n_frames, clip_len, n_clips, np.random.default_rng(seed))
    if n_frames >= clip_len:
        stride = n_frames // clip_len
        assert (np.diff(clips, axis=1) == stride).all()
        assert len(set(clips[:, 0].tolist())) == min(n_clips, n_frames - stride * (clip_len - 1))


def test_strided_reaches_the_first_and_the_last_frame() -> None:
    rng = np.random.default_rng(0)
    seen = {i for _ in range(50) for i in strided(11, 4, 1, rng).ravel().tolist()}
    assert seen == set(range(11))


@given(sizes)
def test_segments_takes_one_clip_from_each(size: tuple[int, int, int, int]) -> None:
    n_frames, clip_len, n_clips, seed = size
    clips = segments(n_frames, clip_len, n_clips, np.random.default_rng(seed))
    if n_frames < clip_len:
        return
    assert (np.diff(clips, axis=1) == 1).all()
    for i, clip in enumerate(clips):
        first, last = i * n_frames // n_clips, (i + 1) * n_frames // n_clips - 1
        if last - first + 1 >= clip_len:
            assert first <= clip[0]
            assert clip[-1] <= last
        elif last >= first:
            assert clip[0] <= first
            assert clip[-1] >= last


def test_segments_are_random_within_their_bounds() -> None:
    rng = np.random.default_rng(0)
    starts = np.array([segments(20, 4, 2, rng)[:, 0] for _ in range(200)])
    assert set(starts[:, 0].tolist()) == set(range(7))
    assert set(starts[:, 1].tolist()) == set(range(10, 17))


def test_unknown_sampling_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="consecutive, strided, segments; got 'dense'"):
        find_sampling("dense")


@pytest.mark.parametrize("name", SAMPLINGS)
def test_bad_sizes_are_refused(name: str) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="at least one frame"):
        SAMPLINGS[name](0, 4, 4, rng)
    with pytest.raises(ConfigError, match="n_clips must be at least 1"):
        SAMPLINGS[name](10, 4, 0, rng)
