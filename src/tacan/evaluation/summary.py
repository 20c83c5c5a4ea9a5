"""Mean and standard deviation of measures over repetitions: over splits, or over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tacan.evaluation.evaluation import Evaluation

__all__ = ["DDOF", "RANKS", "Summary", "measures", "summarise"]

RANKS = (1, 5, 10, 20)

DDOF = 1
"""What is taken from n in the divisor of the variance: the sample's standard deviation."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Fractions, by the names of `measures`; `std` is None for a single value, which has
    none."""

    n: int
    mean: Mapping[str, float]
    std: Mapping[str, float] | None


def measures(evaluation: Evaluation) -> dict[str, float]:
    """mAP and the CMC at `RANKS`, under the names that tables give them."""
    cmc = {f"Rank-{rank}": float(evaluation.cmc[rank - 1]) for rank in RANKS}
    return {"mAP": evaluation.mean_ap, **cmc}


def summarise(repetitions: Sequence[Mapping[str, float]]) -> Summary:
    """The mean over repetitions, x = 1/n sum_i x_i, and s = sqrt(1/(n-1) sum_i (x_i - x)^2).

    s is the standard deviation of a sample: the splits or seeds stand for all that might have been
    drawn. Every one counts the same, however many queries it has.

    >>> summarise([{"mAP": 0.5}, {"mAP": 0.7}]).mean
    {'mAP': 0.6}
    """
    names = list(repetitions[0])
    values = np.array(
        [[repetition[name] for name in names] for repetition in repetitions], dtype=np.float64
    )
    std = values.std(axis=0, ddof=DDOF).tolist() if len(values) > 1 else None
    return Summary(
        n=len(values),
        mean=dict(zip(names, values.mean(axis=0).tolist(), strict=True)),
        std=None if std is None else dict(zip(names, std, strict=True)),
    )
