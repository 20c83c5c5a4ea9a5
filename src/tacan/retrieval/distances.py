"""Distances between two sets of vectors: smaller is closer.

With x a query [D] and y a gallery vector [D]:

- Euclidean: d(x, y) = |x - y|
- cosine: d(x, y) = 1 - x.y / (|x| |y|), which is |x/|x| - y/|y||^2 / 2. A zero vector has no
  direction: its cosine distance to everything is 1.

The whole matrix is made by the expansion |x|^2 + |y|^2 - 2 x.y, that is by one matrix product.
The expansion loses its digits where two vectors nearly agree, so those entries are clamped at
zero and then computed again from the differences: identical vectors are at distance exactly 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "METRICS",
    "cosine_distances",
    "euclidean_distances",
    "squared_euclidean_distances",
    "unit_rows",
]

Distances = Callable[[NDArray[np.floating], NDArray[np.floating]], NDArray[np.floating]]

PAIRS_AT_ONCE = 4096


def euclidean_distances(
    queries: NDArray[np.floating], gallery: NDArray[np.floating]
) -> NDArray[np.floating]:
    """The Euclidean distance of every query to every gallery vector.

    `queries` [Q, D] and `gallery` [G, D] give [Q, G], float64 if either is, else float32.

    >>> euclidean_distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[5., 0.]])
    """
    squares = squared_euclidean_distances(queries, gallery)
    return np.sqrt(squares, out=squares)


def cosine_distances(
    queries: NDArray[np.floating], gallery: NDArray[np.floating]
) -> NDArray[np.floating]:
    """The cosine distance, from 0 to 2, of every query to every gallery vector.

    `queries` [Q, D] and `gallery` [G, D] give [Q, G], float64 if either is, else float32.

    >>> cosine_distances(np.array([[1.0, 0.0]]), np.array([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
    array([[0., 1., 1.]])
    """
    x, y = (unit_rows(rows) for rows in _as_floats(queries, gallery))
    distances = squared_euclidean_distances(x, y)
    distances *= 0.5
    distances[~x.any(axis=1)] = 1.0
    distances[:, ~y.any(axis=1)] = 1.0
    return np.minimum(distances, 2.0, out=distances)


METRICS: dict[str, Distances] = {
    "euclidean": euclidean_distances,
    "cosine": cosine_distances,
}


def unit_rows(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    """The rows of [N, D] divided by their lengths; a zero row stays zero.

    Lengths neither overflow nor underflow: each row is first divided by its largest entry.
    """
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    scaled = rows / np.where(largest > 0, largest, 1)
    lengths = np.sqrt(np.einsum("nd,nd->n", scaled, scaled))[:, None]
    scaled /= np.where(lengths > 0, lengths, 1)
    return scaled


def _as_floats(
    queries: NDArray[np.floating], gallery: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    kind = np.result_type(queries, gallery, np.float32)
    return queries.astype(kind, copy=False), gallery.astype(kind, copy=False)


def squared_euclidean_distances(
    queries: NDArray[np.floating], gallery: NDArray[np.floating]
) -> NDArray[np.floating]:
    """|x - y|^2 of every query [Q, D] to every gallery vector [G, D]: [Q, G]."""
    x, y = _as_floats(queries, gallery)
    x_squares = np.einsum("nd,nd->n", x, x)
    y_squares = np.einsum("nd,nd->n", y, y)
    squares = (-2 * x) @ y.T
    squares += x_squares[:, None]
    squares += y_squares[None, :]
    np.maximum(squares, 0, out=squares)
    _mend_small(squares, x, y, x_squares, y_squares)
    return squares


def _mend_small(
    squares: NDArray[np.floating],
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    x_squares: NDArray[np.floating],
    y_squares: NDArray[np.floating],
) -> None:
    """Replaces the entries of `squares` that have lost half of their digits."""
    share = float(np.sqrt(np.finfo(squares.dtype).eps))
    largest = y_squares.max(initial=0)
    for query, row in enumerate(squares):
        close = np.flatnonzero(row <= share * (x_squares[query] + largest))
        for start in range(0, len(close), PAIRS_AT_ONCE):
            part = close[start : start + PAIRS_AT_ONCE]
            differences = y[part] - x[query]
            row[part] = np.einsum("nd,nd->n", differences, differences)
