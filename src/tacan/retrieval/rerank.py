"""k-reciprocal re-ranking: distances that also ask whether the neighbours agree.

Zhong, Zheng, Cao and Li, "Re-ranking person re-identification with k-reciprocal encoding",
CVPR 2017. With all N = Q + G vectors in one list, d(i, j) their squared distance divided by the
largest of row i, and N(i, k) the k + 1 nearest to i (i itself among them):

- R(i, k) = {j in N(i, k) with i in N(j, k)}, the k-reciprocal neighbours;
- R*(i) = R(i, k1) with every R(c, k1/2), c in R(i, k1), of which more than two thirds lie in
  R(i, k1);
- v_i(j) = exp(-d(i, j)) for j in R*(i), else 0, divided by the sum; then averaged over the first
  k2 of N(i);
- the Jaccard distance J(i, j) = 1 - s / (2 - s) with s = sum_m min(v_i(m), v_j(m));
- the new distance (1 - weight) J + weight d.

The published code holds several N x N matrices. Here neighbours are found block by block and
everything after is sparse, so that memory grows with N, not with its square.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tacan.progress import Progress, silent
from tacan.retrieval.distances import squared_euclidean_distances, unit_rows
from tacan.retrieval.rerank_settings import Reranking

__all__ = ["rerank_distances"]

ROWS_AT_ONCE = 256
PAIRS_AT_ONCE = 4096

Vectors = NDArray[np.floating]


def rerank_distances(
    queries: Vectors,
    gallery: Vectors,
    settings: Reranking | None = None,
    *,
    metric: str = "euclidean",
    progress: Progress = silent,
) -> Vectors:
    """The re-ranked distance [Q, G] of every query [Q, D] to every gallery vector [G, D].

    At equal distance the neighbour that comes first in the list counts as nearer. Progress is in
    vectors, of Q + G.
    """
    settings = settings or Reranking()
    vectors = np.concatenate([queries, gallery])
    if metric == "cosine":
        vectors = unit_rows(vectors)
    nearest, largest = _neighbours(vectors, settings.k1 + 1, progress)
    encoding = _encoded(_expanded_reciprocal(nearest, settings.k1), vectors, largest)
    first = _membership(nearest[:, : settings.k2])
    encoding = sparse.csr_array(first @ encoding / min(settings.k2, nearest.shape[1]))
    by_column = encoding.tocsc()
    distances = np.empty((len(queries), len(gallery)), dtype=vectors.dtype)
    for start in range(0, len(queries), ROWS_AT_ONCE):
        rows = slice(start, min(start + ROWS_AT_ONCE, len(queries)))
        plain = squared_euclidean_distances(vectors[rows], vectors[len(queries) :])
        plain *= settings.weight / largest[rows, None]
        jaccard = _jaccard(encoding, by_column, range(rows.start, rows.stop))[:, len(queries) :]
        distances[rows] = plain + (1 - settings.weight) * jaccard
    return distances


def _neighbours(
    vectors: Vectors, number: int, progress: Progress
) -> tuple[NDArray[np.int64], Vectors]:
    """The `number` nearest of each vector [N, number], nearest first, and its largest squared
    distance [N] (1 where all are 0)."""
    n = len(vectors)
    number = min(number, n)
    nearest = np.empty((n, number), dtype=np.int64)
    largest = np.empty(n, dtype=vectors.dtype)
    for start in range(0, n, ROWS_AT_ONCE):
        block = squared_euclidean_distances(vectors[start : start + ROWS_AT_ONCE], vectors)
        largest[start : start + len(block)] = block.max(axis=1)
        for i, row in enumerate(block, start=start):
            limit = np.partition(row, number - 1)[number - 1]
            candidates = np.flatnonzero(row <= limit)
            nearest[i] = candidates[np.argsort(row[candidates], kind="stable")[:number]]
        progress(start + len(block), n)
    largest[largest == 0] = 1
    return nearest, largest


def _membership(neighbours: NDArray[np.int64]) -> sparse.csr_array:
    """[N, N] with a 1 where j is among the neighbours [N, k] of i."""
    n, k = neighbours.shape
    ones = np.ones(n * k, dtype=np.int32)
    return sparse.csr_array((ones, neighbours.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))


def _reciprocal(neighbours: NDArray[np.int64]) -> sparse.csr_array:
    """R(i, k) as the ones of row i."""
    forward = _membership(neighbours)
    return sparse.csr_array(forward.multiply(forward.T))


def _expanded_reciprocal(nearest: NDArray[np.int64], k1: int) -> sparse.csr_array:
    """R*(i) as the places that are not zero in row i."""
    reciprocal = _reciprocal(nearest)
    half = _reciprocal(nearest[:, : int(np.around(k1 / 2)) + 1])
    sizes = np.diff(half.indptr)
    shared = sparse.csr_array(reciprocal.multiply(reciprocal @ half.T))
    shared.data = (3 * shared.data > 2 * sizes[shared.indices]).astype(np.int32)
    return sparse.csr_array(reciprocal + shared @ half)


def _encoded(members: sparse.csr_array, vectors: Vectors, largest: Vectors) -> sparse.csr_array:
    """v_i as row i."""
    members.eliminate_zeros()
    rows = np.repeat(np.arange(len(vectors)), np.diff(members.indptr))
    values = np.empty(members.nnz, dtype=np.float64)
    for start in range(0, members.nnz, PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        differences = vectors[rows[part]] - vectors[members.indices[part]]
        squares = np.einsum("nd,nd->n", differences, differences)
        values[part] = np.exp(-squares / largest[rows[part]])
    values /= np.bincount(rows, values, minlength=len(vectors))[rows]
    return sparse.csr_array((values, members.indices, members.indptr), shape=members.shape)


def _jaccard(
    encoding: sparse.csr_array, by_column: sparse.csc_array, rows: range
) -> NDArray[np.float64]:
    """J(i, j) for i in `rows` and all j: [n, N], from v by rows and by columns."""
    n = len(encoding.indptr) - 1
    shared = np.empty((len(rows), n))
    for place, i in enumerate(rows):
        entry = slice(encoding.indptr[i], encoding.indptr[i + 1])
        columns, own = encoding.indices[entry], encoding.data[entry]
        starts, stops = by_column.indptr[columns], by_column.indptr[columns + 1]
        sizes = stops - starts
        entries = np.arange(sizes.sum()) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
        least = np.minimum(by_column.data[entries], np.repeat(own, sizes))
        shared[place] = np.bincount(by_column.indices[entries], least, minlength=n)
    return 1 - shared / (2 - shared)
