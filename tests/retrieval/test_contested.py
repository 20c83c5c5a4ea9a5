from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacan.retrieval.average_linkage import NO_PAIRS, Means, linked_clusters, neighbours_within
from tacan.retrieval.contested import SURE, uncontested_clusters
from tacan.retrieval.distances import METRICS

from .test_average_linkage import clustered, matrix, people, some_pairs


def uncontested(vectors, threshold, *, metric="cosine", together=NO_PAIRS, apart=NO_PAIRS):
    near = neighbours_within(Means.of(vectors, metric=metric), threshold)
    return uncontested_clusters(near, together=np.array(together), apart=np.array(apart))


def naive(vectors, threshold, *, metric, together=NO_PAIRS, apart=NO_PAIRS):
    """The definition, over all three clusters; then average linkage with the contested apart."""
    distances = matrix(vectors, metric)
    limit = threshold if metric == "cosine" else threshold**2
    sure = clustered(vectors, SURE * threshold, metric=metric, together=together, apart=apart)
    clusters = {number: np.flatnonzero(sure == number) for number in np.unique(sure)}
    different = {(sure[one], sure[other]) for one, other in [*apart, *np.flip(apart, axis=1)]}

    def mean(one, other):
        return distances[np.ix_(clusters[one], clusters[other])].mean()

    contested = [
        (a, b)
        for a, b, c in permutations(clusters, 3)
        if (b, c) in different and mean(a, c) < mean(a, b) <= limit
    ]
    kept = np.column_stack([np.arange(len(sure)), sure])
    apart = np.concatenate([apart, np.array(contested, int).reshape(-1, 2)])
    return clustered(vectors, threshold, metric=metric, together=kept, apart=apart)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_naive_loop(metric, seed):
    rng = np.random.default_rng(seed)
    vectors = people(rng, 24, spread=1)
    threshold = float(np.quantile(matrix(vectors, metric), rng.uniform(0.1, 0.5)))
    threshold = threshold if metric == "cosine" else threshold**0.5
    together, apart = some_pairs(rng, 24, seed % 4), some_pairs(rng, 24, 6 * (seed % 5))
    forced = clustered(vectors, -1.0, together=together)
    apart = apart[forced[apart[:, 0]] != forced[apart[:, 1]]]
    constraints = {"together": together, "apart": apart}
    np.testing.assert_array_equal(
        uncontested(vectors, threshold, metric=metric, **constraints),
        naive(vectors, threshold, metric=metric, **constraints),
    )


def test_who_is_closer_to_a_certain_stranger_of_the_other_is_not_linked():
    # The first two are 1.5 apart. One camera saw the third with both of them.
    rows = np.array([[0.0], [1.5], [-1.2]])
    both = np.array([[0, 2], [1, 2]])
    found = uncontested(rows, 2.0, metric="euclidean", apart=both)
    np.testing.assert_array_equal(found, [0, 1, 2])
    farther = np.array([[0.0], [1.5], [-1.8]])
    found = uncontested(farther, 2.0, metric="euclidean", apart=both)
    np.testing.assert_array_equal(found, [0, 0, 2])
    # Within `SURE` of the threshold, or where a human says so, they are one all the same.
    found = uncontested(rows, 3.1, metric="euclidean", apart=both)
    np.testing.assert_array_equal(found, [0, 0, 2])
    found = uncontested(rows, 2.0, metric="euclidean", apart=both, together=np.array([[0, 1]]))
    np.testing.assert_array_equal(found, [0, 0, 2])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.floats(-1, 2), st.sampled_from(["x", "0"]))
def test_no_constraint_is_broken(seed, n, threshold, kind):
    rng = np.random.default_rng(seed)
    vectors = people(rng, n) if kind == "x" else rng.integers(2, size=(n, 3)).astype(float)
    together, apart = NO_PAIRS, NO_PAIRS
    if n > 1:
        together = some_pairs(rng, n, int(rng.integers(0, 4)))
        apart = some_pairs(rng, n, int(rng.integers(0, 60)))
        forced = clustered(vectors, -1.0, together=together)
        apart = apart[forced[apart[:, 0]] != forced[apart[:, 1]]]
    label = uncontested(vectors, threshold, together=together, apart=apart)
    assert (label[together[:, 0]] == label[together[:, 1]]).all()
    assert (label[apart[:, 0]] != label[apart[:, 1]]).all()


@pytest.mark.parametrize("metric", METRICS)
def test_without_strangers_it_is_average_linkage(metric):
    vectors = people(np.random.default_rng(5), 200, n_people=30, dim=12)
    near = neighbours_within(Means.of(vectors, metric=metric), 0.5)
    np.testing.assert_array_equal(uncontested_clusters(near), linked_clusters(near))


def test_the_order_of_the_rows_changes_nothing_but_the_names():
    rng = np.random.default_rng(3)
    vectors, apart = people(rng, 80, n_people=15, spread=1), some_pairs(rng, 80, 200)
    order = rng.permutation(80)
    place = np.argsort(order)
    before = uncontested(vectors, 0.5, apart=apart)
    after = uncontested(vectors[order], 0.5, apart=place[apart])[place]
    assert (before != clustered(vectors, 0.5, apart=apart)).any()
    same = before[:, None] == before[None]
    np.testing.assert_array_equal(same, after[:, None] == after[None])
