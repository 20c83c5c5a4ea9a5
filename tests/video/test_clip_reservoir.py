from __future__ import annotations

import numpy as np
import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st

from tacan.clips.split import consecutive_clips
from tacan.video.clip_reservoir import TrackPictures
from tacan.video.records import Crop, Detections, VideoFrame, VideoTracklet

H, W = 32, 16


def keeper(n_clips: int | None = 3, clip_len: int = 4) -> TrackPictures:
    return TrackPictures(clip_len=clip_len, n_clips=n_clips, height=H, width=W, max_gap=1.5)


def box(i: int) -> np.ndarray:
    return np.array([i % 7, 2, i % 7 + 10, 34], np.float32)


def show(pictures: TrackPictures, frames: list[int], *, track: int = 5, size: int = 40) -> None:
    for i in frames:
        image = np.full((size, 60, 3), i % 256, np.uint8)
        found = Detections(box(i)[None], np.ones(1, np.float32))
        pictures.add(VideoFrame(i, i / 10, image), found, np.array([track]))


def ended(frames: list[int], crops: tuple[Crop, ...] = ()) -> VideoTracklet:
    return VideoTracklet(
        number=1,
        frames=np.array(frames, np.int64),
        seconds=np.array(frames) / 10,
        boxes=np.stack([box(i) for i in frames]),
        scores=np.ones(len(frames), np.float32),
        crops=crops,
        quality=0.5,
    )


def numbers(clips) -> list[list[int]]:
    return [[picture.frame for picture in clip] for clip in clips]


@given(st.integers(1, 12))
def test_a_short_track_is_embedded_whole(n: int) -> None:
    frames = list(range(n))
    pictures = keeper(n_clips=3)
    show(pictures, frames)
    clips = numbers(pictures.take(ended(frames)))
    oracle = [sorted(set(clip)) for clip in consecutive_clips(n, 4).tolist()]
    assert clips == oracle


@given(st.integers(13, 400), st.integers(1, 5))
def test_a_long_track_gives_clips_spread_evenly_in_bounded_memory(n: int, n_clips: int) -> None:
    pictures = keeper(n_clips=n_clips)
    most = 0
    for i in range(n):
        show(pictures, [i])
        most = max(most, pictures.n_pictures)
    assert most <= 2 * n_clips * 4
    clips = numbers(pictures.take(ended(list(range(n)))))
    assert len(clips) == min(n_clips, -(-n // 4))
    assert all(clip == list(range(clip[0], clip[0] + len(clip))) for clip in clips)
    starts = [clip[0] for clip in clips]
    assert starts[0] == 0
    gaps = np.diff(starts)
    assert len(gaps) == 0 or gaps.max() <= 2.5 * gaps.min() + 4
    assert n_clips == 1 or n - starts[-1] <= n / max(n_clips - 1, 1) + 8
    assert pictures.n_pictures == 0


def test_all_clips_are_kept_when_asked_for() -> None:
    pictures = keeper(n_clips=None)
    show(pictures, list(range(203)))
    clips = numbers(pictures.take(ended(list(range(203)))))
    assert clips == [sorted(set(c)) for c in consecutive_clips(203, 4).tolist()]


def test_pixels_are_the_frames_own_or_the_models_size() -> None:
    pictures = keeper()
    show(pictures, [9])
    ((picture,),) = pictures.take(ended([9]))
    assert picture.pixels.shape == (32, 10, 3)
    assert (picture.pixels == 9).all()
    big = TrackPictures(clip_len=4, n_clips=3, height=8, width=4, max_gap=1)
    show(big, [9])
    ((picture,),) = big.take(ended([9]))
    assert picture.pixels.shape == (8, 4, 3)
    assert (picture.pixels == 9).all()


def test_a_tracklet_gets_only_its_own_frames() -> None:
    pictures = keeper()
    show(pictures, list(range(10)))
    assert numbers(pictures.take(ended([2, 3, 4, 5, 9]))) == [[2, 3], [4, 5], [9]]


def test_two_tracks_at_once() -> None:
    pictures = keeper()
    boxes = np.stack([box(3), box(3) + np.float32(20)])
    frame = VideoFrame(3, 0.3, np.zeros((60, 60, 3), np.uint8))
    pictures.add(frame, Detections(boxes, np.ones(2, np.float32)), np.array([8, 2]))
    assert pictures.n_pictures == 2
    assert numbers(pictures.take(ended([3]))) == [[3]]
    assert pictures.n_pictures == 1


def test_who_belongs_to_no_track_or_has_left_takes_no_memory() -> None:
    pictures = keeper()
    frame = VideoFrame(0, 0.0, np.zeros((60, 60, 3), np.uint8))
    pictures.add(frame, Detections(box(0)[None], np.ones(1, np.float32)), np.array([-1]))
    assert pictures.n_pictures == 0
    show(pictures, [0, 1, 2], track=1)
    show(pictures, [18], track=2)
    assert pictures.n_pictures == 1


def test_without_pictures_the_stored_crops_are_taken() -> None:
    jpeg = simplejpeg.encode_jpeg(np.full((30, 12, 3), 77, np.uint8), quality=95)
    crops = tuple(Crop(i, i / 10, box(i), jpeg, 1.0) for i in range(6))
    clips = keeper().take(ended([1, 2], crops))
    assert numbers(clips) == [[0, 1, 2, 3], [4, 5]]
    assert np.abs(clips[0][0].pixels.astype(int) - 77).max() <= 2


@pytest.mark.parametrize("bad", [[5, 5, 5, 30], [200, 5, 210, 30], [-20, 5, -3, 30]])
def test_boxes_outside_the_frame_are_nobody(bad: list[int]) -> None:
    pictures = keeper()
    frame = VideoFrame(0, 0.0, np.zeros((60, 60, 3), np.uint8))
    boxes = np.array([bad], np.float32)
    pictures.add(frame, Detections(boxes, np.ones(1, np.float32)), np.array([1]))
    assert pictures.n_pictures == 0
