"""torchvision's detectors, trained on COCO. Their weights are downloaded on request only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torchvision.models import detection, get_model_builder, get_model_weights

from tacan.errors import DetectorError
from tacan.progress import Progress, silent
from tacan.video.boxes import clipped
from tacan.video.fetch import Weights, fetch_weights
from tacan.video.video_records import Detections

__all__ = ["MODELS", "TorchvisionDetector", "open_torchvision"]

MODELS = (
    "fasterrcnn_mobilenet_v3_large_320_fpn",
    "fasterrcnn_mobilenet_v3_large_fpn",
    "fasterrcnn_resnet50_fpn",
    "fasterrcnn_resnet50_fpn_v2",
    "fcos_resnet50_fpn",
    "retinanet_resnet50_fpn",
    "retinanet_resnet50_fpn_v2",
    "ssd300_vgg16",
    "ssdlite320_mobilenet_v3_large",
)
LICENCE = "BSD-3-Clause"
_PERSON = 1
"""The class of people; 0 is the background."""


class TorchvisionDetector:
    """Finds people with a detector of torchvision: `detect_one` for a single image."""

    def __init__(self, network: nn.Module, *, threshold: float) -> None:
        self._network = network.eval()
        self._threshold = threshold

    def detect_one(self, image: NDArray[np.uint8]) -> Detections:
        height, width = image.shape[:2]
        pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255
        with torch.inference_mode():
            answer = self._network([pixels])[0]
        chosen = (answer["labels"] == _PERSON) & (answer["scores"] >= self._threshold)
        boxes = answer["boxes"][chosen].numpy().astype(np.float32)
        scores = answer["scores"][chosen].numpy().astype(np.float32)
        return Detections(clipped(boxes, width=width, height=height), scores)


def open_torchvision(
    name: str, *, threshold: float, fetch: bool, folder: Path | None = None,
    progress: Progress = silent,
) -> tuple[TorchvisionDetector, str]:  # fmt: skip
    """The detector `name` of torchvision, and its fingerprint.

    Raises `DetectorError` for an unknown name, or as `fetch_weights` does.
    """
    if name not in MODELS:
        raise DetectorError(
            f"a torchvision: detector must be one of {', '.join(MODELS)}",
            got=repr(name),
            remedy="Correct it.",
        )
    offer = get_model_weights(getattr(detection, name))["DEFAULT"]
    file_name = offer.url.rsplit("/", 1)[-1]
    # torchvision's file names end in the first digits of their sha256.
    digits = Path(file_name).stem.rsplit("-", 1)[-1]
    weights = Weights(file_name, offer.url, f"sha256:{digits}", LICENCE)
    path = fetch_weights(weights, allowed=fetch, folder=folder, progress=progress)
    network = get_model_builder(name)(weights=None, weights_backbone=None)
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # Whatever a file that is no state of this model makes torch raise.
        raise DetectorError(
            f"{path} must hold the weights of {name}",
            got=" ".join(str(error).split())[:200],
            remedy="Delete it and fetch it again.",
        ) from error
    return TorchvisionDetector(network, threshold=threshold), f"torchvision:{name}:{digits}"
