"""How closely the vectors of one identity lie together, and how far from those of others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacan.features.features_file import Features
from tacan.records import DISTRACTOR_PID
from tacan.retrieval.distances import euclidean_distances, unit_rows

__all__ = ["diameter", "identity_diameters", "people_of", "silhouettes"]


def diameter(vectors: NDArray[np.floating]) -> float:
    """Eq. 10: diam(C) = max over 1 <= i < j <= |C| of dist(x_i, x_j), Euclidean.

    `vectors` [|C|, D] are those of one identity; a single one has a diameter of 0.

    >>> diameter(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    5.0
    """
    exact = vectors.astype(np.float64)
    return float(euclidean_distances(exact, exact).max(initial=0.0))


def identity_diameters(features: Features, *, unit_length: bool = False) -> dict[int, float]:
    """`diameter` of each identity that has two tracklets or more, by its pid.

    Distractors and junk are nobody. With `unit_length` vectors are scaled to length 1 first.
    """
    vectors, pids = people_of(features, unit_length=unit_length)
    found, counts = np.unique(pids, return_counts=True)
    return {int(pid): diameter(vectors[pids == pid]) for pid in found[counts > 1]}


def silhouettes(vectors: NDArray[np.floating], labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """The silhouette of each vector: s = (b - a) / max(a, b), from -1 to 1 (Rousseeuw, 1987).

    a is its mean Euclidean distance to the others of its label, b the least mean distance to those
    of another label. `vectors` [N, D] and `labels` [N] give [N]; one that is alone has 0.
    There must be two labels or more.
    """
    exact = vectors.astype(np.float64)
    names, members, counts = np.unique(labels, return_inverse=True, return_counts=True)
    belongs = np.eye(len(names))[members]  # [N, K]: sums by label are one matrix product
    result = np.zeros(len(exact))
    for label, count in enumerate(counts):
        rows = np.flatnonzero(members == label)
        if count == 1:
            continue
        sums = euclidean_distances(exact[rows], exact) @ belongs
        within = sums[:, label] / (count - 1)
        means = sums / counts
        means[:, label] = np.inf
        nearest = means.min(axis=1)
        largest = np.maximum(within, nearest)
        result[rows] = np.where(largest > 0, (nearest - within) / np.maximum(largest, 1e-300), 0.0)
    return result


def people_of(
    features: Features, *, unit_length: bool
) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """Vectors [N, D] and pids [N] of the tracklets of real people."""
    rows = features.pids > DISTRACTOR_PID
    vectors = features.embeddings[rows].astype(np.float64)
    return unit_rows(vectors) if unit_length else vectors, features.pids[rows]
