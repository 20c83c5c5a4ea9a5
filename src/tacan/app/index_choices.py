"""Detectors and models that are on this machine, each with a sentence on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np

from tacan.embeddings.shipped import SHIPPED_MODELS
from tacan.errors import TacanError
from tacan.runtimes.network import Runtime, onnx_runtime, open_network
from tacan.video.choose_detector import AUTO, choose_detector, detectors_at_hand

__all__ = ["Choice", "detector_choices", "model_choices"]

MOST_MODELS, MOST_NETWORKS = 50, 10
USUAL = (256, 128)
"""Height and width of a picture of a person, for a network that takes any."""
_PACKAGES: dict[Runtime, str] = {"onnx": "onnxruntime", "openvino": "openvino"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen by `name`, and what it is."""

    name: str
    sentence: str


DETECTOR_SENTENCES = {
    "street": "ships with TACAN, small and fast; trained on generated people alone",
    "yolox": "YOLOX, trained on COCO: fast, and knows people from most sides",
    "torchvision": "of torchvision, trained on COCO: slower, careful",
    "rfdetr": "RF-DETR, trained on COCO: the most exact, and slow without a GPU",
}
MODEL_SENTENCES = {
    "street": "ships with TACAN, runs well without a GPU; trained on generated people alone",
}


SHAPES = (2, 4)
"""Sides of what an encoder puts out: vectors [n, D] or maps [n, D, h, w]; detectors' have three."""


def detector_choices(before: str | None = None) -> list[Choice]:
    """What can be used without fetching anything, the proposed one first."""
    chosen = choose_detector(before=before).spec
    choices = [Choice(AUTO, f"the best that is here ({chosen})")]
    return choices + [
        Choice(spec, DETECTOR_SENTENCES[spec.partition(":")[0]]) for spec in detectors_at_hand()
    ]


def model_choices(folders: Sequence[Path], *, used: str | None = None) -> list[Choice]:
    """The models; only the gallery's own where one was `used` for it: vectors of two models can't
    be compared."""
    if used is not None:
        return [Choice(used, "the model that this gallery was made with")]
    from tacan.embeddings.open import find_model_folder  # imports torch, which is slow

    found = [Choice(name, MODEL_SENTENCES.get(name, "ships with TACAN")) for name in SHIPPED_MODELS]
    for folder in folders:
        for card in sorted([*folder.glob("*/config.json"), *folder.glob("*/*/config.json")]):
            is_model = (card.parent / "model.safetensors").is_file()
            if is_model and len(found) < MOST_MODELS and find_model_folder(str(card.parent)):
                found.append(Choice(str(card.parent), f"a model of yours, {card.parent.name}"))
    return found + list(islice(_network_choices(folders), MOST_NETWORKS))


def _network_choices(folders: Sequence[Path]) -> Iterator[Choice]:
    """The networks in ONNX and OpenVINO files that can be run here and embed pictures."""
    kinds: list[tuple[str, Runtime]] = [(".xml", "openvino"), (".onnx", onnx_runtime())]
    for folder in folders:
        for ending, runtime in kinds:
            if runtime == "opencv" or find_spec(_PACKAGES[runtime]) is None:
                continue
            for path in sorted([*folder.glob(f"*{ending}"), *folder.glob(f"*/*{ending}")]):
                with suppress(OSError):
                    status = path.resolve(strict=True).stat()
                    sentence = _network_sentence(path, runtime, status.st_size, status.st_mtime_ns)
                    if sentence is not None:
                        yield Choice(f"{runtime}:{path}", sentence)


@lru_cache(maxsize=200)
def _network_sentence(file: Path, runtime: Runtime, size: int, changed: int) -> str | None:  # noqa: ARG001
    """What the network in a file is; None for one that does not embed pictures. It is loaded once
    as long as the file does not change."""
    from tacan.embeddings.exported import read_export_settings

    try:
        if read_export_settings(file) is not None:
            return "a model of yours, as tacan export wrote it"
        network = open_network(file, runtime, role="encoder", threads=1)
        height, width = (side or usual for side, usual in zip(network.size, USUAL, strict=True))
        found = network.run(np.zeros((network.batch or 1, 3, height, width), np.float32))
    except TacanError:
        return None
    if found.ndim not in SHAPES:
        return None
    return (
        f"a network of yours that makes {found.shape[1]:,} numbers of a picture of "
        f"{width} x {height}; only of use if it was trained to tell people apart"
    )
