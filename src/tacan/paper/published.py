"""Figures that the paper prints, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["TABLE_1", "TABLE_2", "TABLE_2_OTHERS", "TABLE_3", "TABLE_4", "TABLE_5", "Published"]


@dataclass(frozen=True, slots=True)
class Published:
    """The printed figures of a row: scores in percent, by the names that
    `tacan.evaluation.summary.measures` gives them, and where it stands. A score that the paper
    leaves out is not there."""

    scores: Mapping[str, float]
    source: str


COLUMNS = ("mAP", "Rank-1", "Rank-5", "Rank-20")
"""Tables 1 and 2 have no column for Rank-10."""


def _row(source: str, *scores: float | None) -> Published:
    printed = zip(COLUMNS, scores, strict=True)
    return Published({name: score for name, score in printed if score is not None}, source)


def _table_1(*scores: float) -> Published:
    return _row("Sec. 4.2, Table 1 (MARS)", *scores)


def _table_2(*scores: float | None) -> Published:
    return _row("Sec. 4.2, Table 2 (MARS)", *scores)


TABLE_1: dict[str, Published] = {
    "softmax": _table_1(61.4, 72.6, 87.2, 93.2),
    "triplet": _table_1(76.2, 82.6, 93.9, 96.8),
    "temporal_attention": _table_1(76.8, 83.9, 93.9, 97.2),
    "clip_attention": _table_1(81.6, 86.3, 95.4, 98.1),
    "min_max": _table_1(83.0, 88.2, 96.0, 98.3),
    "se": _table_1(84.0, 89.1, 96.1, 98.0),
}
"""For each row of `tacan.paper.variants.TABLE_1` that the paper has, what it prints."""

TABLE_2: dict[str, Published] = {
    "rnn": _table_2(None, 44.0, 70.0, 81.0),
    "parts": _table_2(65.8, 82.3, None, None),
    "regions": _table_2(71.1, 77.8, 88.8, 94.3),
    "self_attention": _table_2(76.7, 86.6, 94.8, 97.1),
    "several_clips": _table_2(76.7, 83.3, 93.8, 97.4),
    "non_local": _table_2(77.0, 84.3, 94.6, None),
    "min_max": _table_2(83.0, 88.2, 96.0, 98.3),
    "se": _table_2(84.0, 89.1, 96.1, 98.0),
}
"""For each row of `tacan.paper.rivals.TABLE_2`, what the paper prints of the method that it takes
its temporal pooling from."""

TABLE_2_OTHERS: dict[str, Published] = {
    "JSTRN": _table_2(50.7, 70.6, 90.0, 97.6),
    "STIM": _table_2(72.7, 84.4, 93.2, 96.3),
    "STAL": _table_2(73.5, 82.2, 92.8, 98.0),
    "VRSTC": _table_2(82.3, 88.5, 96.5, None),
}
"""Methods of Table 2 that are no pooling of an encoder's maps and don't run here: a network or a
loss of their own before it (JSTRN, STIM, STAL), or pictures completed by another network (VRSTC).
"""

TABLE_3: tuple[tuple[float, float], ...] = (
    (0.9204, 0.8882),
    (0.7038, 0.5321),
    (0.8364, 0.6553),
    (0.8448, 0.6056),
    (0.8931, 0.6629),
)
"""Sec. 4.3, Table 3 (five identities of MARS): the largest distance within each, without and with
the min-max loss. They hint at vectors of length 1, which lie 2 apart at most."""


def _table_4(rank_1: float, mean_ap: float | None = None) -> Published:
    return _row("Sec. 4.4, Table 4", mean_ap, rank_1, None, None)


TABLE_4: dict[str, dict[str, Published]] = {
    "ilids-vid": {
        "ASTPN": _table_4(62.0),
        "JSTRN": _table_4(55.2),
        "STAN": _table_4(80.2),
        "RQEN": _table_4(80.0),
        "STIM": _table_4(84.3),
        "SCAN": _table_4(88.0, 89.9),
        "ResNet3D NL": _table_4(81.3),
        "STAL": _table_4(82.8),
        "VRSTC": _table_4(83.4),
        "TACAN": _table_4(88.9, 93.0),
    },
    "prid2011": {
        "ASTPN": _table_4(77.0),
        "JSTRN": _table_4(79.4),
        "STAN": _table_4(93.2),
        "RQEN": _table_4(93.4),
        "STIM": _table_4(92.7),
        "SCAN": _table_4(95.3, 95.8),
        "ResNet3D NL": _table_4(91.2),
        "STAL": _table_4(92.7),
        "TACAN": _table_4(95.3, 96.7),
    },
}
"""By data set and method, means over ten splits."""


def _table_5(*scores: float) -> Published:
    names = ("mAP", "Rank-1", "Rank-5", "Rank-10")
    return Published(
        dict(zip(names, scores, strict=True)), "Sec. 4.4, Table 5 (DukeMTMC-VideoReID)"
    )


TABLE_5: dict[str, Published] = {
    "EUG": _table_5(78.3, 83.6, 94.6, 97.6),
    "VRSTC": _table_5(93.5, 95.0, 99.1, 99.4),
    "TACAN": _table_5(95.4, 96.2, 99.4, 99.6),
}
"""The one table with a column for Rank-10, and none for Rank-20."""
