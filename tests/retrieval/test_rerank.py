from __future__ import annotations

import math

import numpy as np
import pytest

from tacan.errors import ConfigError
from tacan.evaluation import DistanceMatrix, evaluate
from tacan.features.features_file import Features
from tacan.retrieval.distances import unit_rows
from tacan.retrieval.rerank import rerank_distances
from tacan.retrieval.rerank_settings import Reranking


def squared_distance(x, y):
    return math.fsum((a - b) ** 2 for a, b in zip(x, y, strict=True))


def naive(queries, gallery, k1, k2, weight):
    """The published algorithm with lists and loops, on squared Euclidean distances."""
    vectors = [*queries.tolist(), *gallery.tolist()]
    n = len(vectors)
    square = [
        [math.fsum((a - b) ** 2 for a, b in zip(x, y, strict=True)) for y in vectors]
        for x in vectors
    ]
    d = [[value / max(row) for value in row] for row in square]
    ranked = [sorted(range(n), key=lambda j, i=i: d[i][j]) for i in range(n)]

    def reciprocal(i, k):
        return [j for j in ranked[i][: k + 1] if i in ranked[j][: k + 1]]

    encoding = []
    for i in range(n):
        agreed = reciprocal(i, k1)
        expanded = set(agreed)
        for candidate in agreed:
            theirs = reciprocal(candidate, round(k1 / 2))
            if len(set(theirs) & set(agreed)) > 2 / 3 * len(theirs):
                expanded |= set(theirs)
        weights = {j: math.exp(-d[i][j]) for j in expanded}
        encoding.append([weights.get(j, 0.0) / sum(weights.values()) for j in range(n)])
    averaged = []
    for i in range(n):
        near = ranked[i][:k2]
        averaged.append([sum(encoding[j][m] for j in near) / len(near) for m in range(n)])
    result = []
    for i in range(len(queries)):
        row = []
        for j in range(len(queries), n):
            shared = sum(min(averaged[i][m], averaged[j][m]) for m in range(n))
            row.append((1 - weight) * (1 - shared / (2 - shared)) + weight * d[i][j])
        result.append(row)
    return result


def clustered(seed, n, width=4):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((6, width))
    return centres[rng.integers(0, 6, n)] + 0.4 * rng.standard_normal((n, width))


@pytest.mark.parametrize(
    ("k1", "k2", "weight"), [(20, 6, 0.3), (5, 1, 0.0), (7, 3, 1.0), (1, 1, 0.5), (100, 50, 0.2)]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_distances_equal_the_published_algorithm(k1, k2, weight, seed):
    queries, gallery = clustered(seed, 15), clustered(seed + 10, 40)
    found = rerank_distances(queries, gallery, Reranking(k1=k1, k2=k2, weight=weight))
    np.testing.assert_allclose(found, naive(queries, gallery, k1, k2, weight), rtol=0, atol=1e-12)


def test_equal_distances_are_taken_in_the_order_of_the_list():
    vectors = np.random.default_rng(11).integers(-1, 2, (60, 3)).astype(np.float64)
    found = rerank_distances(vectors[:12], vectors[12:], Reranking(k1=6, k2=3))
    np.testing.assert_allclose(
        found, naive(vectors[:12], vectors[12:], 6, 3, 0.3), rtol=0, atol=1e-12
    )


def test_several_blocks_give_the_same(monkeypatch):
    queries, gallery = clustered(2, 12), clustered(3, 30)
    whole = rerank_distances(queries, gallery)
    monkeypatch.setattr("tacan.retrieval.rerank.ROWS_AT_ONCE", 5)
    monkeypatch.setattr("tacan.retrieval.rerank.PAIRS_AT_ONCE", 7)
    np.testing.assert_allclose(rerank_distances(queries, gallery), whole, rtol=0, atol=1e-12)


def test_cosine_is_the_method_on_unit_vectors():
    queries, gallery = clustered(4, 10), clustered(5, 30)
    settings = Reranking(k1=6, k2=2)
    expected = naive(unit_rows(queries), unit_rows(gallery), 6, 2, 0.3)
    found = rerank_distances(queries, gallery, settings, metric="cosine")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_equal_vectors_stay_finite():
    same = np.ones((9, 3), dtype=np.float32)
    found = rerank_distances(same[:3], same[3:], Reranking(k1=4, k2=2))
    assert np.isfinite(found).all()


def test_progress_counts_all_vectors():
    calls = []
    rerank_distances(clustered(6, 10), clustered(7, 20), progress=lambda *call: calls.append(call))
    assert calls[-1] == (30, 30)


def test_all_wrong_settings_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        Reranking(k1=0, k2=9, weight=1.5)
    assert len(caught.value.faults) == 3


def test_evaluation_with_re_ranking_is_evaluation_of_the_re_ranked_matrix():
    rng = np.random.default_rng(8)
    n = 60
    features = Features(
        embeddings=clustered(9, n).astype(np.float32),
        pids=rng.integers(-1, 6, n),
        camids=rng.integers(1, 4, n),
        is_query=np.arange(n) < 15,
        is_gallery=np.arange(n) >= 15,
    )
    gallery = features.is_gallery & (features.pids != -1)
    settings = Reranking(k1=5, k2=2)
    matrix = DistanceMatrix(
        rerank_distances(features.embeddings[:15], features.embeddings[gallery], settings),
        features.pids[:15],
        features.camids[:15],
        features.pids[gallery],
        features.camids[gallery],
    )
    found = evaluate(features, "cross-camera", rerank=settings)
    expected = evaluate(matrix, "cross-camera")
    assert found.metric == "euclidean+rerank"
    assert found.mean_ap == expected.mean_ap
    np.testing.assert_array_equal(found.cmc, expected.cmc)
    assert found.mean_ap != evaluate(features, "cross-camera").mean_ap


def test_a_ready_matrix_can_not_be_re_ranked():
    matrix = DistanceMatrix(np.ones((1, 2)), [1], [1], [1, 2], [2, 2])
    with pytest.raises(ConfigError, match="re-ranking needs embeddings"):
        evaluate(matrix, "cross-camera", rerank=Reranking())
