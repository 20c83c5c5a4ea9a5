from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from sklearn.metrics import silhouette_samples

from tacan.evaluation.identity_spread import (
    diameter,
    identity_diameters,
    people_of,
    silhouettes,
)
from tacan.features.features_file import Features


def naive_diameter(vectors: np.ndarray) -> float:
    largest = 0.0
    for i in range(len(vectors)):
        for j in range(i + 1, len(vectors)):
            total = 0.0
            for a, b in zip(vectors[i].tolist(), vectors[j].tolist(), strict=True):
                total += (a - b) ** 2
            largest = max(largest, total**0.5)
    return largest


@given(n=st.integers(1, 12), width=st.integers(1, 5), seed=st.integers(0, 99))
def test_diameter_is_that_of_naive_loops_and_of_scipy(n: int, width: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(n, width))
    assert diameter(vectors) == pytest.approx(naive_diameter(vectors))
    assert diameter(vectors) == pytest.approx(pdist(vectors).max(initial=0))


def test_vectors_that_agree_have_a_diameter_of_exactly_zero() -> None:
    assert diameter(np.full((5, 3), 1e3, np.float32)) == 0.0


def features_of(pids: list[int], vectors: np.ndarray) -> Features:
    n = len(pids)
    return Features(
        embeddings=vectors.astype(np.float32),
        pids=np.array(pids),
        camids=np.arange(n),
        is_query=np.zeros(n, dtype=bool),
        is_gallery=np.ones(n, dtype=bool),
    )


VECTORS = np.array([[2, 0], [0, 4], [1, 1], [5, 5], [9, 9], [-9, 9], [0, 3]], np.float32)
FEATURES = features_of([3, 3, 7, 0, -1, 0, 7], VECTORS)


def test_distractors_junk_and_who_is_seen_once_have_no_diameter() -> None:
    assert identity_diameters(FEATURES) == pytest.approx({3: 20**0.5, 7: 5**0.5})
    once = features_of([3, 4, 4], VECTORS[:3])
    assert list(identity_diameters(once)) == [4]


def test_at_unit_length_only_directions_count() -> None:
    angle = np.pi / 4
    assert identity_diameters(FEATURES, unit_length=True) == pytest.approx(
        {3: 2**0.5, 7: 2 * np.sin(angle / 2)}
    )
    scaled = features_of([3, 3], VECTORS[:2] * np.array([[5], [0.1]]))
    assert identity_diameters(scaled, unit_length=True) == pytest.approx({3: 2**0.5})


@given(n=st.integers(6, 30), labels=st.integers(2, 5), seed=st.integers(0, 99))
def test_silhouettes_are_those_of_scikit_learn(n: int, labels: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(n, 3)).round(1)
    named = np.concatenate([np.arange(labels), random.integers(0, labels, n - labels)])
    expected = silhouette_samples(vectors, named)
    assert silhouettes(vectors, named) == pytest.approx(expected, abs=1e-9)


def test_people_are_neither_distractors_nor_junk() -> None:
    vectors, pids = people_of(FEATURES, unit_length=False)
    assert pids.tolist() == [3, 3, 7, 7]
    assert vectors.tolist() == VECTORS[[0, 1, 2, 6]].tolist()
