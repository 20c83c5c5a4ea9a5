"""Average linkage: the clusters of vectors that are close to each other, under constraints.

Every vector begins as a cluster of its own; then the two closest clusters become one, until none
are closer than a threshold. The distance of two clusters is the mean over all pairs of one vector
of each: of the cosine distances, or of the squared Euclidean distances (whose root is compared
with the threshold). Two clusters with a pair that must stay apart are infinitely far from each
other. Both are means over products, so a cluster's mean vector is all that has to be kept of it:

    cosine           D(A, B) = 1 - m_A . m_B              of vectors of length 1
    squared          D(A, B) = q_A + q_B - 2 m_A . m_B    with q the mean of the squared lengths

The result is that of the full matrix of distances, at less cost, by two facts. A mean is at most
as large as the threshold only if one of its terms is: so clusters can only join if vectors of them
are neighbours, and only neighbours are kept. And D(A + B, C) is never less than the smaller of
D(A, C) and D(B, C), also where one is infinite: so any two clusters that are each other's closest
may join at once, in whatever order such pairs are found (the chain of nearest neighbours, Benzécri
1982, Murtagh 1983).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError
from tacan.progress import Progress, silent
from tacan.retrieval.distances import unit_rows
from tacan.retrieval.precision import product_error

__all__ = [
    "NO_PAIRS",
    "Means",
    "Neighbours",
    "Pairs",
    "linked_clusters",
    "neighbours_within",
    "partners",
]

Pairs = NDArray[np.integer]
"""Row numbers [n, 2]."""

NO_PAIRS = np.zeros((0, 2), np.int64)

ROWS_AT_ONCE = 256
PAIRS_AT_ONCE = 2048
SAME = 1e-12
"""Distances that differ by less than this share of the threshold count as equal."""


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """The mean vectors of clusters, which are all that their distances follow from.

    vectors
        float64 [N, D]: means; under the cosine metric, of vectors made 1 long.
    offsets
        float64 [N]: what each adds to a distance beside the product: q, or 1/2 for cosine.
    factor
        Of the product: 2, or 1 for cosine.
    """

    vectors: NDArray[np.float64]
    offsets: NDArray[np.float64]
    factor: float

    @classmethod
    def of(cls, vectors: NDArray[np.floating], *, metric: str) -> Means:
        """Vectors [N, D] that are clusters of their own."""
        rows = vectors.astype(np.float64)
        if metric == "cosine":
            rows = unit_rows(rows).astype(np.float64, copy=False)
            return cls(rows, np.full(len(rows), 0.5), 1.0)
        return cls(rows, np.einsum("nd,nd->n", rows, rows), 2.0)

    def rows(self, rows: NDArray[np.integer]) -> Means:
        """Some of them."""
        return replace(self, vectors=self.vectors[rows], offsets=self.offsets[rows])

    def grouped(self, groups: Sequence[Sequence[int]]) -> Means:
        """Those of clusters that have these rows each."""
        return Means(
            np.stack([self.vectors[rows].mean(axis=0) for rows in groups]),
            np.array([self.offsets[rows].mean() for rows in groups]),
            self.factor,
        )

    def limit(self, threshold: float) -> float:
        """The threshold as it is compared: squared where distances are."""
        return threshold if self.factor == 1 or threshold < 0 else threshold**2

    def distances(self, compared: NDArray[np.floating]) -> NDArray[np.float64]:
        """Distances, of those that are compared: the way back from `limit`."""
        found = np.maximum(compared, 0).astype(np.float64)
        return found if self.factor == 1 else np.sqrt(found)

    def between(self, one: int, others: NDArray[np.integer] | list[int]) -> NDArray[np.float64]:
        """The distances of one to some others, as they are compared, [n]."""
        distances = self.offsets[others] + self.offsets[one]
        distances -= self.factor * (self.vectors[others] @ self.vectors[one])
        return distances

    def paired(self, pairs: Pairs) -> NDArray[np.float64]:
        """The distances of the pairs of rows [n, 2], as they are compared, [n]."""
        found = self.offsets[pairs[:, 0]] + self.offsets[pairs[:, 1]]
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            part = slice(start, start + PAIRS_AT_ONCE)
            x, y = (self.vectors[rows] for rows in pairs[part].T)
            found[part] -= self.factor * np.einsum("nd,nd->n", x, y)
        return found

    def rough_distances(
        self, rows: NDArray[np.intp] | None = None
    ) -> Iterator[NDArray[np.float32]]:
        """The distances of all, or those of some `rows`, to all, in blocks [n, N] of float32."""
        narrow, base = self.vectors.astype(np.float32), self.offsets.astype(np.float32)
        rows = np.arange(len(narrow)) if rows is None else rows
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = rows[start : start + ROWS_AT_ONCE]
            distances = narrow[part] @ narrow.T
            distances *= np.float32(-self.factor)
            distances += base
            distances += base[part, None]
            yield distances


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """N vectors, and which others each has within a threshold.

    limit
        The threshold as it is compared.
    near
        For each row at least those within the limit.
    """

    means: Means
    limit: float
    near: tuple[NDArray[np.int32], ...]

    def within(self, part: float) -> Neighbours:
        """Those within a part of the threshold, and others beyond it."""
        return replace(self, limit=self.limit * (part if self.means.factor == 1 else part**2))


def neighbours_within(means: Means, threshold: float, *, progress: Progress = silent) -> Neighbours:
    """The neighbours of each of N vectors within `threshold`; progress is in vectors."""
    limit = means.limit(threshold)
    # Twice what rounding to float32 can do to a distance of the largest vectors.
    slack = 8 * product_error(means.vectors.shape[1]) * float(means.offsets.max(initial=0.5))
    near: list[NDArray[np.int32]] = []
    for distances in means.rough_distances():
        for among in distances <= limit + slack:
            among[len(near)] = False
            near.append(np.flatnonzero(among).astype(np.int32))
        progress(len(near), len(means.vectors))
    return Neighbours(means, limit, tuple(near))


def linked_clusters(
    neighbours: Neighbours, *, together: Pairs = NO_PAIRS, apart: Pairs = NO_PAIRS
) -> NDArray[np.int64]:
    """The cluster of each vector, int64 [N]: the least row number in it.

    Vectors of a pair in `together` are in one cluster, whatever their distance, and those of a
    pair in `apart` never are. Raises `ConfigError` where both can't be.

    >>> rows = np.array([[1, 0.0], [1, 0.1], [0, 1.0]])
    >>> near = neighbours_within(Means.of(rows, metric="cosine"), 0.2)
    >>> linked_clusters(near), linked_clusters(near, apart=np.array([[0, 1]]))
    (array([0, 0, 2]), array([0, 1, 2]))
    """
    clusters = _Clusters(neighbours, apart)
    for one, other in together.tolist():
        clusters.join(one, other)
    clusters.check(apart)
    for row in range(len(neighbours.near)):
        if clusters.label[row] == row:
            _follow_chain(clusters, row)
    return clusters.label


def _follow_chain(clusters: _Clusters, first: int) -> None:
    """Joins clusters from `first` on, from each to its closest, until it has no neighbour left."""
    chain, distances = [first], [np.inf]
    slack = SAME * max(1.0, abs(clusters.limit))
    while chain:
        closest, distance = clusters.closest(chain[-1])
        if len(chain) > 1 and (closest == chain[-2] or distance >= distances[-1] - slack):
            joined = clusters.join(chain.pop(), chain.pop())
            del distances[-2:]
            if not chain:
                chain, distances = [joined], [np.inf]
        elif closest is None:
            return
        else:
            chain.append(closest)
            distances.append(distance)


class _Clusters:
    """Clusters while they grow; each is called by the least row number in it."""

    def __init__(self, neighbours: Neighbours, apart: Pairs) -> None:
        n = len(neighbours.near)
        self.limit = neighbours.limit
        self.label = np.arange(n)
        means = neighbours.means
        self._means = replace(means, vectors=means.vectors.copy(), offsets=means.offsets.copy())
        self._members = [np.array([row]) for row in range(n)]
        self._near: list[NDArray[np.integer]] = list(neighbours.near)
        self._apart = partners(apart, n)

    def closest(self, cluster: int) -> tuple[int | None, float]:
        """The closest cluster within the limit that may join this one, and how far it is.

        Those that may not, or are too far now, never join it but by way of other neighbours: they
        are forgotten.
        """
        near = np.unique(self.label[self._near[cluster]])
        near = near[near != cluster]
        if len(self._apart[cluster]):
            near = near[~np.isin(near, self.label[self._apart[cluster]])]
        distances = self._means.between(cluster, near)
        within = distances <= self.limit
        self._near[cluster] = near = near[within]
        if not len(near):
            return None, np.inf
        best = int(distances[within].argmin())
        return int(near[best]), float(distances[within][best])

    def join(self, one: int, other: int) -> int:
        """Makes the clusters of two rows one, and returns its name."""
        kept, gone = sorted((int(self.label[one]), int(self.label[other])))
        if kept == gone:
            return kept
        sizes = len(self._members[kept]), len(self._members[gone])
        for values in (self._means.vectors, self._means.offsets):
            values[kept] = (sizes[0] * values[kept] + sizes[1] * values[gone]) / sum(sizes)
        self.label[self._members[gone]] = kept
        for parts in (self._members, self._near, self._apart):
            parts[kept] = np.concatenate([parts[kept], parts[gone]])
            parts[gone] = parts[gone][:0]
        return kept

    def check(self, apart: Pairs) -> None:
        """Raises `ConfigError` where a pair that must stay apart is in one cluster."""
        broken = apart[self.label[apart[:, 0]] == self.label[apart[:, 1]]]
        if len(broken):
            fault = f"rows {broken[0, 0]} and {broken[0, 1]} must be both together and apart"
            raise ConfigError([fault], source="the constraints of a clustering")


def partners(pairs: Pairs, n: int) -> list[NDArray[np.integer]]:
    """For each of n rows those that it makes a pair with."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    bounds = np.searchsorted(both[:, 0], np.arange(n + 1))
    return [both[begin:end, 1] for begin, end in pairwise(bounds)]
