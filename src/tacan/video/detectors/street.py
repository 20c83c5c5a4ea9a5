"""The detector that ships: people of any size, learned from generated people alone.

Legend: n cells of the network's three grids.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tacan.files import sha256
from tacan.runtimes.loaded_file import LoadedFile
from tacan.runtimes.network import Runtime, load_network, onnx_runtime
from tacan.video.boxes import clipped, keep_best
from tacan.video.detectors.picture_input import PictureInput, input_size
from tacan.video.detectors.yolox import grid_cells
from tacan.video.video_records import Detections

__all__ = ["StreetDetector", "open_street"]


class Look(NamedTuple):
    """One look at a frame, scaled so that its longer side has `side` pixels.

    Boxes count whose height then is `least` to `largest` pixels, and those from `least_if_sure`
    on that have a score of `SURE`: what a coarse look is in doubt about is mostly furniture.
    """

    side: int
    least: float
    least_if_sure: float
    largest: float


LOOKS = (Look(640, 0.0, 0.0, 280.0), Look(320, 128.0, 64.0, np.inf))
"""A frame is looked at twice: near people fill more than the network saw of anybody in training."""
TILE_LOOKS = LOOKS[:1]
"""A tile is looked at once: who is near is taken from the whole frame."""
SURE = 0.5
_PICTURE = PictureInput("corner", "rgb", 255)
POWER = float(np.log(0.4) / np.log(0.5))
"""Scores are raised to it: from 0.5 on the network is right often enough to begin a track, which
trackers expect from 0.4 on."""
_IOU, _COVERED = 0.45, 0.65
"""Of two boxes that share more than this, of both or of the smaller one, the better stays."""


class StreetDetector:
    """Finds people with the network in an ONNX file: `detect_one` for a single image."""

    input_side = LOOKS[0].side

    def __init__(self, file: Path, runtime: Runtime, *, threshold: float, threads: int) -> None:
        self._open = partial(load_network, file, runtime, role="detector", threads=threads)
        self._runtime = runtime
        self._threshold = threshold
        self._networks: dict[tuple[int, int] | None, LoadedFile] = {}
        self._opening = Lock()

    def detect_one(self, image: NDArray[np.uint8]) -> Detections:
        return self._detect(image, LOOKS)

    def detect_tile(self, image: NDArray[np.uint8]) -> Detections:
        """The people in a tile of a frame, but those who are large in it: the frame shows them."""
        return self._detect(image, TILE_LOOKS)

    def _detect(self, image: NDArray[np.uint8], looks: Sequence[Look]) -> Detections:
        parts = [self._look(image, look) for look in looks]
        boxes = np.concatenate([part.boxes for part in parts])
        found = Detections(boxes, np.concatenate([part.scores for part in parts]))
        return found.chosen(keep_best(found.boxes, found.scores, iou=_IOU, covered=_COVERED))

    def _look(self, image: NDArray[np.uint8], look: Look) -> Detections:
        """All likely boxes of one look."""
        height, width = input_size(*image.shape[:2], largest=(look.side, look.side))
        pixels, place = _PICTURE.fit(image, width=width, height=height)
        rows = self._run(pixels)
        tall, scores = rows[:, 1] + rows[:, 3], rows[:, 4] ** POWER
        least = np.where(scores >= SURE, look.least_if_sure, look.least)
        likely = (scores >= self._threshold) & (tall >= least) & (tall <= look.largest)
        cells, strides = grid_cells(width, height)
        centres, sides = (cells[likely] + 0.5) * strides[likely], rows[likely, :4]
        boxes = np.concatenate([centres - sides[:, :2], centres + sides[:, 2:]], axis=1)
        boxes = clipped(place.from_pixels(boxes), width=image.shape[1], height=image.shape[0])
        return Detections(boxes, scores[likely])

    def _run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Distances to the left, top, right and bottom side in pixels, and the score [n, 5]."""
        height, width = pixels.shape[2:]
        # OpenCV plans for one size; the others take any.
        size = (height, width) if self._runtime == "opencv" else None
        with self._opening:
            if size not in self._networks:
                self._networks[size] = self._open(size=size)
        return self._networks[size].run([pixels], [0])[0][0]


def open_street(*, threshold: float, threads: int = 2) -> tuple[StreetDetector, str]:
    """The detector, run by the fastest of what is here, and its fingerprint."""
    runtime = onnx_runtime()
    with as_file(files("tacan") / "shipped" / "street_detector" / "detector.onnx") as file:
        detector = StreetDetector(file, runtime, threshold=threshold, threads=threads)
        looks = [tuple(look) for look in LOOKS]
        rules = f"{looks}:tiles={len(TILE_LOOKS)}:{SURE}:{POWER:.2f}:{_IOU}/{_COVERED}"
        return detector, f"street:{sha256(file)}:{rules}:{runtime}"
