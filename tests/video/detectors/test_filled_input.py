"""Networks that see the part of their input that a picture fills, where they can."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tacan.runtimes.network import Runtime
from tacan.video.boxes import ious
from tacan.video.decode import open_video
from tacan.video.detectors import network_detector
from tacan.video.detectors.network_detector import (
    FilledDetector,
    NetworkDetector,
    open_network_detector,
)
from tacan.video.detectors.yolox import grid_cells
from tests.video.detectors.graphs import write_cells

HEIGHT, WIDTH = 256, 320
RUNTIMES = ["onnx", "openvino", "opencv"]


def opened(file: Path, runtime: Runtime = "onnx") -> NetworkDetector | FilledDetector:
    return open_network_detector(file, runtime, threshold=0.3, size=(HEIGHT, WIDTH))[0]


def filled(file: Path, runtime: Runtime = "onnx") -> FilledDetector:
    found = opened(file, runtime)
    assert isinstance(found, FilledDetector)
    return found


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("shape", [(160, 320), (90, 160), (256, 192), (512, 100)])
def test_cells_away_from_the_border_answer_as_in_the_whole_input(
    shape: tuple[int, int], runtime: Runtime, tmp_path: Path
) -> None:
    """Each cell of this network sees the cells next to it, and no further."""
    detector = filled(write_cells(tmp_path / "a.onnx"), runtime)
    image = picture(*shape)
    part = detector.filled_by(image).network
    assert part.height * part.width < 0.8 * HEIGHT * WIDTH
    (there,) = detector.whole.answers(image)[0].values()
    (here,) = detector.filled_by(image).answers(image)[0].values()
    cells, strides = grid_cells(WIDTH, HEIGHT)
    inside = ((cells + 1) * strides <= [part.width, part.height]).all(axis=1)
    assert inside.sum() == here.shape[1]
    away = ((cells + 2) * strides <= [part.width, part.height]).all(axis=1)
    np.testing.assert_allclose(here[0, away[inside]], there[0, away], atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_boxes_away_from_the_border_are_those_of_the_whole_input(
    runtime: Runtime, tmp_path: Path
) -> None:
    detector = filled(write_cells(tmp_path / "a.onnx"), runtime)
    image = picture(320, 640)
    found, expected = detector.detect_one(image), detector.whole.detect_one(image)
    upper = expected.boxes[:, 3] < 160
    assert upper.sum() > 10
    best = ious(expected.boxes[upper, None], found.boxes[None]).max(axis=1)
    np.testing.assert_allclose(best, 1, atol=1e-3)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("how", ["stated", "decoded", "upside_down"])
def test_a_network_of_one_size_alone_sees_all_of_its_input(
    how: str, runtime: Runtime, tmp_path: Path
) -> None:
    """It states how many cells there are, or where they are, or tells of other cells elsewhere."""
    if (how, runtime) == ("upside_down", "opencv"):
        pytest.skip("OpenCV can't run it")
    kinds = {"open_cells": how != "stated", "decoded": how == "decoded"}
    kinds["upside_down"] = how == "upside_down"
    detector = opened(write_cells(tmp_path / "a.onnx", **kinds), runtime)
    assert isinstance(detector, NetworkDetector)
    assert not detector.fingerprint.endswith(":filled")
    detector.detect_one(picture(100, 320))


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_a_network_of_any_size_with_its_picture_in_the_middle(
    runtime: Runtime, tmp_path: Path
) -> None:
    shape = ("n", 3, "h", "w")
    detector = filled(write_cells(tmp_path / "a.onnx", shape=shape, table=True), runtime)
    image = picture(300, 640)
    part = detector.filled_by(image)
    assert (part.network.height, part.network.width) == (320, 640)
    (there,), (here,) = (each.answers(image)[0].values() for each in (detector.whole, part))
    cells, strides = grid_cells(640, 640)
    rows = (cells * strides)[:, 1]
    inside = (rows >= 160) & (rows < 480)
    away = (rows >= 192) & (rows < 448)
    np.testing.assert_allclose(here[0, :, away[inside]], there[0, :, away], atol=1e-5)


def test_the_fingerprint_says_so(tmp_path: Path) -> None:
    detector = filled(write_cells(tmp_path / "a.onnx"))
    assert detector.fingerprint == f"{detector.whole.fingerprint}:filled"
    assert detector.input_side == WIDTH


def test_networks_are_opened_once_for_a_size_and_the_latest_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[object] = []
    really = network_detector.open_detection_network

    def counted(*args: object, size: object, **how: object) -> object:
        sizes.append(size)
        return really(*args, size=size, **how)

    monkeypatch.setattr(network_detector, "open_detection_network", counted)
    detector = filled(write_cells(tmp_path / "a.onnx", shape=(1, 3, 640, 640)))
    sizes.clear()
    pictures = [picture(32 * rows, 640) for rows in range(1, 9)]
    alone = [detector.detect_one(image) for image in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(detector.detect_one, pictures * 3))
    for one, other in zip(alone * 3, together, strict=True):
        np.testing.assert_array_equal(one.boxes, other.boxes)
    assert sizes == [(32 * rows, 640) for rows in range(1, 9)]
    detector.detect_one(picture(288, 640))
    detector.detect_one(pictures[7])
    assert len(sizes) == 9
    detector.detect_one(pictures[0])
    assert sizes[9:] == [(32, 640)]


def test_a_picture_of_the_inputs_own_shape_needs_no_other_network(tmp_path: Path) -> None:
    detector = filled(write_cells(tmp_path / "a.onnx"))
    assert detector.filled_by(picture(HEIGHT * 2, WIDTH * 2)) is detector.whole


@pytest.mark.data
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_real_network_finds_the_same_people(shared_data: Path, runtime: Runtime) -> None:
    file = shared_data / "weights" / "yolox_nano.onnx"
    video_file = shared_data / "videos" / "campus_two_camera" / "caesar_cam1.mp4"
    detector, name = open_network_detector(file, runtime, threshold=0.4, size=(416, 416))
    assert name.endswith(":filled")
    with open_video(video_file) as video:
        image = next(video.frames(first=100)).image
    part = detector.filled_by(image).network
    assert (part.height, part.width) == (320, 416)
    found, expected = detector.detect_one(image), detector.whole.detect_one(image)
    sure = expected.scores > 0.5
    assert sure.sum() > 2
    assert ious(expected.boxes[sure, None], found.boxes[None]).max(axis=1).min() > 0.9
