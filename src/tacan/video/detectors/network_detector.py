"""Detectors in ONNX and OpenVINO files, of every layout in `layouts.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError
from tacan.runtimes.detection_network import DetectionNetwork, open_detection_network
from tacan.runtimes.network import Runtime
from tacan.video.boxes import clipped, keep_best
from tacan.video.detectors.layouts import Layout, Outputs, Probe, recognise
from tacan.video.detectors.picture_input import CELL, Placement, input_size
from tacan.video.detectors.yolox import grid_cells
from tacan.video.video_records import Detections

__all__ = ["FilledDetector", "NetworkDetector", "open_network_detector", "recognise_network"]

ALIKE = 0.8
"""The least correlation of two answers that count as the same."""
_SIZES = 8
"""Input sizes of which the networks stay open: those of a few cameras and their tiles."""
_GREY = 114


class NetworkDetector:
    """Finds people with a network in a file: `detect_one` for a single image."""

    def __init__(self, network: DetectionNetwork, layout: Layout, *, threshold: float) -> None:
        self.network = network
        self.layout = layout
        self._threshold = threshold

    @property
    def input_side(self) -> int:
        return max(self.network.width, self.network.height)

    def answers(self, image: NDArray[np.uint8]) -> tuple[Outputs, Placement]:
        """What the network says of an image, and where in its input that lies."""
        network = self.network
        pixels, place = self.layout.picture.fit(image, width=network.width, height=network.height)
        return network.run(pixels), place

    def detect_one(self, image: NDArray[np.uint8]) -> Detections:
        layout, (answers, place) = self.layout, self.answers(image)
        boxes, scores = layout.read(answers, self._threshold)
        likely = (scores >= self._threshold) & np.isfinite(boxes).all(axis=1)
        moved = place.from_shares if layout.shares else place.from_pixels
        boxes = clipped(moved(boxes[likely]), width=image.shape[1], height=image.shape[0])
        found = Detections(boxes, np.clip(scores[likely], 0, 1).astype(np.float32))
        return found.chosen(keep_best(found.boxes, found.scores, iou=layout.iou))

    @property
    def fingerprint(self) -> str:
        """By the file's content, its layout and what runs it."""
        name, network = self.layout.name, self.network
        if name == "ssd" and network.runtime == "openvino":
            return f"openvino-ssd:{network.digest}"  # As galleries have it from the first day.
        return f"{name}:{network.digest}:{network.runtime}"


class FilledDetector:
    """Finds people with a network that sees of its input only the part that a picture fills.

    `opened` gives the detector for an input of a height and width; the latest sizes stay open.
    """

    def __init__(
        self, whole: NetworkDetector, opened: Callable[[tuple[int, int]], NetworkDetector]
    ) -> None:
        self.whole = whole
        self._opened = lru_cache(maxsize=_SIZES)(opened)
        self._opening = Lock()

    @property
    def input_side(self) -> int:
        return self.whole.input_side

    def detect_one(self, image: NDArray[np.uint8]) -> Detections:
        return self.filled_by(image).detect_one(image)

    def filled_by(self, image: NDArray[np.uint8]) -> NetworkDetector:
        """The detector whose input the image fills."""
        largest = self.whole.network.height, self.whole.network.width
        size = input_size(*image.shape[:2], largest=largest)
        if size == largest:
            return self.whole
        with self._opening:
            return self._opened(size)

    @property
    def fingerprint(self) -> str:
        return f"{self.whole.fingerprint}:filled"


def sees_parts(
    whole: NetworkDetector, opened: Callable[[tuple[int, int]], NetworkDetector]
) -> bool:
    """Whether a network can see a part of its input alone: tried with about half of it."""
    height, width = whole.network.height, whole.network.width
    grey = height // (4 * CELL) * 2 * CELL
    if whole.layout.picture.place == "stretch" or height % CELL or width % CELL or not grey:
        return False
    try:
        part = opened((height - grey, width))
    except DetectorError:
        return False
    return part.layout.name == whole.layout.name and answers_alike(whole, part)


def answers_alike(whole: NetworkDetector, part: NetworkDetector) -> bool:
    """Whether two networks answer alike where a picture lies that fills the input of `part`.

    In the input of `whole` there is grey beside it, which changes answers near it a little. Told by
    the correlation of what both say of each cell, for networks that answer cell by cell.
    """
    height, width = part.network.height, part.network.width
    coarse = np.random.default_rng(0).integers(0, 256, (height // CELL, width // CELL, 3), np.uint8)
    image = np.asarray(cv2.resize(coarse, (width, height)), np.uint8)
    (there, place), (here, _) = (each.answers(image) for each in (whole, part))
    cells, strides = grid_cells(whole.network.width, whole.network.height)
    tops = (cells * strides)[:, 1]
    inside = (tops >= place.top) & (tops < place.top + height)
    found = [
        _correlation(np.moveaxis(there[name], axis, 0)[inside], np.moveaxis(answer, axis, 0))
        for name, answer in here.items()
        for axis in range(answer.ndim)
        if there[name].shape[axis] == len(inside) and answer.shape[axis] == inside.sum()
    ]
    return bool(found) and min(found) >= ALIKE


def _correlation(left: NDArray[Any], right: NDArray[Any]) -> float:
    """That of numbers [n, ...] about the means of each place over n."""
    left, right = (each - each.mean(axis=0) for each in (left, right))
    return float((left * right).sum() / max(np.sqrt((left**2).sum() * (right**2).sum()), 1e-12))


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
) -> tuple[NetworkDetector | FilledDetector, str]:
    """The detector in an ONNX file, or in an OpenVINO file (.xml), and its fingerprint.

    An OpenVINO file is run by OpenVINO, whatever `runtime` says; `size` (height, width) is that of
    the image, which OpenCV has to be told. Where the network can see a part of its input alone, it
    sees the part that a picture fills. Raises `DetectorError`, which says what outputs were met
    and which are understood.
    """
    runtime = "openvino" if file.suffix == ".xml" else runtime
    told = size if runtime == "opencv" else None

    def opened(size: tuple[int, int] | None) -> NetworkDetector:
        network = open_detection_network(file, runtime, threads=threads, size=size)
        return NetworkDetector(network, recognise_network(network), threshold=threshold)

    try:
        whole = opened(told)
    except DetectorError as error:
        got = str(error.got)
        named = got if str(file) in got else f"{file}: {got}"
        raise DetectorError(error.rule, got=named, remedy=error.remedy) from error
    detector = FilledDetector(whole, opened) if sees_parts(whole, opened) else whole
    return detector, detector.fingerprint
