from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tacan.clips.split import consecutive_clips
from tacan.video.clip_reservoir import ClipReservoir, ClipShape

H, W = 32, 16


def reservoir(max_clips: int | None = 3, *, height: int = H, width: int = W) -> ClipReservoir:
    return ClipReservoir(ClipShape(clip_len=4, max_clips=max_clips, height=height, width=width))


def show(clips: ClipReservoir, frames: range) -> None:
    for i in frames:
        clips.add(i, np.full((32, 10, 3), i % 256, np.uint8))


def numbers(clips: ClipReservoir) -> list[list[int]]:
    return [[picture.frame for picture in clip] for clip in clips.chosen()]


@given(st.integers(1, 12))
def test_a_short_track_is_embedded_whole(n: int) -> None:
    clips = reservoir(max_clips=3)
    show(clips, range(n))
    oracle = [sorted(set(clip)) for clip in consecutive_clips(n, 4).tolist()]
    assert numbers(clips) == oracle


@given(st.integers(13, 400), st.integers(1, 5))
def test_a_long_track_gives_clips_spread_evenly_in_bounded_memory(n: int, max_clips: int) -> None:
    reserved = reservoir(max_clips=max_clips)
    most = 0
    for i in range(n):
        show(reserved, range(i, i + 1))
        most = max(most, reserved.n_pictures)
    assert most <= 2 * max_clips * 4
    clips = numbers(reserved)
    assert len(clips) == min(max_clips, -(-n // 4))
    assert all(clip == list(range(clip[0], clip[0] + len(clip))) for clip in clips)
    starts = [clip[0] for clip in clips]
    assert starts[0] == 0
    gaps = np.diff(starts)
    assert len(gaps) == 0 or gaps.max() <= 2.5 * gaps.min() + 4
    assert max_clips == 1 or n - starts[-1] <= n / max(max_clips - 1, 1) + 8


def test_all_clips_are_kept_when_asked_for() -> None:
    clips = reservoir(max_clips=None)
    show(clips, range(203))
    assert numbers(clips) == [sorted(set(c)) for c in consecutive_clips(203, 4).tolist()]


def test_pixels_are_the_frames_own_or_the_models_size() -> None:
    clips = reservoir()
    image = np.full((32, 10, 3), 9, np.uint8)
    clips.add(9, image)
    image[:] = 0
    ((picture,),) = clips.chosen()
    assert picture.pixels.shape == (32, 10, 3)
    assert (picture.pixels == 9).all()
    small = reservoir(height=8, width=4)
    show(small, range(9, 10))
    ((picture,),) = small.chosen()
    assert picture.pixels.shape == (8, 4, 3)
    assert (picture.pixels == 9).all()
