"""Distances as the ranking needs them: rough and fast for all pairs, exact for the few in doubt.

One float32 matrix product gives every pair a rough value whose order is that of the distances
up to a known error. Only where a right and a wrong answer lie within that error is the pair
computed again in float64, from the original vectors. So the result is that of float64
arithmetic, and vectors that are equal give distances that are equal, whatever the matrix
product's rounding makes of them.
"""

from __future__ import annotations

from typing import Protocol as Shape

import numpy as np
from numpy.typing import NDArray

from tacan.distances import unit_rows
from tacan.errors import ConfigError

__all__ = ["Comparison", "MatrixComparison", "VectorComparison"]

UNIT_ROUNDOFF = 2.0**-24
SAME = 1e-12
"""Distances that agree to this share (of 1 for cosine) are the same distance."""

PAIRS_AT_ONCE = 4096


class Comparison(Shape):
    """Q queries against C columns, block by block."""

    def rough(self, start: int, stop: int) -> NDArray[np.floating]:
        """[stop - start, C] values in the order of the distances, up to `error`."""
        ...

    def error(self, query: int) -> float:
        """How far two rough values of a query may be apart though their distances are equal."""
        ...

    def exact(self, query: int, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """[n] values in the order of the distances, exact to float64."""
        ...

    def limit(self, exact: NDArray[np.float64]) -> NDArray[np.float64]:
        """The largest exact value that counts as equal to `exact`."""
        ...


class MatrixComparison:
    """A ready matrix of distances [Q, C]: taken as it is, without any tolerance."""

    def __init__(self, distances: NDArray[np.floating]) -> None:
        self.distances = distances
        self._error = np.zeros(len(distances))

    def rough(self, start: int, stop: int) -> NDArray[np.floating]:
        return self.distances[start:stop]

    def error(self, query: int) -> float:
        return float(self._error[query])

    def exact(self, query: int, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        return self.distances[query, columns].astype(np.float64)

    def limit(self, exact: NDArray[np.float64]) -> NDArray[np.float64]:
        return exact


class VectorComparison:
    """Vectors under a metric: `queries` [Q, D] and `gallery` [C, D], float32."""

    def __init__(
        self, queries: NDArray[np.float32], gallery: NDArray[np.float32], *, metric: str
    ) -> None:
        if metric not in _EXACT:
            fault = f"the metric must be one of {', '.join(_EXACT)}; got {metric!r}"
            raise ConfigError([fault], source="metric")
        self.metric = metric
        self.queries = queries
        self.gallery = gallery
        x, y = (_placed(rows, metric) for rows in (queries, gallery))
        self._squares = _squares(y, metric)
        self._minus_twice = x * np.float32(-2)
        self._columns = y
        self._error = _rough_error(x, y)
        self._buffer = np.empty((0, len(y)), dtype=np.float32)

    def rough(self, start: int, stop: int) -> NDArray[np.floating]:
        """|y|^2 - 2 x.y, which is the squared distance less a constant of the query; for unit
        vectors -2 x.y, which is right for a zero vector too.

        The array is used again by the next call.
        """
        if len(self._buffer) < stop - start:
            self._buffer = np.empty((stop - start, len(self._columns)), dtype=np.float32)
        block = self._buffer[: stop - start]
        np.matmul(self._minus_twice[start:stop], self._columns.T, out=block)
        block += self._squares
        return block

    def error(self, query: int) -> float:
        return float(self._error[query])

    def exact(self, query: int, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        vector = self.queries[query].astype(np.float64)
        values = np.empty(len(columns))
        for start in range(0, len(columns), PAIRS_AT_ONCE):
            part = slice(start, start + PAIRS_AT_ONCE)
            values[part] = _EXACT[self.metric](vector, self.gallery[columns[part]])
        return values

    def limit(self, exact: NDArray[np.float64]) -> NDArray[np.float64]:
        return exact + SAME if self.metric == "cosine" else exact * (1 + SAME)


def _placed(rows: NDArray[np.float32], metric: str) -> NDArray[np.float32]:
    return unit_rows(rows) if metric == "cosine" else rows


def _squares(rows: NDArray[np.float32], metric: str) -> NDArray[np.float32]:
    if metric == "cosine":
        return np.zeros(len(rows), dtype=np.float32)
    return np.einsum("nd,nd->n", rows, rows)


def _rough_error(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float64]:
    """Bounds the rounding of |y|^2 - 2 x.y, twice, since two such values are compared, [Q].

    A float32 dot product of D terms is off by about sqrt(D) roundings of |x| |y| (Higham and
    Mary, 2019); four times that is safe in practice, and the rest covers the other roundings.
    """
    lengths = np.sqrt(np.einsum("nd,nd->n", x, x, dtype=np.float64))
    longest = np.sqrt(np.einsum("nd,nd->n", y, y, dtype=np.float64).max(initial=0))
    terms = 4 * np.sqrt(x.shape[1]) + 8
    return 2 * UNIT_ROUNDOFF * terms * longest * (2 * lengths + longest)


def _exact_euclidean(
    vector: NDArray[np.float64], columns: NDArray[np.float32]
) -> NDArray[np.float64]:
    differences = columns - vector
    return np.einsum("nd,nd->n", differences, differences)


def _exact_cosine(vector: NDArray[np.float64], columns: NDArray[np.float32]) -> NDArray[np.float64]:
    rows = unit_rows(columns.astype(np.float64))
    return 1 - rows @ unit_rows(vector[None])[0]


_EXACT = {"euclidean": _exact_euclidean, "cosine": _exact_cosine}
