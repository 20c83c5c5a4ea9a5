"""A track is still if its box stays and nothing in it moves for longer than people hold still."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tacan.video import stillness
from tacan.video.stillness import LEAST_SECONDS, StillnessWatch
from tacan.video.tracklet_builder import TrackletBuilder
from tacan.video.video_records import Detections, VideoFrame

FPS = 10
BOX = np.array([40, 20, 80, 120], np.float32)
Change = Callable[[NDArray[np.float64], int], None]
"""Changes the picture float64 [140, 160, 3] of a frame."""


def is_still(
    change: Change = lambda *_: None,
    *,
    seconds: float = 8.0,
    jitter: float = 1.0,
    walk: float = 0.0,
    seed: int = 0,
) -> bool:
    """Of a track before a noisy camera, in a box that the detector finds a little elsewhere."""
    rng = np.random.default_rng(seed)
    scene = rng.uniform(0, 255, (140, 160, 3))
    watch = StillnessWatch(BOX)
    for frame in range(int(seconds * FPS) + 1):
        image = scene + rng.normal(0, 6, scene.shape)
        change(image, frame)
        box = BOX + rng.normal(0, jitter, 4).astype(np.float32) + walk * frame
        watch.add(image.clip(0, 255).astype(np.uint8), box.astype(np.float32), frame / FPS)
    return watch.is_still()


def nods(image: NDArray[np.float64], frame: int) -> None:
    """A head of a tenth of the body turns to and fro."""
    x = 56 + 4 * (frame // 7 % 2)
    image[24:34, x : x + 8] = 30


def light_changes(image: NDArray[np.float64], frame: int) -> None:
    image *= 0.8
    image += 20 * np.sin(frame / 9)


def somebody_passes(image: NDArray[np.float64], frame: int) -> None:
    if 20 <= frame < 26:
        image[:, 20 * (frame - 20) :][:, :40] = 200


@pytest.mark.parametrize("change", [lambda *_: None, light_changes, somebody_passes])
@pytest.mark.parametrize("seconds", [LEAST_SECONDS, 15.0])
def test_a_thing_is_still(change: Change, seconds: float) -> None:
    assert is_still(change, seconds=seconds)


def test_a_person_is_not() -> None:
    assert not is_still(nods)
    assert not is_still(nods, seconds=15.0)
    assert not is_still(walk=0.8)
    assert not is_still(jitter=20.0)
    assert not is_still(seconds=LEAST_SECONDS - 0.2)


def test_memory_is_bounded_and_no_time_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stillness, "_MOST_PICTURES", 8)
    assert is_still(seconds=25.0)

    def late(image: NDArray[np.float64], frame: int) -> None:
        if frame > 200:
            image[60:90, 50:70] = 250

    assert not is_still(late, seconds=25.0)


def test_a_tracklet_says_whether_it_was_still() -> None:
    scene = np.random.default_rng(1).integers(0, 255, (140, 160, 3), dtype=np.uint8)
    for tracks, expected in (([5], [True]), ([5, 9], [True, False])):
        builder = TrackletBuilder()
        done = []
        for frame in range(80):
            boxes = np.stack([BOX, BOX + np.float32(0.5 * frame)])[: len(tracks)]
            found = Detections(boxes, np.full(len(tracks), 0.8, np.float32))
            done += builder.add(
                VideoFrame(frame, frame / FPS, scene), found, np.array(tracks, np.int64)
            )
        assert [tracklet.is_still for tracklet in done + builder.flush()] == expected


@pytest.mark.parametrize(("seconds", "still"), [(4.9, False), (5.0, True)])
def test_the_shortest_time_of_a_thing(seconds: float, still: bool) -> None:
    assert is_still(seconds=seconds) is still


@pytest.mark.parametrize(("shift", "still"), [(25.0, True), (25.5, False)])
def test_the_border_of_a_box_that_stays(shift: float, still: bool) -> None:
    """A quarter of its height, which is 100 pixels."""
    watch = StillnessWatch(BOX)
    for frame in range(60):
        box = BOX + np.array([shift, 0, shift, 0], np.float32) * (frame > 30)
        watch.add(np.full((140, 160, 3), 90, np.uint8), box.astype(np.float32), frame / FPS)
    assert watch.is_still() is still


@pytest.mark.parametrize(("levels", "still"), [(15, True), (17, False)])
def test_the_border_of_what_changes(levels: int, still: bool) -> None:
    """A sixteenth of the picture changes in every fifth of them: by 15/16 of `levels`, since the
    mean of all changes with it."""
    watch = StillnessWatch(BOX)
    for frame in range(60):
        image = np.full((140, 160, 3), 90, np.uint8)
        image[45:70, 50:60] += levels * (frame // 2 % 5 == 0)
        watch.add(image, BOX, frame / FPS)
    assert watch.is_still() is still
