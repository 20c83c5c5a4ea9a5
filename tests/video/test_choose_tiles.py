"""Tiles are chosen where people are too small for the detector, and not otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tacan.video.choose_tiles import FIRST_SECONDS, TRIED, choose_tiles
from tacan.video.decode import open_video
from tacan.video.detection_source import DetectorSource, open_tiles, settle_tiles
from tacan.video.encode import write_video
from tacan.video.masked_source import MaskedSource
from tacan.video.regions import read_regions
from tacan.video.tracklet_settings import TrackletSettings
from tacan.video.tracklets import find_tracklets
from tacan.video.video_records import Detections
from tests.indexing.scenes import BlockDetector

WIDTH, HEIGHT, FPS = 320, 192, 5


class CoarseDetector(BlockDetector):
    """Sees every picture 320 pixels wide, and then no block that is lower than 42 pixels."""

    input_side = 320
    LEAST = 42

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, tiles: bool = False
    ) -> list[Detections]:
        found = []
        for image in images:
            scale = self.input_side / image.shape[1]
            resized = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            [seen] = super().detect([resized.astype(np.uint8)])
            seen = seen.chosen(seen.boxes[:, 3] - seen.boxes[:, 1] >= self.LEAST)
            found.append(Detections(seen.boxes / np.float32(scale), seen.scores))
        return found


def write_people(
    path: Path, *, tall: int, from_frame: int = 0, n_frames: int = 40, n_people: int = 2
) -> Path:
    """People who walk past each other, `tall` pixels high."""
    frames = []
    for t in range(n_frames):
        frame = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
        if t >= from_frame:
            for person, x in enumerate((10 + 4 * t, 280 - 4 * t)[:n_people]):
                y = 20 + max(tall + 20, 70) * person
                frame[y : y + tall, x : x + max(tall // 3, 8)] = (230, 40 + 100 * person, 40)
        frames.append(frame)
    return write_video(path, frames, fps=FPS, size=(WIDTH, HEIGHT))


@pytest.mark.parametrize(("tall", "tiles"), [(32, TRIED), (60, TRIED), (70, None)])
def test_small_people_ask_for_tiles_and_large_ones_do_not(
    tmp_path: Path, tall: int, tiles: tuple[int, int] | None
) -> None:
    with open_video(write_people(tmp_path / "a.mp4", tall=tall)) as video:
        detector = CoarseDetector()
        choice = choose_tiles(video, detector, threshold=0.4)
        assert choice.tiles == tiles
        assert "from the beginning" in choice.text
        assert "\n" not in choice.text
        assert choice == choose_tiles(video, detector, threshold=0.4)


@pytest.mark.parametrize(("input_side", "tiles"), [(320, None), (160, TRIED)])
def test_small_is_what_is_small_for_the_detector(
    tmp_path: Path, input_side: int, tiles: tuple[int, int] | None
) -> None:
    detector = BlockDetector()
    detector.input_side = input_side
    with open_video(write_people(tmp_path / "a.mp4", tall=70)) as video:
        choice = choose_tiles(video, detector, threshold=0.4)
    assert choice.tiles == tiles
    assert f"of {input_side}" in choice.text
    assert ("--tiles none looks for people 5 times as fast" in choice.text) == (tiles is not None)


def test_pieces_of_a_large_body_are_no_small_people(tmp_path: Path) -> None:
    """Tiles see an arm or a head of somebody whom the whole frame shows."""
    with open_video(write_people(tmp_path / "a.mp4", tall=150, n_people=1)) as video:
        choice = choose_tiles(video, BlockDetector(), threshold=0.4)
    assert choice.tiles is None


class SurerInTiles(BlockDetector):
    """Is sure of everybody in a tile, and of some in the whole frame."""

    def __init__(self, *, input_side: int, whole_scores: Sequence[float]) -> None:
        super().__init__()
        self.input_side = input_side
        self._scores = np.array(whole_scores, np.float32)

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, tiles: bool = False
    ) -> list[Detections]:
        if tiles:
            return super().detect(images, tiles=True)
        found = super().detect(images)
        return [Detections(seen.boxes, self._scores[: len(seen.boxes)]) for seen in found]


@pytest.mark.parametrize(
    ("input_side", "whole_scores", "tiles"),
    [
        (640, (0.9, 0.45), TRIED),
        (640, (0.9, 0.5), None),
        (816, (0.9, 0.45), TRIED),
        (832, (0.9, 0.45), None),
    ],
)
def test_people_in_between_ask_for_tiles_that_are_surer_of_them(
    tmp_path: Path, input_side: int, whole_scores: Sequence[float], tiles: tuple[int, int] | None
) -> None:
    detector = SurerInTiles(input_side=input_side, whole_scores=whole_scores)
    with open_video(write_people(tmp_path / "a.mp4", tall=50)) as video:
        choice = choose_tiles(video, detector, threshold=0.4)
    assert choice.tiles == tiles
    assert "surely" in choice.text


def test_nobody_at_all_needs_no_tiles(tmp_path: Path) -> None:
    with open_video(write_people(tmp_path / "a.mp4", tall=32, from_frame=40)) as video:
        choice = choose_tiles(video, CoarseDetector(), threshold=0.4)
    assert choice.tiles is None
    assert "show nobody" in choice.text


def test_only_the_first_seconds_are_looked_at(tmp_path: Path) -> None:
    path = write_people(tmp_path / "a.mp4", tall=32, from_frame=310, n_frames=320)
    detector = CoarseDetector()
    with open_video(path) as video:
        choice = choose_tiles(video, detector, threshold=0.4)
    assert choice.tiles is None
    assert "nobody" in choice.text
    assert detector.calls == (int(FIRST_SECONDS) + 1) * 5


def test_tracklets_are_found_with_the_tiles_that_are_chosen(tmp_path: Path) -> None:
    path = write_people(tmp_path / "a.mp4", tall=32)
    settings = TrackletSettings(min_height=16)
    assert not list(find_tracklets(path, settings, source=DetectorSource(CoarseDetector())))
    source = DetectorSource(CoarseDetector(), tiles_open=True)
    assert len(list(find_tracklets(path, settings, source=source))) == 2
    with open_video(path) as video:
        settled, choice = settle_tiles(source, video, settings)
        assert choice is not None
        assert settle_tiles(settled, video, settings) == (settled, None)
    assert settled.fingerprint != source.fingerprint


def test_tiles_are_chosen_behind_a_mask_as_well(tmp_path: Path) -> None:
    source = DetectorSource(CoarseDetector(), tiles_open=True)
    everywhere = read_regions(_white_picture(tmp_path / "mask.png"))
    with open_video(write_people(tmp_path / "a.mp4", tall=32)) as video:
        settled, choice = settle_tiles(MaskedSource(source, everywhere), video, TrackletSettings())
        assert isinstance(settled, MaskedSource)
        assert choice is not None
        assert choice.tiles == TRIED
        assert open_tiles(settled) is None


def _white_picture(path: Path) -> Path:
    cv2.imwrite(str(path), np.full((HEIGHT, WIDTH), 255, np.uint8))
    return path
