"""Detectors by name."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import DetectorError
from tacan.video.detect import (
    DETECTORS,
    INPUT_SIDE,
    ImageDetector,
    ThreadedDetector,
    open_detector,
)
from tacan.video.video_records import Detections
from tests.video.detectors.graphs import HEIGHT, WIDTH, write_graph, yolox_rows


class Counting:
    """Answers the mean of the image as the score, the slower the darker it is."""

    def detect_one(self, image: np.ndarray) -> Detections:
        time.sleep(0.02 * (1 - image.mean() / 255))
        score = np.array([image.mean() / 255], np.float32)
        return Detections(np.array([[0, 0, 1, 1]], np.float32), score)


def test_answers_come_in_the_order_of_the_images() -> None:
    detector = ThreadedDetector(Counting(), name="x", fingerprint="y", threads=3)
    shades = [0, 255, 50, 200, 100]
    found = detector.detect([np.full((4, 4, 3), shade, np.uint8) for shade in shades])
    assert [float(f.scores[0]) * 255 for f in found] == pytest.approx(shades, abs=1e-3)
    assert detector.detect([]) == []


def test_tiles_are_looked_at_as_the_detector_wants() -> None:
    class Apart(Counting):
        def detect_tile(self, image: np.ndarray) -> Detections:
            return super().detect_one(image).chosen(np.zeros(1, bool))

    image = np.full((4, 4, 3), 255, np.uint8)
    for kind, n_in_tile in ((Counting, 1), (Apart, 0)):
        detector = ThreadedDetector(kind(), name="x", fingerprint="y", threads=1)
        assert [len(found) for found in detector.detect([image])] == [1]
        assert [len(found) for found in detector.detect([image], tiles=True)] == [n_in_tile]


def test_a_single_thread_is_the_callers() -> None:
    """A detector that is kept for the next picture leaves no thread behind."""
    before = set(threading.enumerate())
    detector = ThreadedDetector(Counting(), name="x", fingerprint="y", threads=1)
    assert len(detector.detect([np.zeros((4, 4, 3), np.uint8)] * 2)) == 2
    assert set(threading.enumerate()) <= before


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A detector that sees nobody, as the specification of one."""
    return f"onnx:{write_graph(tmp_path / 'a.onnx', {'output': yolox_rows()})}"


def test_a_detector_says_what_size_it_sees_or_a_usual_one_is_taken(file: str) -> None:
    class Sized(Counting):
        input_side = 416

    def side(detector: ImageDetector) -> int:
        return ThreadedDetector(detector, name="x", fingerprint="y", threads=1).input_side

    assert side(Counting()) == INPUT_SIDE
    assert side(Sized()) == 416
    assert open_detector(file).input_side == max(HEIGHT, WIDTH)
    assert open_detector("street").input_side == 640


def test_a_detector_by_its_file_and_tiles_of_it(file: str) -> None:
    plain = open_detector(file)
    tiled = open_detector(file, tiles=(1, 2))
    assert plain.name == tiled.name == file
    (nobody,) = tiled.detect([np.zeros((300, 400, 3), np.uint8)])
    assert len(nobody) == 0


def test_every_setting_that_changes_answers_changes_the_fingerprint(file: str) -> None:
    prints = {
        open_detector(file).fingerprint,
        open_detector(file, threshold=0.3).fingerprint,
        open_detector(file, tiles=(2, 2)).fingerprint,
        open_detector(file, tiles=(2, 3)).fingerprint,
    }
    assert len(prints) == 4
    assert open_detector(file).fingerprint == open_detector(file, threads=1).fingerprint


@pytest.mark.parametrize("spec", ["", "yolo", "hog", "yolox", "yolox:", "mot:boxes.txt"])
def test_another_name_lists_the_known_ones(spec: str) -> None:
    forms = r"auto, street, yolox:nano\|tiny\|s\|FILE, onnx:FILE, openvino:FILE, torchvision:NAME"
    with pytest.raises(DetectorError, match=forms):
        open_detector(spec)


def test_every_kind_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACAN_WEIGHTS", str(tmp_path))
    lacking = {
        "yolox": "missing.onnx",
        "onnx": "missing.onnx",
        "openvino": "missing.xml",
        "torchvision": "no",
        "rfdetr": "x",
    }
    assert {*lacking, "street"} == set(DETECTORS)
    for kind, argument in lacking.items():
        with pytest.raises(DetectorError):
            open_detector(f"{kind}:{argument}")
    for name in ("yolox:nano", "yolox:tiny", "yolox:s"):
        with pytest.raises(DetectorError, match="--fetch"):
            open_detector(name)


@pytest.mark.parametrize("threshold", [-0.1, 1.0, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(DetectorError, match="at least 0 and below 1"):
        open_detector("yolox:a.onnx", threshold=threshold)
