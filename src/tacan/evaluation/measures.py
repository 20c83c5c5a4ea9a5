"""The measures, as pure functions of the ranks at which the right answers stand.

A query's ranking leaves r_1 < r_2 < ... < r_G, the 1-based ranks of its G right answers after
everything that is ignored has been taken out. The rankings of Q queries are kept end to end:
`hit_ranks` [sum G], where query i's are `hit_ranks[offsets[i]:offsets[i + 1]]`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "average_precision",
    "cmc",
    "first_ranks",
    "inverse_negative_penalty",
    "trapezoid_average_precision",
]

Ranks = NDArray[np.int64]


def average_precision(hit_ranks: Ranks, offsets: Ranks) -> NDArray[np.float64]:
    """AP = 1/G * sum_k k/r_k for each query, [Q]; NaN where G = 0.

    >>> average_precision(np.array([1, 4]), np.array([0, 2, 2]))
    array([0.75,  nan])
    """
    k = _hit_numbers(offsets)
    return _mean_per_query(k / hit_ranks, offsets)


def trapezoid_average_precision(hit_ranks: Ranks, offsets: Ranks) -> NDArray[np.float64]:
    """AP = 1/G * sum_k (p_k + k/r_k)/2 for each query, [Q]; NaN where G = 0.

    p_k is the precision just before the hit: (k-1)/(r_k - 1), or 1 at r_k = 1. This is the
    area under the precision-recall curve by the trapezoid rule, as in MARS' own code.

    >>> trapezoid_average_precision(np.array([1, 4]), np.array([0, 2]))
    array([0.70833333])
    """
    k = _hit_numbers(offsets)
    before = np.where(hit_ranks == 1, 1.0, (k - 1) / np.maximum(hit_ranks - 1, 1))
    return _mean_per_query((before + k / hit_ranks) / 2, offsets)


def inverse_negative_penalty(hit_ranks: Ranks, offsets: Ranks) -> NDArray[np.float64]:
    """INP = G / r_G for each query, [Q]; NaN where G = 0. Its mean is mINP.

    It is 1 if nothing wrong stands before the last right answer, and so tells how far one has to
    look to have found them all (Ye et al., 2021).

    >>> inverse_negative_penalty(np.array([1, 4]), np.array([0, 2]))
    array([0.5])
    """
    n_right = np.diff(offsets)
    penalty = np.full(len(n_right), np.nan)
    has_one = n_right > 0
    penalty[has_one] = n_right[has_one] / hit_ranks[offsets[1:][has_one] - 1]
    return penalty


def first_ranks(hit_ranks: Ranks, offsets: Ranks) -> Ranks:
    """The rank of each query's first right answer, [Q]; 0 where it has none."""
    first = np.zeros(len(offsets) - 1, dtype=np.int64)
    has_one = np.diff(offsets) > 0
    first[has_one] = hit_ranks[offsets[:-1][has_one]]
    return first


def cmc(first: Ranks, n_ranks: int) -> NDArray[np.float64]:
    """CMC(n) for n = 1 to `n_ranks`: the share of the counting queries with r_1 <= n.

    `first` [Q] holds r_1, or 0 for a query that doesn't count. Past the end of a short gallery
    the curve keeps its last value; NaN throughout where no query counts.

    >>> cmc(np.array([1, 3, 0, 3]), 4).round(2)
    array([0.33, 0.33, 1.  , 1.  ])
    """
    counting = first[first > 0]
    found = np.bincount(counting[counting <= n_ranks], minlength=n_ranks + 1)[1:].cumsum()
    with np.errstate(invalid="ignore"):
        return found / np.float64(len(counting))


def _hit_numbers(offsets: Ranks) -> Ranks:
    """k = 1, 2, ... within each query, [sum G]."""
    return np.arange(1, offsets[-1] + 1) - np.repeat(offsets[:-1], np.diff(offsets))


def _mean_per_query(values: NDArray[np.float64], offsets: Ranks) -> NDArray[np.float64]:
    n_right = np.diff(offsets)
    means = np.full(len(n_right), np.nan)
    has_one = n_right > 0
    means[has_one] = np.add.reduceat(values, offsets[:-1][has_one]) / n_right[has_one]
    return means
