"""The nearest of many vectors, exactly, by one pass over them in float32.

The pass gives each squared distance |x|^2 - 2 x.q + |q|^2 (or cosine) with an error that has a
bound, see `precision`. Whatever could be among the nearest by that bound is computed again in
float64. So the answer is that of float64 throughout, at the cost of reading the vectors once.

Only the chosen rows are read, but where most of a stretch is chosen it is read as a whole.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.cores import available_cores
from tacan.retrieval.precision import paired_distances, product_error
from tacan.retrieval.vector_index import Nearest, VectorIndex

__all__ = ["ExactIndex", "nearest_of", "squared_lengths"]

STRETCH = 4096  # rows that a thread takes at a time
GATHER = 256  # rows that are copied side by side: a megabyte at D = 1024 stays in the cache
WHOLE_SHARE = 0.5
TINY_SQUARE = 1e-30


@dataclass(frozen=True, slots=True, eq=False)
class ExactIndex:
    """A `VectorIndex` over blocks of rows, which may be mapped into memory.

    `blocks` are float32 [n, D], whose rows count one after the other; `squares` float32 [N] are
    the squared lengths of all rows.
    """

    blocks: tuple[NDArray[np.float32], ...]
    squares: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.squares)

    def matrix(self) -> NDArray[np.float32]:
        """All rows as one array [N, D], without a copy where that is possible."""
        return self.blocks[0] if len(self.blocks) == 1 else np.concatenate(self.blocks)

    def rows(self, indices: NDArray[np.intp]) -> NDArray[np.float32]:
        """The vectors [n, D] of these row numbers [n]."""
        found = np.empty((len(indices), self.blocks[0].shape[1]), np.float32)
        first = 0
        for block in self.blocks:
            here = (indices >= first) & (indices < first + len(block))
            found[here] = block[indices[here] - first]
            first += len(block)
        return found

    def nearest(
        self,
        query: NDArray[np.float32],
        chosen: NDArray[np.bool_],
        count: int,
        *,
        metric: str,
    ) -> Nearest:
        """See `VectorIndex`; exactly, as float64 arithmetic would have it."""
        indices = np.flatnonzero(chosen)
        if len(indices) > count:
            products = self.inner_products(query, chosen).astype(np.float64)
            squares = self.squares[indices].astype(np.float64)
            low, high = _bounds(products, squares, query, metric)
            limit = np.partition(high, count - 1)[count - 1]
            indices = indices[low <= limit]
        return nearest_of(self, indices, query, count, metric=metric)

    def inner_products(
        self, query: NDArray[np.float32], chosen: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """x.q for each chosen row x, in their order: float32 [n]."""
        stretches, first = [], 0
        for block in self.blocks:
            for start in range(0, len(block), STRETCH):
                rows = block[start : start + STRETCH]
                stretches.append((rows, chosen[first + start : first + start + len(rows)]))
            first += len(block)

        def products(stretch: tuple[NDArray[np.float32], NDArray[np.bool_]]) -> NDArray[np.float32]:
            return _stretch_products(*stretch, query)

        with ThreadPoolExecutor(available_cores()) as pool:
            parts = list(pool.map(products, stretches))
        return np.concatenate([np.zeros(0, np.float32), *parts])


def nearest_of(
    vectors: VectorIndex,
    indices: NDArray[np.intp],
    query: NDArray[np.float32],
    count: int,
    *,
    metric: str,
) -> Nearest:
    """The `count` nearest of the rows `indices` [n], rising, by distances in float64."""
    distances = np.empty(len(indices))
    for start in range(0, len(indices), STRETCH):
        part = slice(start, start + STRETCH)
        distances[part] = paired_distances(query[None], vectors.rows(indices[part]), metric=metric)
    order = np.argsort(distances, kind="stable")[:count]
    return Nearest(indices[order], distances[order])


def squared_lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """|x|^2 of each row of [N, D]: float32 [N]."""
    with np.errstate(over="ignore"):
        return np.einsum("nd,nd->n", vectors, vectors)


def _bounds(
    products: NDArray[np.float64],
    squares: NDArray[np.float64],
    query: NDArray[np.float32],
    metric: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each squared Euclidean, or cosine, distance [n] is at least and at most."""
    unit = product_error(len(query))
    query_square = float(np.square(query, dtype=np.float64).sum())
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        lengths = np.sqrt(squares * query_square)
        if metric == "cosine":
            middle, error = 1 - products / lengths, np.full(len(squares), 4 * unit)
        else:
            middle = squares - 2 * products + query_square
            error = unit * (squares + 2 * lengths)
        low, high = middle - error, middle + error
    # Where a square has overflowed, or has lost its digits, nothing is known.
    doubtful = ~(np.isfinite(middle) & np.isfinite(error)) | (lengths < TINY_SQUARE)
    doubtful |= squares < TINY_SQUARE
    low[doubtful], high[doubtful] = -np.inf, np.inf
    return low, high


def _stretch_products(
    rows: NDArray[np.float32], chosen: NDArray[np.bool_], query: NDArray[np.float32]
) -> NDArray[np.float32]:
    # einsum, unlike a matrix product, does not start threads of its own.
    indices = np.flatnonzero(chosen)
    if len(indices) == 0:
        return np.zeros(0, np.float32)
    first, last = indices[0], indices[-1] + 1
    if len(indices) >= WHOLE_SHARE * (last - first):
        return np.einsum("nd,d->n", rows[first:last], query)[indices - first]
    out = np.empty(len(indices), np.float32)
    buffer = np.empty((GATHER, rows.shape[1]), np.float32)
    for start in range(0, len(indices), GATHER):
        part = indices[start : start + GATHER]
        some = buffer[: len(part)]
        np.take(rows, part, axis=0, out=some, mode="clip")
        np.einsum("nd,d->n", some, query, out=out[start : start + len(part)])
    return out
