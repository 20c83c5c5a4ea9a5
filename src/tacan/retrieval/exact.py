"""The nearest of many vectors, exactly, by one pass over them in float32.

The pass gives each squared distance |x|^2 - 2 x.q + |q|^2 (or cosine) with an error that has a
bound: a sum of D products in float32 is off by at most D 2^-24 |x||q|. Whatever could be
among the nearest by that bound is computed again in float64. So the answer is that of float64
throughout, at the cost of reading the vectors once.

Only the chosen rows are read, but where most of a stretch is chosen it is read as a whole.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.retrieval.distances import METRICS
from tacan.retrieval.index import Vectors

__all__ = ["Nearest", "inner_products", "nearest"]

STRETCH = 4096  # rows that a thread takes at a time
GATHER = 256  # rows that are copied side by side: a megabyte at D = 1024 stays in the cache
WHOLE_SHARE = 0.5
EXACT_AT_ONCE = 2048
TINY_SQUARE = 1e-30

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The places of the nearest rows, nearest first, and their distances in float64."""

    places: Places
    distances: NDArray[np.float64]


def nearest(
    vectors: Vectors,
    query: NDArray[np.float32],
    chosen: NDArray[np.bool_],
    count: int,
    *,
    metric: str,
) -> Nearest:
    """The `count` nearest rows (fewer if fewer are chosen) to `query` [D], exactly.

    `chosen` bool [N]. At equal distance the lower place comes first.
    """
    places = np.flatnonzero(chosen)
    if len(places) > count:
        products = inner_products(vectors, query, chosen).astype(np.float64)
        squares = vectors.squares[places].astype(np.float64)
        low, high = _bounds(products, squares, query, metric)
        limit = np.partition(high, count - 1)[count - 1]
        places = places[low <= limit]
    exact = np.empty(len(places))
    wide = query[None].astype(np.float64)
    for start in range(0, len(places), EXACT_AT_ONCE):
        part = slice(start, start + EXACT_AT_ONCE)
        exact[part] = METRICS[metric](wide, vectors.rows(places[part]).astype(np.float64))[0]
    order = np.argsort(exact, kind="stable")[:count]
    return Nearest(places[order], exact[order])


def _bounds(
    products: NDArray[np.float64],
    squares: NDArray[np.float64],
    query: NDArray[np.float32],
    metric: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each squared Euclidean, or cosine, distance [n] is at least and at most."""
    unit = (len(query) + 8) * 2.0**-24
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


def inner_products(
    vectors: Vectors, query: NDArray[np.float32], chosen: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """x.q for each chosen row x, in their order: float32 [n]."""
    stretches, first = [], 0
    for block in vectors.blocks:
        for start in range(0, len(block), STRETCH):
            rows = block[start : start + STRETCH]
            stretches.append((rows, chosen[first + start : first + start + len(rows)]))
        first += len(block)

    def products(stretch: tuple[NDArray[np.float32], NDArray[np.bool_]]) -> NDArray[np.float32]:
        return _stretch_products(*stretch, query)

    with ThreadPoolExecutor(_n_threads()) as pool:
        parts = list(pool.map(products, stretches))
    return np.concatenate([np.zeros(0, np.float32), *parts])


def _stretch_products(
    rows: NDArray[np.float32], chosen: NDArray[np.bool_], query: NDArray[np.float32]
) -> NDArray[np.float32]:
    # einsum, unlike a matrix product, does not start threads of its own.
    places = np.flatnonzero(chosen)
    if len(places) == 0:
        return np.zeros(0, np.float32)
    first, last = places[0], places[-1] + 1
    if len(places) >= WHOLE_SHARE * (last - first):
        return np.einsum("nd,d->n", rows[first:last], query)[places - first]
    out = np.empty(len(places), np.float32)
    buffer = np.empty((GATHER, rows.shape[1]), np.float32)
    for start in range(0, len(places), GATHER):
        part = places[start : start + GATHER]
        some = buffer[: len(part)]
        np.take(rows, part, axis=0, out=some, mode="clip")
        np.einsum("nd,d->n", some, query, out=out[start : start + len(part)])
    return out


def _n_threads() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
