"""Distances as the ranking needs them: rough and fast for all pairs, exact for the few in doubt.

One float32 matrix product gives every pair a rough value whose order is that of the distances
up to a known error. Only where a right and a wrong answer lie within that error is the pair
computed again in float64, from the original vectors. So the result is that of float64
arithmetic, and vectors that are equal give distances that are equal, whatever the matrix
product's rounding makes of them.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol as Shape

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError
from tacan.retrieval.distances import METRICS, unit_rows
from tacan.retrieval.precision import UNIT_ROUNDOFF, comparison_values, product_error

__all__ = ["Comparison", "MatrixComparison", "VectorComparison"]

Rows = NDArray[np.int64]

SAME = 1e-13
"""Squared distances that agree to this share, and cosine distances that agree to this much, are
the same distance."""

ROWS_AT_ONCE = 512
SAFE_SIZES = (1e-12, 1e12)
"""Vectors whose largest number is outside are scaled, so that their squares stay in float32."""


class Comparison(Shape):
    """Q queries against C columns, block by block."""

    @property
    def error(self) -> NDArray[np.float64] | None:
        """[Q]: how far two rough values of a query can be apart although their distances are
        equal; None where rough values are exact."""
        ...

    def rough(self, start: int, stop: int) -> NDArray[np.floating]:
        """[stop - start, C] values in the order of the distances, but for `error`."""
        ...

    def exact(self, queries: Rows, columns: Rows) -> NDArray[np.float64]:
        """[n] values of the pairs of `queries` [n] and `columns` [n], in the order of the
        distances."""
        ...

    def exact_row(self, query: int) -> NDArray[np.float64]:
        """[C]: `exact` of one query and all columns."""
        ...

    def limit(self, exact: NDArray[np.float64]) -> NDArray[np.float64]:
        """The largest exact value that counts as equal to `exact`."""
        ...


class MatrixComparison:
    """A ready matrix of distances [Q, C'], of which the ranked columns are `columns` [C].

    Distances are compared as they stand, without any tolerance.
    """

    error = None

    def __init__(self, distances: NDArray[np.floating], columns: Rows) -> None:
        self.distances = distances
        self.columns = columns
        self._all = np.array_equal(columns, np.arange(distances.shape[1]))

    def rough(self, start: int, stop: int) -> NDArray[np.floating]:
        block = self.distances[start:stop]
        return block if self._all else np.take(block, self.columns, axis=1)

    def exact(self, queries: Rows, columns: Rows) -> NDArray[np.float64]:
        return self.distances[queries, self.columns[columns]].astype(np.float64)

    def exact_row(self, query: int) -> NDArray[np.float64]:
        return self.distances[query, self.columns].astype(np.float64)

    def limit(self, exact: NDArray[np.float64]) -> NDArray[np.float64]:
        return exact


class VectorComparison:
    """The rows of `embeddings` float32 [N, D] under a metric: `queries` [Q] against `columns` [C].

    Euclidean: with x and y measured from the mean of the columns, the rough value is
    |y|^2 - 2 x.y, which is the squared distance less a constant of the query. Cosine: it is
    -2 x.y with unit vectors and y measured from the mean, which is right for zero vectors too.
    Measuring from the mean leaves the order as it is, and makes the rounding errors smaller.
    """

    def __init__(
        self, embeddings: NDArray[np.float32], queries: Rows, columns: Rows, *, metric: str
    ) -> None:
        if metric not in METRICS:
            fault = f"the metric must be one of {', '.join(METRICS)}; got {metric!r}"
            raise ConfigError([fault], source="metric")
        self.metric = metric
        self._embeddings = embeddings
        self._queries = queries
        self._rows = columns
        if metric == "cosine":
            self._prepare_unit_vectors()
        else:
            self._prepare_vectors()
        self._buffer = np.empty((0, len(columns)), dtype=np.float32)

    def _prepare_vectors(self) -> None:
        embeddings = self._embeddings
        scale = _safe_scale(embeddings)
        x = _gathered(embeddings, self._queries, scale)
        y = _gathered(embeddings, self._rows, scale)
        centre = y.mean(axis=0, dtype=np.float64).astype(np.float32)
        x -= centre
        y -= centre
        squares = np.einsum("nd,nd->n", y, y, dtype=np.float64).astype(np.float32)
        self._squares: NDArray[np.float32] | None = squares
        self._columns = y
        self.error = _difference_error(x, squares) + 16 * UNIT_ROUNDOFF * float(squares.max())
        self._minus_twice = np.multiply(x, np.float32(-2), out=x)

    def _prepare_unit_vectors(self) -> None:
        x = _unit_gathered(self._embeddings, self._queries)
        y = _unit_gathered(self._embeddings, self._rows)
        y -= y.mean(axis=0, dtype=np.float64).astype(np.float32)
        self._squares = None
        self._columns = y
        squares = np.einsum("nd,nd->n", y, y)
        self.error = _difference_error(x, squares) + 32 * UNIT_ROUNDOFF
        self._minus_twice = np.multiply(x, np.float32(-2), out=x)

    def rough(self, start: int, stop: int) -> NDArray[np.floating]:
        """See `Comparison`. The array is used again by the next call."""
        if len(self._buffer) < stop - start:
            self._buffer = np.empty((stop - start, len(self._columns)), dtype=np.float32)
        block = self._buffer[: stop - start]
        np.matmul(self._minus_twice[start:stop], self._columns.T, out=block)
        if self._squares is not None:
            block += self._squares
        return block

    def exact(self, queries: Rows, columns: Rows) -> NDArray[np.float64]:
        values = np.empty(len(columns))
        for start in range(0, len(columns), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            x = self._embeddings[self._queries[queries[part]]]
            y = self._embeddings[self._rows[columns[part]]]
            values[part] = comparison_values(x, y, metric=self.metric)
        return values

    def exact_row(self, query: int) -> NDArray[np.float64]:
        """Where many columns are in doubt, many are often equal, which are computed once."""
        firsts, group = self._distinct
        return self.exact(np.full(len(firsts), query), firsts)[group]

    @cached_property
    def _distinct(self) -> tuple[Rows, Rows]:
        """The first column of each group of equal ones, and the group of each column."""
        rows = np.ascontiguousarray(self._embeddings[self._rows])
        whole = rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize))).ravel()
        _, firsts, group = np.unique(whole, return_index=True, return_inverse=True)
        return firsts, group

    def limit(self, exact: NDArray[np.float64]) -> NDArray[np.float64]:
        return exact + SAME if self.metric == "cosine" else exact * (1 + SAME)


def _safe_scale(embeddings: NDArray[np.float32]) -> np.float32:
    """A power of two that brings the largest number near 1, or 1 where squares are safe."""
    largest = max(float(embeddings.max()), -float(embeddings.min()))
    if largest == 0 or SAFE_SIZES[0] < largest < SAFE_SIZES[1]:
        return np.float32(1)
    return np.float32(2.0 ** -np.clip(np.frexp(largest)[1], -126, 126))


def _gathered(
    embeddings: NDArray[np.float32], rows: Rows, scale: np.float32
) -> NDArray[np.float32]:
    gathered = embeddings[rows]
    return gathered if scale == 1 else np.multiply(gathered, scale, out=gathered)


def _unit_gathered(embeddings: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
    gathered = np.empty((len(rows), embeddings.shape[1]), dtype=np.float32)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        gathered[part] = unit_rows(embeddings[rows[part]])
    return gathered


def _difference_error(x: NDArray[np.float32], squares: NDArray[np.float32]) -> NDArray[np.float64]:
    """Bounds the error of the difference of two float32 products 2 x.y, [Q]."""
    lengths = np.sqrt(np.einsum("nd,nd->n", x, x)).astype(np.float64)
    longest = float(squares.max()) ** 0.5
    return 4 * product_error(x.shape[1]) * lengths * longest
