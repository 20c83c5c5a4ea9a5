"""RF-DETR (Robinson et al., 2025) through the package `rfdetr`, where that is installed.

The package would download weights by itself and report its use; both are prevented here.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError
from tacan.installing import install_advice
from tacan.progress import Progress, silent
from tacan.video.boxes import clipped
from tacan.video.fetch import Weights, fetch_weights
from tacan.video.video_records import Detections

__all__ = ["MODELS", "RfdetrDetector", "open_rfdetr"]

MODELS = {
    "nano": ("RFDETRNano", "rf-detr-nano.pth"),
    "small": ("RFDETRSmall", "rf-detr-small.pth"),
    "medium": ("RFDETRMedium", "rf-detr-medium.pth"),
    "large": ("RFDETRLarge", "rf-detr-large-2026.pth"),
}
"""Name -> class of the package and its weights: those under the Apache licence."""
LICENCE = "Apache-2.0"
_PERSON = 1
"""The class of people in COCO's own numbers."""


class RfdetrDetector:
    """Finds people with RF-DETR: `detect_one` for a single image."""

    def __init__(self, network: Any, *, threshold: float) -> None:
        self._network = network
        self._threshold = threshold

    def detect_one(self, image: NDArray[np.uint8]) -> Detections:
        answer = self._network.predict(image, threshold=self._threshold)
        people = answer.class_id == _PERSON
        boxes = clipped(
            answer.xyxy[people].astype(np.float32), width=image.shape[1], height=image.shape[0]
        )
        return Detections(boxes, answer.confidence[people].astype(np.float32))


def open_rfdetr(
    name: str, *, threshold: float, fetch: bool, folder: Path | None = None,
    progress: Progress = silent,
) -> tuple[RfdetrDetector, str]:  # fmt: skip
    """The detector `name` (nano, small, medium, large), and its fingerprint.

    Raises `DetectorError` for an unknown name, where the package is absent, or as
    `fetch_weights` does.
    """
    if name not in MODELS:
        raise DetectorError(
            f"an rfdetr: detector must be one of {', '.join(MODELS)}",
            got=repr(name),
            remedy="Correct it.",
        )
    kind, file_name = MODELS[name]
    os.environ.setdefault("DO_NOT_TRACK", "1")
    try:
        package = importlib.import_module("rfdetr")
        known = importlib.import_module("rfdetr.assets.model_weights").ModelWeights
    except ImportError as error:
        raise DetectorError(
            "an rfdetr: detector needs the package rfdetr",
            got=str(error),
            remedy=f"{install_advice('rfdetr')} Or use yolox:nano, which needs no more.",
        ) from error
    offer = known.from_filename(file_name)
    weights = Weights(file_name, offer.url, f"md5:{offer.md5_hash}", LICENCE)
    path = fetch_weights(weights, allowed=fetch, folder=folder, progress=progress)
    network = getattr(package, kind)(pretrain_weights=str(path))
    return RfdetrDetector(network, threshold=threshold), f"rfdetr:{name}:{weights.digest}"
