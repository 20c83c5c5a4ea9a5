"""Figures that the paper prints, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["TABLE_1", "Published"]


@dataclass(frozen=True, slots=True)
class Published:
    """The printed figures of a row: scores in percent, by the names that
    `tacan.evaluation.summary.measures` gives them, and where it stands."""

    scores: Mapping[str, float]
    source: str


def _table_1(*scores: float) -> Published:
    """Table 1 has no column for Rank-10."""
    names = ("mAP", "Rank-1", "Rank-5", "Rank-20")
    return Published(dict(zip(names, scores, strict=True)), "Sec. 4.2, Table 1 (MARS)")


TABLE_1: dict[str, Published] = {
    "softmax": _table_1(61.4, 72.6, 87.2, 93.2),
    "triplet": _table_1(76.2, 82.6, 93.9, 96.8),
    "temporal_attention": _table_1(76.8, 83.9, 93.9, 97.2),
    "clip_attention": _table_1(81.6, 86.3, 95.4, 98.1),
    "min_max": _table_1(83.0, 88.2, 96.0, 98.3),
    "se": _table_1(84.0, 89.1, 96.1, 98.0),
}
"""For each row of `tacan.paper.variants.TABLE_1` that the paper has, what it prints."""
