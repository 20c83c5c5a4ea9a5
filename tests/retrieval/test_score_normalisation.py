from __future__ import annotations

import numpy as np
import pytest

from tacan.retrieval.average_linkage import Means, linked_clusters, neighbours_within
from tacan.retrieval.contested import uncontested_clusters
from tacan.retrieval.distances import METRICS
from tacan.retrieval.score_normalisation import normalised

from .test_average_linkage import matrix, people


def naive(distances):
    """D' of a matrix D [N, N], in loops."""
    n = len(distances)
    typical = [sum(row) / n for row in distances]
    return [
        [d - (typical[x] + typical[y]) / 2 + sum(typical) / n for y, d in enumerate(row)]
        for x, row in enumerate(distances)
    ]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n", [1, 2, 30])
def test_it_is_the_naive_loop(metric, n):
    vectors = people(np.random.default_rng(n), n, spread=1)
    expected = naive(matrix(vectors, metric))
    means = normalised(Means.of(vectors, metric=metric))
    pairs = np.array([(x, y) for x in range(n) for y in range(n)])
    found = means.paired(pairs).reshape(n, n)
    # A vector's distance to itself is 0 by definition, and a rounding away from it here.
    np.testing.assert_allclose(found, expected, atol=1e-6)
    rows = [means.between(row, np.arange(n)) for row in range(n)]
    np.testing.assert_allclose(rows, expected, atol=1e-6)
    rough = np.concatenate(list(means.rough_distances()))
    np.testing.assert_allclose(rough, expected, atol=1e-4)


@pytest.mark.parametrize("metric", METRICS)
def test_the_distance_of_clusters_is_the_mean_over_pairs(metric):
    vectors = people(np.random.default_rng(4), 12, spread=1)
    expected = np.array(naive(matrix(vectors, metric)))
    groups = [[0, 3, 4], [1], [2, 5, 6, 7, 8, 9, 10, 11]]
    found = normalised(Means.of(vectors, metric=metric)).grouped(groups).between(0, [1, 2])
    of_pairs = [expected[np.ix_(groups[0], other)].mean() for other in groups[1:]]
    np.testing.assert_allclose(found, of_pairs)


def test_nobody_has_no_distances():
    nobody = normalised(Means.of(np.zeros((0, 3)), metric="cosine"))
    assert list(nobody.rough_distances()) == []


def test_who_looks_like_everybody_is_nobody():
    # Two walks of each of eight people, and one that is as near to all of them.
    rng = np.random.default_rng(0)
    noise = 0.2 * rng.standard_normal((16, 8))
    vectors = np.concatenate([np.repeat(np.eye(8), 2, axis=0) + noise, np.full((1, 8), 1.0)])
    by_person = [*np.repeat(range(0, 16, 2), 2), 16]
    plain = Means.of(vectors, metric="cosine")
    thresholds = np.linspace(0, 1, 101)

    def right(means):
        found = (linked_clusters(neighbours_within(means, t)).tolist() for t in thresholds)
        return sum(label == by_person for label in found)

    assert right(normalised(plain)) > 2 * right(plain)


@pytest.mark.parametrize("metric", METRICS)
def test_distances_below_nothing_are_linked_in_their_order_whatever_the_order_of_rows(metric):
    rng = np.random.default_rng(6)
    vectors = np.repeat(people(rng, 20, spread=1), 3, axis=0)
    vectors += 0.05 * rng.standard_normal(vectors.shape)
    means = normalised(Means.of(vectors, metric=metric))
    assert np.concatenate(list(means.rough_distances())).min() < 0
    order = rng.permutation(60)
    for threshold in (-np.inf, 0.0, 0.3, 1.0):
        before = uncontested_clusters(neighbours_within(means, threshold))
        after = uncontested_clusters(neighbours_within(means.rows(order), threshold))
        after = after[np.argsort(order)]
        np.testing.assert_array_equal(
            before[:, None] == before[None], after[:, None] == after[None]
        )
        if threshold < 0:
            assert (before == np.arange(60)).all()
