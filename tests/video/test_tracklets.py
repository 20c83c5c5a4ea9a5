"""The way from a video to its tracklets as one call."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tacan.errors import VideoError
from tacan.video.clip_reservoir import ClipShape
from tacan.video.decode import open_video
from tacan.video.detection_cache import DetectionCache
from tacan.video.detection_source import DetectorSource
from tacan.video.pipeline import Pipeline
from tacan.video.tracklet_settings import TrackletSettings
from tacan.video.tracklets import find_tracklets, follow
from tacan.video.video_records import Detections, Tick, VideoFrame
from tests.indexing.conftest import video
from tests.indexing.scenes import BlockDetector

SHAPE = ClipShape(clip_len=4, max_clips=4, height=32, width=16)


def ours() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("tacan-")]


def test_five_people_one_after_another(video: Path) -> None:
    seen: list[int] = []
    tracklets = list(
        find_tracklets(
            video,
            source=DetectorSource(BlockDetector()),
            clips=SHAPE,
            on_frame=lambda found: seen.append(found.frame.index),
        )
    )
    assert seen == list(range(120))
    assert [t.number for t in tracklets] == [1, 2, 3, 4, 5]
    for tracklet in tracklets:
        frames = {picture.frame for clip in tracklet.clips for picture in clip}
        assert frames <= set(tracklet.frames.tolist())
        assert 0 < tracklet.n_pictures <= 16
        assert tracklet.crops
    assert ours() == []


def test_tracklets_come_out_as_they_end_and_an_early_stop_leaves_no_thread(video: Path) -> None:
    seen: list[int] = []
    found = find_tracklets(
        video,
        source=DetectorSource(BlockDetector()),
        on_frame=lambda found: seen.append(found.frame.index),
    )
    first = next(found)
    assert first.number == 1
    assert seen[-1] < 119
    found.close()
    assert ours() == []


def test_a_video_is_followed_to_the_last_second_asked_for(video: Path) -> None:
    seen: list[float] = []
    found = find_tracklets(
        video,
        TrackletSettings(stride=2),
        source=DetectorSource(BlockDetector()),
        last_seconds=5.0,
        on_frame=lambda found: seen.append(found.frame.seconds),
    )
    numbers = [tracklet.number for tracklet in found]
    assert numbers == list(range(1, len(numbers) + 1))
    assert seen[-1] == pytest.approx(5.0)


def test_the_cache_answers_for_the_detector_and_gives_the_same_tracklets(video: Path) -> None:
    blocks: list[tuple[int, bytes]] = []
    detector = BlockDetector()
    cache = DetectionCache([], lambda first, data: blocks.append((first, data)))
    first = list(find_tracklets(video, source=DetectorSource(detector), cache=cache))
    assert detector.calls == 120
    # What was stored after the first block is lost: the rest is looked at again.
    half = DetectionCache(blocks[:1], lambda first, data: None)
    again = list(find_tracklets(video, source=DetectorSource(detector), cache=half))
    assert 120 < detector.calls < 240
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.boxes, other.boxes)
        assert [c.jpeg for c in one.crops] == [c.jpeg for c in other.crops]


def test_the_stages_of_a_pipeline_that_was_given(video: Path) -> None:
    with Pipeline() as pipeline:
        found = find_tracklets(video, source=DetectorSource(BlockDetector()), pipeline=pipeline)
        assert len(list(pipeline.spawn("tracking", found))) == 5
    assert set(pipeline.seconds) == {"tracking", "decode", "detection"}
    assert all(seconds > 0 for seconds in pipeline.seconds.values())


def test_what_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"none\.mp4"):
        next(find_tracklets(tmp_path / "none.mp4", source=DetectorSource(BlockDetector())))


class CrowdDetector(BlockDetector):
    """Finds `n_people` in every frame."""

    def __init__(self, n_people: int) -> None:
        super().__init__()
        self._n_people = n_people

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, tiles: bool = False
    ) -> list[Detections]:
        boxes = np.tile(np.array([[1, 1, 20, 60]], np.float32), (self._n_people, 1))
        return [Detections(boxes, np.full(len(boxes), 0.9, np.float32)) for _ in images]


def test_a_detector_that_finds_too_many(video: Path) -> None:
    found = find_tracklets(video, source=DetectorSource(CrowdDetector(1001)), last_seconds=1.0)
    with pytest.raises(VideoError, match=r"at most 1,000 detections; got 1,001 in frame 0"):
        list(found)
    assert ours() == []


class HoledVideo:
    """The frames of another video, of which those after the first `n_before`, when two people are
    in sight, come later."""

    def __init__(self, path: Path, *, n_before: int, hole: float) -> None:
        self._inner = open_video(path)
        self.path, self.fps = path, self._inner.fps
        self._n_before, self._hole = n_before, hole

    def frames(self, *, stride: int = 1, first: int = 0) -> Iterator[VideoFrame]:
        for frame in self._inner.frames(stride=stride, first=first):
            late = self._hole if frame.index >= self._n_before else 0.0
            yield VideoFrame(frame.index, frame.seconds + late, frame.image)


@pytest.mark.parametrize(("hole", "n_walks"), [(0.9, 5), (1.1, 7), (60.0, 7)])
def test_nobody_is_followed_over_a_hole_in_the_video(
    hole: float, n_walks: int, video: Path
) -> None:
    holed: Any = HoledVideo(video, n_before=36, hole=hole)
    settings = TrackletSettings(detector="blocks", tiles=None, max_lost_seconds=1.0, min_frames=2)
    tracklets = list(find_tracklets(holed, settings, source=DetectorSource(BlockDetector())))
    assert len(tracklets) == n_walks


def test_ticks_tell_how_far_the_video_is_and_who_still_runs(video: Path) -> None:
    source = DetectorSource(BlockDetector())
    with open_video(video) as opened, Pipeline() as pipeline:
        found = list(
            follow(opened, TrackletSettings(), source=source, pipeline=pipeline, tick_seconds=1.0)
        )
    ticks = [each for each in found if isinstance(each, Tick)]
    assert len(ticks) == 11
    for place, each in enumerate(found):
        if isinstance(each, Tick):
            later = [t for t in found[place:] if not isinstance(t, Tick)]
            assert all(t.seconds[0] >= each.running_since for t in later)
    assert not any(
        isinstance(each, Tick)
        for each in find_tracklets(video, source=DetectorSource(BlockDetector()))
    )
