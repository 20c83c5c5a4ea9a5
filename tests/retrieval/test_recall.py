from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tacan.retrieval import recall as measured
from tacan.retrieval.exact import ExactIndex, squared_lengths
from tacan.retrieval.recall import recall


@dataclass(frozen=True)
class Blind:
    """An index that never finds the rows `unseen`."""

    exact: ExactIndex
    unseen: np.ndarray

    def __len__(self) -> int:
        return len(self.exact)

    def rows(self, indices):
        return self.exact.rows(indices)

    def matrix(self):
        return self.exact.matrix()

    def nearest(self, query, chosen, count, *, metric):
        return self.exact.nearest(query, chosen & ~self.unseen, count, metric=metric)


def naive(vectors, unseen, metric, top):
    shares = []
    for row in range(len(vectors)):
        x, q = vectors.astype(np.float64), vectors[row].astype(np.float64)
        if metric == "euclidean":
            far = np.sqrt(((x - q) ** 2).sum(1))
        else:
            far = 1 - x @ q / np.linalg.norm(x, axis=1) / np.linalg.norm(q)
        others = [i for i in np.argsort(far) if i != row]
        right, found = others[:top], [i for i in others if not unseen[i]][:top]
        shares.append(len(set(right) & set(found)) / top)
    return np.mean(shares)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("top", [1, 10])
def test_the_share_is_that_of_a_naive_count(metric, top, monkeypatch):
    monkeypatch.setattr(measured, "STRETCH", 7)
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((60, 5)).astype(np.float32)
    exact = ExactIndex((vectors,), squared_lengths(vectors))
    assert recall(exact, metric=metric, top=top) == 1
    unseen = rng.random(60) < 0.2
    found = recall(Blind(exact, unseen), metric=metric, top=top)
    assert found == pytest.approx(naive(vectors, unseen, metric, top))
    assert 0.6 < found < 0.95


def test_another_that_is_as_near_is_as_good():
    vectors = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    exact = ExactIndex((vectors,), squared_lengths(vectors))
    unseen = np.arange(12) % 4 == 0
    assert recall(Blind(exact, unseen), metric="euclidean", top=2) == 1


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_vectors(n):
    vectors = np.ones((n, 3), np.float32)
    assert recall(ExactIndex((vectors,), squared_lengths(vectors)), metric="euclidean") == 1
