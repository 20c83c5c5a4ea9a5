"""What a float32 dot product may be off by, and distances of single pairs in float64.

Search and evaluation work the same way: one pass in float32 over all pairs, whose error has a
bound, then float64 for those pairs whose order that bound leaves open. The result is that of
float64 arithmetic throughout.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacan.retrieval.distances import unit_rows

__all__ = ["UNIT_ROUNDOFF", "comparison_values", "paired_distances", "product_error"]

UNIT_ROUNDOFF = 2.0**-24
"""Half the distance from 1 to the next float32."""

PAIRS_AT_ONCE = 2048


def product_error(dim: int) -> float:
    """How far x.y of two float32 vectors [dim] may be off, as a share of |x| |y|.

    A sum of D products is off by at most D roundings, in whatever order it is added up (Higham,
    2002, section 3.1); 8 more are for the rounding of what the product is added to.
    """
    return (dim + 8) * UNIT_ROUNDOFF


def comparison_values(
    x: NDArray[np.floating], y: NDArray[np.floating], *, metric: str
) -> NDArray[np.float64]:
    """Values [n] in the order of the distances of the pairs (x[i], y[i]), in float64.

    `x` and `y` are [n, D], or [1, D] for one vector against all of the other. The value is the
    squared Euclidean, or the cosine distance. Equal vectors give 0.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    if metric == "cosine":
        x, y = unit_rows(x), unit_rows(y)
    differences = x - y
    values = np.einsum("nd,nd->n", differences, differences)
    if metric == "cosine":
        # With a zero vector, which has no direction, the distance is 1 by definition.
        has_directions = x.any(axis=1) & y.any(axis=1)
        values = np.where(has_directions, np.minimum(values / 2, 2), 1.0)
    return values


def paired_distances(
    x: NDArray[np.floating], y: NDArray[np.floating], *, metric: str
) -> NDArray[np.float64]:
    """The distances [n] of the pairs (x[i], y[i]), in float64; shapes as above.

    >>> paired_distances(np.zeros((1, 2)), np.array([[3.0, 4.0], [0.0, 0.0]]), metric="euclidean")
    array([5., 0.])
    """
    n = max(len(x), len(y))
    distances = np.empty(n)
    for start in range(0, n, PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        some = (rows if len(rows) < n else rows[part] for rows in (x, y))
        distances[part] = comparison_values(*some, metric=metric)
    return np.sqrt(distances) if metric == "euclidean" else distances
