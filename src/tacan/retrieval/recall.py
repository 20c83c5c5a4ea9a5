"""How many of the nearest an approximate index finds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacan.retrieval.distances import METRICS
from tacan.retrieval.vector_index import VectorIndex

__all__ = ["TOP", "recall"]

TOP = 10
"""Nearest that are asked for, where not said otherwise."""
STRETCH = 16384  # rows that are held at a time
ROUNDING = 1e-5


def recall(index: VectorIndex, *, metric: str, top: int = TOP, n_queries: int = 100) -> float:
    """The mean share of the exact `top` nearest that `index` finds, or of others just as near.

    Asked with `n_queries` of its own vectors, spread evenly over it, each of which is left out of
    the answer; 1 for an index of one vector or none.
    """
    n = len(index)
    top = min(top, n - 1)
    if top < 1:
        return 1.0
    rows = np.unique(np.linspace(0, n - 1, n_queries).astype(np.intp))
    queries = index.rows(rows)
    shares: list[float] = []
    for row, query, limit in zip(
        rows, queries, _limits(index, rows, queries, top, metric), strict=True
    ):
        others = np.ones(n, np.bool_)
        others[row] = False
        found = index.nearest(query, others, top, metric=metric)
        shares.append(float((found.distances <= limit * (1 + ROUNDING)).sum()) / top)
    return float(np.mean(shares))


def _limits(
    index: VectorIndex, rows: NDArray[np.intp], queries: NDArray[np.float32], top: int, metric: str
) -> NDArray[np.floating]:
    """The distance [Q] of the last of the exact `top` nearest to each query, by a pass over all."""
    nearest = np.full((len(rows), top), np.inf, np.float32)
    for start in range(0, len(index), STRETCH):
        stretch = np.arange(start, min(start + STRETCH, len(index)))
        distances = METRICS[metric](queries, index.rows(stretch))
        distances[rows[:, None] == stretch] = np.inf
        nearest = np.concatenate([nearest, distances], axis=1)
        nearest = np.partition(nearest, top - 1, axis=1)[:, :top]
    return nearest.max(axis=1)
