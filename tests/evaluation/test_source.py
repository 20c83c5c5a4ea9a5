from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation import DistanceMatrix, evaluate, evaluate_protocols
from tacan.retrieval.distances import squared_euclidean_distances
from tests.evaluation import naive
from tests.evaluation.rows import as_rows, made_up

PROTOCOLS = ["mars-official", "mars-9330", "mars-11310", "cross-camera"]


def matrix_of(features, dtype=np.float32):
    """Every query against every row, as someone else's evaluator would hand it over."""
    rows = features.is_query
    distances = squared_euclidean_distances(features.embeddings[rows], features.embeddings)
    return DistanceMatrix(
        distances.astype(dtype),
        features.pids[rows],
        features.camids[rows],
        features.pids,
        features.camids,
        gallery_is_query=rows,
    )


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_ready_matrix_scores_as_the_naive_loops_do(seed):
    features = made_up(seed, n=40)
    try:
        matrix = matrix_of(features)
    except FeaturesError:  # Vectors this short can be those of two queries of one person.
        reject()
    for name in PROTOCOLS:
        mean_ap, curve, *counts = naive.score(as_rows(features), name)
        if mean_ap is None:
            continue
        result = evaluate(matrix, name)
        assert result.mean_ap == pytest.approx(mean_ap, abs=1e-12)
        np.testing.assert_allclose(result.cmc, curve, rtol=0, atol=1e-12)
        assert [result.n_query, result.n_valid_query, result.n_gallery] == counts


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32])
def test_any_kind_of_number_is_a_distance(dtype):
    features = made_up(0)
    result = evaluate(matrix_of(features, dtype), "cross-camera")
    assert result.mean_ap == pytest.approx(evaluate(features, "cross-camera").mean_ap, abs=1e-12)
    assert result.metric == "as given"


def test_the_matrix_is_left_as_it_was():
    matrix = matrix_of(made_up(1))
    before = matrix.distances.copy()
    matrix.distances.setflags(write=False)
    evaluate_protocols(matrix, PROTOCOLS)
    np.testing.assert_array_equal(matrix.distances, before)


def test_two_cameras_against_each_other():
    features = made_up(2, n_cameras=2)
    expected = naive.score(as_rows(features), "two-camera")[0]
    assert evaluate(matrix_of(features), "two-camera").mean_ap == pytest.approx(expected, abs=1e-12)


def test_the_protocols_of_mars_need_to_know_the_queries_in_the_gallery():
    matrix = DistanceMatrix(np.ones((1, 2)), [1], [1], [1, 2], [2, 2])
    evaluate(matrix, "cross-camera")
    with pytest.raises(FeaturesError, match="which gallery items are queries"):
        evaluate(matrix, "mars-9330")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"distances": np.ones((2, 3, 1))}, "must be real numbers"),
        ({"distances": np.full((2, 3), np.nan)}, "6 values NaN or infinite"),
        ({"distances": np.array([[1, 2, np.inf]] * 2)}, "2 values NaN or infinite"),
        ({"distances": np.ones((3, 2))}, "`query_pids` must have one entry for each row, 3"),
        ({"query_pids": np.array([1.0, 2.0])}, "`query_pids` must be whole numbers"),
        ({"gallery_pids": np.array([1, -2, 3])}, "got -2 in `gallery_pids`"),
        (
            {"gallery_camids": np.ones((3, 4), dtype=int)},
            "a tracklet must have one camera; got `gallery_camids`",
        ),
        ({"gallery_is_query": np.array([0, 1, 2])}, "must hold truth values"),
    ],
)
def test_what_can_not_be_meant_is_refused(change, match):
    arrays = {
        "distances": np.ones((2, 3)),
        "query_pids": np.array([1, 2]),
        "query_camids": np.array([1, 1]),
        "gallery_pids": np.array([1, 2, 3]),
        "gallery_camids": np.array([2, 2, 2]),
    }
    with pytest.raises(FeaturesError, match=match):
        DistanceMatrix(**{**arrays, **change})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_query_row_given_twice_is_refused(dtype):
    distances = np.random.default_rng(0).random((4, 20)).astype(dtype)
    distances[3] = distances[1]
    gallery = np.arange(1, 21), np.full(20, 2)
    with pytest.raises(FeaturesError, match="rows 1 and 3 with the same pid, camera and distances"):
        DistanceMatrix(distances, [1, 2, 3, 2], [1, 1, 1, 1], *gallery)
    # Of another person or camera, it is another tracklet.
    DistanceMatrix(distances, [1, 2, 3, 4], [1, 1, 1, 1], *gallery)
    DistanceMatrix(distances, [1, 2, 3, 2], [1, 1, 1, 3], *gallery)


def test_ready_distances_have_their_own_metric():
    with pytest.raises(ConfigError, match="scored as they are"):
        evaluate(matrix_of(made_up(0)), "cross-camera", metric="cosine")
