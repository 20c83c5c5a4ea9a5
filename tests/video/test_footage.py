"""The whole road from real footage to tracklets, against what people counted and labelled."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tacan.video.matching import Track, match_tracks
from tacan.video.mot import open_precomputed_tracks
from tacan.video.tracklet_settings import TrackletSettings
from tacan.video.tracklets import find_tracklets
from tacan.video.video_records import VideoTracklet

pytestmark = [pytest.mark.data, pytest.mark.slow]


def tracklets(
    path: Path, weights: Path, *, stride: int, tiles: tuple[int, int] | None = None
) -> list[VideoTracklet]:
    settings = TrackletSettings(detector=f"yolox:{weights}", stride=stride, tiles=tiles)
    return list(find_tracklets(path, settings))


def test_six_people_one_after_another_are_six_tracklets(shared_data: Path) -> None:
    video = shared_data / "videos" / "one_by_one" / "one-by-one-person-detection.mp4"
    found = tracklets(video, shared_data / "weights" / "yolox_nano.onnx", stride=2)
    assert [tracklet.number for tracklet in found] == [1, 2, 3, 4, 5, 6]
    for left, right in pairwise(found):
        assert left.frames[-1] < right.frames[0]
    assert all(len(tracklet.crops) == 16 for tracklet in found)


@pytest.mark.parametrize("camera", [1, 2])
def test_most_labelled_tracklets_of_a_campus_are_found(shared_data: Path, camera: int) -> None:
    folder = shared_data / "videos" / "campus_two_camera"
    found = tracklets(
        folder / f"caesar_cam{camera}.mp4",
        shared_data / "weights" / "yolox_nano.onnx",
        stride=4,
        tiles=(1, 2),
    )
    labelled = open_precomputed_tracks(folder / "labels.json", camera=str(camera)).tracks()
    matching = match_tracks(
        list(labelled.values()), [Track(each.frames, each.boxes) for each in found]
    )
    assert matching.coverage >= 0.85
    heights = [float(np.median(t.boxes[:, 3] - t.boxes[:, 1])) for t in found]
    assert min(heights) >= 32
