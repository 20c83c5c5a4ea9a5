from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from tacan.errors import ConfigError
from tacan.retrieval.average_linkage import NO_PAIRS, Means, linked_clusters, neighbours_within
from tacan.retrieval.distances import METRICS


def clustered(vectors, threshold, *, metric="cosine", together=NO_PAIRS, apart=NO_PAIRS):
    near = neighbours_within(Means.of(vectors, metric=metric), threshold)
    return linked_clusters(near, together=np.array(together), apart=np.array(apart))


def matrix(vectors, metric):
    """The distances whose means are compared: cosine, or squared Euclidean."""
    distances = METRICS[metric](vectors.astype(np.float64), vectors.astype(np.float64))
    return distances if metric == "cosine" else distances**2


def naive(vectors, threshold, *, metric, together=(), apart=()):
    """The definition: the closest two that may join do, as often as they are close enough."""
    distances = matrix(vectors, metric)
    limit = threshold if metric == "cosine" else threshold**2
    clusters = [{row} for row in range(len(vectors))]
    for pair in together:
        one, other = (next(c for c in clusters if row in c) for row in pair)
        if one is not other:
            clusters.remove(other)
            one |= other
    while True:
        found = []
        for one, other in combinations(clusters, 2):
            if not any({a, b} & one and {a, b} & other for a, b in apart):
                found.append((np.mean([distances[a, b] for a in one for b in other]), one, other))
        if not found or (best := min(found, key=lambda pair: pair[0]))[0] > limit:
            break
        clusters.remove(best[2])
        best[1].update(best[2])
    label = np.empty(len(vectors), int)
    for cluster in clusters:
        label[list(cluster)] = min(cluster)
    return label


def people(rng, n, *, dim=6, n_people=5, spread=0.6):
    """Vectors [n, dim] around the directions of a few people."""
    centres = rng.standard_normal((n_people, dim))
    return centres[rng.integers(n_people, size=n)] + spread * rng.standard_normal((n, dim))


def some_pairs(rng, n, count):
    pairs = rng.integers(n, size=(count, 2))
    return pairs[pairs[:, 0] != pairs[:, 1]]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_naive_loop_with_and_without_constraints(metric, seed):
    rng = np.random.default_rng(seed)
    vectors = people(rng, 24)
    threshold = float(np.quantile(matrix(vectors, metric), rng.uniform(0.02, 0.5)))
    threshold = threshold if metric == "cosine" else threshold**0.5
    together = some_pairs(rng, 24, seed % 4)
    apart = some_pairs(rng, 24, 3 * (seed % 5))
    closure = naive(vectors, -1.0, metric="cosine", together=together)
    apart = apart[closure[apart[:, 0]] != closure[apart[:, 1]]]
    constraints = {"together": together, "apart": apart}
    np.testing.assert_array_equal(
        clustered(vectors, threshold, metric=metric, **constraints),
        naive(vectors, threshold, metric=metric, **constraints),
    )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("quantile", [0.0, 0.01, 0.1, 0.4, 1.0])
def test_without_constraints_it_is_the_average_linkage_of_scipy(metric, quantile):
    vectors = people(np.random.default_rng(7), 300, n_people=40, dim=12)
    distances = matrix(vectors, metric)
    np.fill_diagonal(distances, 0)
    condensed = squareform(distances, checks=False)
    limit = float(np.quantile(condensed, quantile))
    theirs = fcluster(linkage(condensed, "average"), limit, "distance")
    ours = clustered(vectors, limit if metric == "cosine" else limit**0.5, metric=metric)
    firsts = {cluster: row for row, cluster in reversed(list(enumerate(theirs)))}
    np.testing.assert_array_equal(ours, [firsts[cluster] for cluster in theirs])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.floats(0, 2), st.sampled_from(["x", "0"]))
def test_no_constraint_is_ever_broken(seed, n, threshold, kind):
    rng = np.random.default_rng(seed)
    vectors = people(rng, n) if kind == "x" else rng.integers(2, size=(n, 3)).astype(float)
    together = some_pairs(rng, n, int(rng.integers(0, 4)))
    apart = some_pairs(rng, n, int(rng.integers(0, 60)))
    forced = clustered(vectors, -1.0, together=together)
    apart = apart[forced[apart[:, 0]] != forced[apart[:, 1]]]
    label = clustered(vectors, threshold, together=together, apart=apart)
    assert (label[together[:, 0]] == label[together[:, 1]]).all()
    assert (label[apart[:, 0]] != label[apart[:, 1]]).all()


def test_the_order_of_the_rows_changes_nothing_but_the_names():
    rng = np.random.default_rng(3)
    vectors, apart = people(rng, 80, n_people=15), some_pairs(rng, 80, 100)
    order = rng.permutation(80)
    place = np.argsort(order)
    before = clustered(vectors, 0.3, apart=apart)
    after = clustered(vectors[order], 0.3, apart=place[apart])[place]
    same = before[:, None] == before[None]
    assert 10 < len(set(before)) < 70
    np.testing.assert_array_equal(same, after[:, None] == after[None])


def test_constraints_that_contradict_each_other_are_refused():
    with pytest.raises(ConfigError, match="rows 0 and 2 must be both together and apart"):
        clustered(np.eye(3), 0.5, together=[[0, 1], [1, 2]], apart=[[0, 2]])


@pytest.mark.parametrize("n", [0, 1])
def test_few_vectors_are_clusters_as_they_are(n):
    assert clustered(np.ones((n, 4)), 1.0).tolist() == list(range(n))


def test_equal_vectors_and_vectors_of_no_direction():
    vectors = np.repeat([[0.0, 0.0], [1, 0], [0, 1]], 3, axis=0)
    assert clustered(vectors, 0.0).tolist() == [0, 1, 2, 3, 3, 3, 6, 6, 6]
    assert clustered(vectors, 0.0, metric="euclidean").tolist() == [0, 0, 0, 3, 3, 3, 6, 6, 6]
