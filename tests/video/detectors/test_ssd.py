"""OpenVINO's detectors: the rows of an SSD answer, and real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.errors import DetectorError
from tacan.runtimes.detection_network import DetectionNetwork
from tacan.video.decode import open_video
from tacan.video.detectors.ssd import SsdDetector, open_openvino_detector
from tacan.video.detectors.yolox import YoloxDetector, open_yolox


def test_rows_become_boxes_up_to_the_first_that_is_empty() -> None:
    rows = [
        [0, 1, 0.9, 0.1, 0.2, 0.3, 0.6],
        [0, 2, 0.9, 0.5, 0.5, 0.6, 0.6],
        [0, 1, 0.05, 0.5, 0.5, 0.6, 0.6],
        [0, 1, 0.8, 0.7, 0.5, 1.2, 1.5],
        [-1, 0, 0, 0, 0, 0, 0],
        [0, 1, 0.9, 0.4, 0.4, 0.5, 0.5],
    ]
    seen: list[np.ndarray] = []

    def run(pixels: np.ndarray) -> np.ndarray:
        seen.append(pixels)
        return np.array(rows, np.float32)[None, None]

    network = DetectionNetwork(width=20, height=10, run=run, digest="0")
    reader = SsdDetector(network, threshold=0.1)
    image = np.zeros((100, 200, 3), np.uint8)
    image[..., 0] = 7
    found = reader.detect_one(image)
    np.testing.assert_allclose(found.boxes, [[20, 20, 60, 60], [140, 50, 200, 100]], atol=1e-3)
    np.testing.assert_allclose(found.scores, [0.9, 0.8])
    assert seen[0].shape == (1, 3, 10, 20)
    assert (seen[0][0, 2] == 7).all()
    assert (seen[0][0, :2] == 0).all()


@pytest.mark.data
def test_the_zoos_detector_finds_the_one_person_in_sight(shared_data: Path) -> None:
    name = "person-detection-retail-0013"
    file = shared_data / "weights" / "omz" / name / f"{name}.xml"
    video_file = shared_data / "videos" / "one_by_one" / "one-by-one-person-detection.mp4"
    with open_video(video_file) as video:
        frames = [next(video.frames(first=index)).image for index in (130, 470)]
    reader, digest = open_openvino_detector(file, threshold=0.5)
    somebody, nobody = map(reader.detect_one, frames)
    assert (len(somebody), len(nobody)) == (1, 0)
    assert digest.startswith("openvino-ssd:")


@pytest.mark.data
def test_a_yolox_network_is_known_and_both_runtimes_agree(shared_data: Path) -> None:
    file = shared_data / "weights" / "yolox_nano.onnx"
    video_file = shared_data / "videos" / "campus_two_camera" / "caesar_cam1.mp4"
    with open_video(video_file) as video:
        image = next(video.frames(first=100)).image
    left, _ = open_openvino_detector(file, threshold=0.3)
    right, _ = open_yolox(file, threshold=0.3)
    assert isinstance(left, YoloxDetector)
    here, there = left.detect_one(image), right.detect_one(image)
    assert len(here) > 2
    np.testing.assert_allclose(here.boxes, there.boxes, atol=0.5)


@pytest.mark.data
def test_a_network_of_another_kind_is_refused(shared_data: Path) -> None:
    name = "person-reidentification-retail-0248"
    with pytest.raises(DetectorError, match="answer as SSD"):
        open_openvino_detector(
            shared_data / "weights" / "omz" / name / f"{name}.xml", threshold=0.3
        )
