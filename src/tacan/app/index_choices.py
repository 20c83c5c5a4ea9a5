"""Detectors and models that are on this machine, each with a sentence on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tacan.embeddings.shipped import SHIPPED_MODELS
from tacan.video.choose_detector import AUTO, choose_detector, detectors_at_hand

__all__ = ["Choice", "detector_choices", "model_choices"]

MOST_MODELS = 50


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
    return found
