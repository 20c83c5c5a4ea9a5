"""Distances to several examples of one person, and to counterexamples that show other people.

With examples x_1 ... x_p [D], counterexamples z_1 ... z_q [D] and a gallery vector y:

- d(y) is the mean over the examples, as in average linkage: mean_i (1 - cos(x_i, y)) under the
  cosine metric, and the root of mean_i |x_i - y|^2 under the Euclidean one. One example gives its
  plain distance.
- o(y) = min_j of the distance from z_j to y.
- The order is by r(y) = d(y) + max(0, d(y) - o(y)): who is nearer to a counterexample than to the
  examples moves back by as much as that is; all others stay where they are.

The order of d is that of the plain distance to one vector, the mean of the examples (made 1 long
first under the cosine metric), which an index can search for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacan.retrieval.distances import unit_rows
from tacan.retrieval.precision import paired_distances

__all__ = ["mean_distances", "mean_example", "order_against"]


def mean_example(examples: NDArray[np.float32], *, metric: str) -> NDArray[np.float32]:
    """The vector [D] whose distances have the order of d, of `examples` [p, D]."""
    if len(examples) == 1:
        return examples[0]
    rows = examples.astype(np.float64)
    rows = unit_rows(rows) if metric == "cosine" else rows
    return rows.mean(axis=0).astype(np.float32)


def mean_distances(
    examples: NDArray[np.float32], rows: NDArray[np.float32], *, metric: str
) -> NDArray[np.float64]:
    """d of each of `rows` [n, D]: [n].

    >>> mean_distances(np.array([[0.0], [2.0]]), np.array([[1.0], [2.0]]), metric="euclidean")
    array([1.        , 1.41421356])
    """
    power = 2 if metric == "euclidean" else 1
    every = [paired_distances(one[None], rows, metric=metric) ** power for one in examples]
    return np.mean(every, axis=0) ** (1 / power)


def order_against(
    distances: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.float64]:
    """r of d and o, both [n].

    >>> order_against(np.array([0.3, 0.3]), np.array([0.5, 0.1]))
    array([0.3, 0.5])
    """
    return distances + np.maximum(0.0, distances - others)
