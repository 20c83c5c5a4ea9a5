"""Detectors in ONNX and OpenVINO files, of every layout in `layouts.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError
from tacan.runtimes.detection_network import DetectionNetwork, open_detection_network
from tacan.runtimes.network import Runtime
from tacan.video.boxes import clipped, keep_best
from tacan.video.detectors.layouts import Layout, Probe, recognise
from tacan.video.video_records import Detections

__all__ = ["NetworkDetector", "open_network_detector", "recognise_network"]

_GREY = 114


class NetworkDetector:
    """Finds people with a network in a file: `detect_one` for a single image."""

    def __init__(self, network: DetectionNetwork, layout: Layout, *, threshold: float) -> None:
        self._network = network
        self._layout = layout
        self._threshold = threshold

    @property
    def input_side(self) -> int:
        return max(self._network.width, self._network.height)

    def detect_one(self, image: NDArray[np.uint8]) -> Detections:
        layout, network = self._layout, self._network
        pixels, place = layout.picture.fit(image, width=network.width, height=network.height)
        boxes, scores = layout.read(network.run(pixels), self._threshold)
        likely = (scores >= self._threshold) & np.isfinite(boxes).all(axis=1)
        moved = place.from_shares if layout.shares else place.from_pixels
        boxes = clipped(moved(boxes[likely]), width=image.shape[1], height=image.shape[0])
        found = Detections(boxes, np.clip(scores[likely], 0, 1).astype(np.float32))
        return found.chosen(keep_best(found.boxes, found.scores, iou=layout.iou))

    @property
    def fingerprint(self) -> str:
        """By the file's content, its layout and what runs it."""
        name, network = self._layout.name, self._network
        if name == "ssd" and network.runtime == "openvino":
            return f"openvino-ssd:{network.digest}"  # As galleries have it from the first day.
        return f"{name}:{network.digest}:{network.runtime}"


def recognise_network(network: DetectionNetwork) -> Layout:
    """The layout of a network, by what it answers to a grey picture. Raises `DetectorError`."""
    grey = np.full((1, 3, network.height, network.width), _GREY, np.float32)
    answer = network.run(grey)
    return recognise(Probe(answer, network.width, network.height, network.class_names))


def open_network_detector(
    file: Path,
    runtime: Runtime,
    *,
    threshold: float,
    threads: int = 2,
    size: tuple[int, int] | None = None,
) -> tuple[NetworkDetector, str]:
    """The detector in an ONNX file, or in an OpenVINO file (.xml), and its fingerprint.

    An OpenVINO file is run by OpenVINO, whatever `runtime` says; `size` (height, width) is that of
    the image, which OpenCV has to be told. Raises `DetectorError`, which
    says what outputs were met and which are understood.
    """
    runtime = "openvino" if file.suffix == ".xml" else runtime
    network = open_detection_network(file, runtime, threads=threads, size=size)
    try:
        layout = recognise_network(network)
    except DetectorError as error:
        got = str(error.got)
        named = got if str(file) in got else f"{file}: {got}"
        raise DetectorError(error.rule, got=named, remedy=error.remedy) from error
    detector = NetworkDetector(network, layout, threshold=threshold)
    return detector, detector.fingerprint
