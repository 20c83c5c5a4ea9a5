"""YOLOX networks (Ge et al., 2021) as their own tools export them: boxes not yet decoded.

The image is scaled to fit, put into the upper left corner, and the rest is filled with grey 114;
colours are BGR, pixels 0 to 255. Legend: a anchors, c classes.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError
from tacan.runtimes.detection_network import DetectionNetwork, open_detection_network
from tacan.video.boxes import clipped, keep_best
from tacan.video.video_records import Detections

__all__ = ["STRIDES", "YoloxDetector", "decode_grid", "letterbox", "open_yolox"]

STRIDES = (8, 16, 32)
_GREY = 114
_PERSON = 0
"""The class of people in COCO's order."""


def letterbox(
    image: NDArray[np.uint8], *, width: int, height: int
) -> tuple[NDArray[np.float32], float]:
    """The network's input float32 [1, 3, height, width] of an RGB image, and the scale used."""
    scale = min(width / image.shape[1], height / image.shape[0])
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    resized = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    canvas = np.full((3, height, width), _GREY, np.float32)
    canvas[:, : size[1], : size[0]] = resized[..., ::-1].transpose(2, 0, 1)
    return canvas[None], scale


def decode_grid(raw: NDArray[np.float32], *, width: int, height: int) -> NDArray[np.float32]:
    """Boxes [a, 4] in pixels of the input, of the network's rows [a, 4 + 1 + c].

    Cell (i, j) of the grid of stride s holds (x, y, w, h): the box is centred at ((x + i) s,
    (y + j) s) and measures exp(w) s by exp(h) s. The grids follow each other, row by row.
    """
    cells, strides = _grid(width, height)
    centres = (raw[:, :2] + cells) * strides
    halves = np.exp(np.minimum(raw[:, 2:4], 10)) * strides / 2
    return np.concatenate([centres - halves, centres + halves], axis=1).astype(np.float32)


def _grid(width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    cells: list[NDArray[np.float32]] = []
    strides: list[NDArray[np.float32]] = []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([columns, rows], -1).reshape(-1, 2).astype(np.float32))
        strides.append(np.full((cells[-1].shape[0], 1), stride, np.float32))
    return np.concatenate(cells), np.concatenate(strides)


class YoloxDetector:
    """Finds people with a YOLOX network: `detect_one` for a single image."""

    def __init__(self, network: DetectionNetwork, *, threshold: float, iou: float = 0.6) -> None:
        self._network = network
        self._threshold = threshold
        self._iou = iou
        self._n_anchors = len(_grid(network.width, network.height)[0])

    def detect_one(self, image: NDArray[np.uint8]) -> Detections:
        width, height = self._network.width, self._network.height
        pixels, scale = letterbox(image, width=width, height=height)
        rows = self._rows(self._network.run(pixels))
        scores = rows[:, 4] * rows[:, 5 + _PERSON]
        # A box whose best class is another one, such as a dog, is no person.
        likely = (scores >= self._threshold) & (rows[:, 5:].argmax(axis=1) == _PERSON)
        boxes = decode_grid(rows, width=width, height=height)[likely] / scale
        boxes = clipped(boxes, width=image.shape[1], height=image.shape[0])
        found = Detections(boxes, scores[likely].astype(np.float32))
        return found.chosen(keep_best(found.boxes, found.scores, iou=self._iou))

    def _rows(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        if output.ndim != 3 or output.shape[1] != self._n_anchors or output.shape[2] < 6:
            raise DetectorError(
                f"a YOLOX network of {self._network.width} x {self._network.height} pixels must "
                f"answer [1, {self._n_anchors}, 5 + classes]",
                got=list(output.shape),
                remedy="Export it with YOLOX's own tools, boxes not decoded.",
            )
        return output[0]


def open_yolox(file: Path, *, threshold: float, threads: int = 2) -> tuple[YoloxDetector, str]:
    """The YOLOX network in an ONNX file, or in an OpenVINO file (.xml); and its fingerprint.

    Raises `DetectorError`.
    """
    if file.suffix == ".xml":
        network, runtime = open_detection_network(file, "openvino", threads=threads), "openvino"
    else:
        network, runtime = open_detection_network(file, "onnx"), "onnxruntime"
    return YoloxDetector(network, threshold=threshold), f"yolox:{network.digest}:{runtime}"
