from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation.thresholds import (
    PairDistances,
    collect_pairs,
    open_set_threshold,
    roc_curve,
    true_positive_rate,
)
from tacan.features.features_file import Features
from tacan.retrieval.distances import METRICS
from tests.evaluation import naive
from tests.evaluation.rows import as_rows, made_up


def naive_pairs(features, protocol, metric):
    """Right and wrong distances of each query that is not junk, by loops."""
    rows = as_rows(features)
    distances = METRICS[metric](features.embeddings, features.embeddings)
    gallery = naive.gallery_of(rows, protocol)
    for i, query in enumerate(rows):
        if not query["query"] or query["pid"] == -1:
            continue
        right, wrong = [], []
        for j in gallery:
            item = rows[j]
            if naive.ignored(query, item, protocol) or (query["pid"] == item["pid"] == 0):
                continue
            (right if item["pid"] == query["pid"] else wrong).append(distances[i, j])
        yield right, wrong


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("protocol", ["cross-camera", "mars-9330", "two-camera"])
def test_pairs_equal_naive_loops(protocol, metric):
    features = made_up(0, n_cameras=2 if protocol == "two-camera" else 4, integers=False)
    found = collect_pairs(features, protocol, metric=metric)
    expected = list(naive_pairs(features, protocol, metric))
    close = {"rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(found.positives, sorted(d for r, _ in expected for d in r), **close)
    np.testing.assert_allclose(found.negatives, sorted(d for _, w in expected for d in w), **close)
    nearest = [(min(r, default=np.inf), min(w, default=np.inf)) for r, w in expected]
    np.testing.assert_allclose(
        np.stack([found.nearest_positive, found.nearest_negative], axis=1), nearest, **close
    )


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.1, 0.29, 0.5, 0.999])
def test_the_threshold_is_the_largest_with_the_wished_rate(rate):
    pairs = collect_pairs(made_up(1, n=300, n_pids=60), "cross-camera")
    found = open_set_threshold(pairs, rate)
    assert found.false_match_rate <= rate
    assert found.false_match_rate == np.mean(pairs.nearest_negative <= found.threshold)
    larger = np.nextafter(np.float32(found.threshold), np.float32(np.inf))
    assert np.mean(pairs.nearest_negative <= larger) > rate
    counts = np.isfinite(pairs.nearest_positive)
    hit = (pairs.nearest_positive <= found.threshold) & (
        pairs.nearest_positive < pairs.nearest_negative
    )
    assert found.found_rate == hit[counts].mean()
    assert (found.n_query, found.n_valid_query) == (len(counts), counts.sum())


def test_a_rate_that_is_a_whole_number_of_queries_is_used_up():
    nearest = np.arange(1.0, 101.0)
    pairs = PairDistances(nearest, nearest, np.full(100, np.inf), nearest)
    pairs.nearest_positive[0] = 0.5
    for rate in (0.07, 0.29, 0.57, 0.58):
        assert open_set_threshold(pairs, rate).false_match_rate == rate


def test_a_wrong_answer_at_the_same_distance_is_no_find():
    nearest = np.array([1.0, 5.0])
    pairs = PairDistances(
        nearest, nearest, nearest_positive=np.array([1.0, 2.0]), nearest_negative=nearest
    )
    found = open_set_threshold(pairs, 0.5)
    assert found.threshold > 2
    assert found.found_rate == 0.5


def test_true_positive_rates_equal_scikit_learns():
    pairs = collect_pairs(made_up(2, n=300, integers=False), "cross-camera")
    truth = np.r_[np.ones(len(pairs.positives)), np.zeros(len(pairs.negatives))]
    scores = -np.concatenate([pairs.positives, pairs.negatives])
    fpr, tpr, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    for rate in (0.0, 0.001, 0.01, 0.1, 0.5, 1.0):
        assert true_positive_rate(pairs, rate) == tpr[fpr <= rate].max()


@pytest.mark.parametrize("integers", [True, False])
def test_the_curve_equals_scikit_learns_from_one_wrong_pair_on(integers):
    pairs = collect_pairs(made_up(2, n=200, integers=integers), "cross-camera")
    truth = np.r_[np.ones(len(pairs.positives)), np.zeros(len(pairs.negatives))]
    scores = -np.concatenate([pairs.positives, pairs.negatives])
    fpr, tpr, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    curve = roc_curve(pairs)
    assert curve.false_positive_rate[0] == 1 / len(pairs.negatives)
    assert curve.false_positive_rate[-1] == curve.true_positive_rate[-1] == 1
    assert (np.diff(curve.false_positive_rate) > 0).all()
    expected = [tpr[fpr <= rate + 1e-12].max() for rate in curve.false_positive_rate]
    np.testing.assert_array_equal(curve.true_positive_rate, expected)


def test_a_curve_of_one_wrong_pair_has_one_point():
    one = np.array([1.0])
    curve = roc_curve(PairDistances(one, one, one, one))
    assert curve.false_positive_rate.tolist() == curve.true_positive_rate.tolist() == [1]


def test_a_constant_embedding_finds_no_one():
    features = made_up(3)
    same = Features(
        np.ones((len(features), 5)),
        features.pids,
        features.camids,
        features.is_query,
        features.is_gallery,
    )
    pairs = collect_pairs(same, "cross-camera")
    assert open_set_threshold(pairs, 0.5).found_rate == 0
    assert true_positive_rate(pairs, np.array([0.99])) == 0


def test_a_rate_that_is_no_rate_is_refused():
    pairs = collect_pairs(made_up(4), "cross-camera")
    for rate in (-0.1, 1.0, 5.0, float("nan")):
        with pytest.raises(ConfigError, match="at least 0 and below 1"):
            open_set_threshold(pairs, rate)


def test_a_set_without_wrong_pairs_has_no_threshold():
    features = Features(np.eye(2), [1, 1], [1, 2], [True, False], [False, True])
    with pytest.raises(FeaturesError, match="got 1 right and 0 wrong"):
        collect_pairs(features, "cross-camera")


def test_progress_counts_queries():
    features = made_up(5)
    calls = []
    collect_pairs(features, "cross-camera", progress=lambda *call: calls.append(call))
    n = int(features.is_query.sum())
    assert calls[-1] == (n, n)
