"""What a demo came out as, in a sentence and three numbers, whatever it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tacan.demo.settings import METHODS, DemoSettings

__all__ = ["Figure", "Headline", "write_headline"]

NO_DIFFERENCE = 0.5
"""Points of mAP that are not worth a sentence about who is ahead."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name, how it compares, and what it means."""

    name: str
    value: str
    change: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Headline:
    title: str
    lede: str
    figures: tuple[Figure, ...]


def write_headline(settings: DemoSettings, scores: Mapping[str, Mapping[str, Any]]) -> Headline:
    """The head of the report, from the scores of both methods."""
    own, plain = (scores[method.name] for method in METHODS)
    rank_1 = own["cmc"]["1"]
    figures = [
        Figure(
            "mAP of TACAN",
            f"{100 * own['mAP']:.1f}",
            f"{100 * plain['mAP']:.1f} with mean pooling",
            "How near the front the right answers of a query stand; 100 is all of them first.",
        ),
        Figure(
            "Rank-1 of TACAN",
            f"{100 * rank_1:.1f}",
            f"{100 * plain['cmc']['1']:.1f} with mean pooling",
            f"In {100 * rank_1:.0f} of 100 searches the nearest tracklet is the right person.",
        ),
    ]
    auc = own["occlusion_auc"]
    if auc is not None:
        meaning = (
            "How surely a clean clip weighs more than one in which the person is hidden; "
            "1 is always."
        )
        figures.append(Figure("Occlusion AUC", f"{auc:.2f}", "0.50 would be a guess", meaning))
    lede = (
        f"Two models learnt from {settings.train_identities} generated people, then looked for "
        f"{settings.test_identities} others across {settings.cameras} cameras. Encoder, losses, "
        "batches and budget are the same. One weighs the clips of a tracklet; the other takes "
        "their plain mean."
    )
    return Headline(_title(100 * (own["mAP"] - plain["mAP"])), lede, tuple(figures))


def _title(gain: float) -> str:
    if abs(gain) < NO_DIFFERENCE:
        return "Weighing the clips made no difference to mAP"
    if gain < 0:
        return f"Weighing the clips cost {-gain:.1f} points of mAP in this run"
    return f"Weighing the clips adds {gain:.1f} points of mAP"
