"""Detectors in OpenVINO files: those that answer as SSD does, and YOLOX networks.

An SSD answer is [1, 1, n, 7], its rows (image, class, score, x1, y1, x2, y2) with corners as
fractions of the image and image -1 behind the last; that is how the Open Model Zoo's person
detectors answer. Pixels are BGR, 0 to 255, and the image is stretched to the network's size.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError
from tacan.runtimes.detection_network import DetectionNetwork, open_detection_network
from tacan.video.boxes import clipped, keep_best
from tacan.video.detectors.yolox import YoloxDetector
from tacan.video.video_records import Detections

__all__ = ["SsdDetector", "open_openvino_detector"]

_PERSON = 1
"""The class of people in the zoo's person detectors."""


class SsdDetector:
    """Finds people with an SSD network: `detect_one` for a single image."""

    def __init__(self, network: DetectionNetwork, *, threshold: float, iou: float = 0.6) -> None:
        self._network = network
        self._threshold = threshold
        self._iou = iou

    def detect_one(self, image: NDArray[np.uint8]) -> Detections:
        height, width = image.shape[:2]
        resized = cv2.resize(image, (self._network.width, self._network.height))
        pixels = resized[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32)
        rows = self._network.run(np.ascontiguousarray(pixels)).reshape(-1, 7)
        ends = np.flatnonzero(rows[:, 0] < 0)
        rows = rows[: ends[0]] if len(ends) else rows
        rows = rows[(rows[:, 1] == _PERSON) & (rows[:, 2] >= self._threshold)]
        boxes = rows[:, 3:] * np.array([width, height, width, height], np.float32)
        found = Detections(clipped(boxes, width=width, height=height), rows[:, 2].copy())
        return found.chosen(keep_best(found.boxes, found.scores, iou=self._iou))


def open_openvino_detector(
    file: Path, *, threshold: float, threads: int = 2
) -> tuple[SsdDetector | YoloxDetector, str]:
    """The detector in an OpenVINO file, and its fingerprint.

    Raises `DetectorError` where its answer is neither SSD's nor YOLOX's.
    """
    network = open_detection_network(file, "openvino", threads=threads)
    grey = np.full((1, 3, network.height, network.width), 114, np.float32)
    shape = network.run(grey).shape
    if len(shape) == 4 and shape[-1] == 7:
        return SsdDetector(network, threshold=threshold), f"openvino-ssd:{network.digest}"
    if len(shape) == 3 and shape[-1] > 5:
        return YoloxDetector(network, threshold=threshold), f"yolox:{network.digest}:openvino"
    raise DetectorError(
        "an OpenVINO detector must answer as SSD [1, 1, n, 7] or YOLOX [1, n, 5 + classes] does",
        got=f"{list(shape)} from {file}",
        remedy="Use another detector, or give ready boxes with mot:FILE.",
    )
