"""Detectors in files: real ones, and the choice among boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.errors import DetectorError
from tacan.runtimes.detection_network import DetectionNetwork
from tacan.video.decode import open_video
from tacan.video.detectors.network_detector import (
    NetworkDetector,
    open_network_detector,
    recognise_network,
)
from tests.video.detectors.graphs import HEIGHT, WIDTH, write_graph, yolox_rows


def fake(rows: np.ndarray, seen: list[np.ndarray] | None = None, **size: int) -> DetectionNetwork:
    def run(pixels: np.ndarray) -> dict[str, np.ndarray]:
        if seen is not None:
            seen.append(pixels)
        return {"output": rows}

    return DetectionNetwork(**{"width": WIDTH, "height": HEIGHT} | size, run=run, digest="0")


def detector(network: DetectionNetwork, *, threshold: float) -> NetworkDetector:
    return NetworkDetector(network, recognise_network(network), threshold=threshold)


def test_a_box_that_is_rather_something_else_is_nobody() -> None:
    rows = yolox_rows((12, 0.9, 0.5, 0), (12, 0.9, 0.8, 1))
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    assert len(detector(fake(rows), threshold=0.1).detect_one(image)) == 0


def test_two_boxes_on_one_person_become_one() -> None:
    rows = yolox_rows((10, 0.9, 0.9, 0), (11, 0.9, 0.8, 0))
    rows[0, 10:12, 2:4] = 2.0
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    found = detector(fake(rows), threshold=0.1).detect_one(image)
    assert found.scores.tolist() == pytest.approx([0.81])


def test_rows_of_ssd_become_boxes_up_to_the_first_that_is_empty() -> None:
    rows = [
        [0, 1, 0.9, 0.1, 0.2, 0.3, 0.6],
        [0, 2, 0.9, 0.5, 0.5, 0.6, 0.6],
        [0, 1, 0.05, 0.5, 0.5, 0.6, 0.6],
        [0, 1, 0.8, 0.7, 0.5, 1.2, 1.5],
        [-1, 0, 0, 0, 0, 0, 0],
        [0, 1, 0.9, 0.4, 0.4, 0.5, 0.5],
    ]
    seen: list[np.ndarray] = []
    network = fake(np.array(rows, np.float32)[None, None], seen, width=20, height=10)
    reader = detector(network, threshold=0.1)
    image = np.zeros((100, 200, 3), np.uint8)
    image[..., 0] = 7
    found = reader.detect_one(image)
    np.testing.assert_allclose(found.boxes, [[20, 20, 60, 60], [140, 50, 200, 100]], atol=1e-3)
    np.testing.assert_allclose(found.scores, [0.9, 0.8])
    assert seen[-1].shape == (1, 3, 10, 20)
    assert (seen[-1][0, 2] == 7).all()
    assert (seen[-1][0, :2] == 0).all()


def test_opencv_runs_a_file_whose_input_is_told(tmp_path: Path) -> None:
    file = write_graph(tmp_path / "a.onnx", {"output": yolox_rows((0, 0.9, 0.9, 0))})
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    reader, digest = open_network_detector(file, "opencv", threshold=0.3, size=(HEIGHT, WIDTH))
    np.testing.assert_allclose(reader.detect_one(image).boxes, [[0, 0, 4, 4]], atol=1e-4)
    assert digest.endswith(":opencv")
    (tmp_path / "b.onnx").write_text("no network")
    for path, size in ((tmp_path / "b.onnx", (HEIGHT, WIDTH)), (file, None)):
        with pytest.raises(DetectorError, match=path.name):
            open_network_detector(path, "opencv", threshold=0.3, size=size)


def frames(video_file: Path, *places: int) -> list[np.ndarray]:
    with open_video(video_file) as video:
        return [next(video.frames(first=index)).image for index in places]


@pytest.mark.data
@pytest.mark.parametrize("runtime", ["onnx", "opencv"])
def test_a_real_network_finds_the_one_person_in_sight(shared_data: Path, runtime: str) -> None:
    file = shared_data / "weights" / "yolox_nano.onnx"
    video_file = shared_data / "videos" / "one_by_one" / "one-by-one-person-detection.mp4"
    reader, digest = open_network_detector(file, runtime, threshold=0.4, size=(416, 416))
    somebody, nobody = map(reader.detect_one, frames(video_file, 130, 470))
    assert len(nobody) == 0
    assert len(somebody) == 1
    assert 200 < somebody.boxes[0, 3] - somebody.boxes[0, 1] <= 432
    assert digest.startswith("yolox:")


@pytest.mark.data
def test_the_zoos_detector_finds_the_one_person_in_sight(shared_data: Path) -> None:
    name = "person-detection-retail-0013"
    file = shared_data / "weights" / "omz" / name / f"{name}.xml"
    video_file = shared_data / "videos" / "one_by_one" / "one-by-one-person-detection.mp4"
    reader, digest = open_network_detector(file, "openvino", threshold=0.5)
    somebody, nobody = map(reader.detect_one, frames(video_file, 130, 470))
    assert (len(somebody), len(nobody)) == (1, 0)
    assert digest.startswith("openvino-ssd:")


@pytest.mark.data
def test_a_yolox_network_is_known_and_both_runtimes_agree(shared_data: Path) -> None:
    file = shared_data / "weights" / "yolox_nano.onnx"
    video_file = shared_data / "videos" / "campus_two_camera" / "caesar_cam1.mp4"
    (image,) = frames(video_file, 100)
    left, one = open_network_detector(file, "openvino", threshold=0.3)
    right, other = open_network_detector(file, "onnx", threshold=0.3)
    here, there = left.detect_one(image), right.detect_one(image)
    assert len(here) > 2
    np.testing.assert_allclose(here.boxes, there.boxes, atol=0.5)
    assert (one.split(":")[2], other.split(":")[2]) == ("openvino", "onnxruntime")


@pytest.mark.data
def test_a_network_of_another_kind_is_refused(shared_data: Path) -> None:
    name = "person-reidentification-retail-0248"
    file = shared_data / "weights" / "omz" / name / f"{name}.xml"
    with pytest.raises(DetectorError, match=r"outputs of a detector.*SSD"):
        open_network_detector(file, "openvino", threshold=0.3)
