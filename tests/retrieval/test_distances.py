from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tacan.retrieval.distances import METRICS, cosine_distances, euclidean_distances, unit_rows

VALUES = st.floats(-100, 100, width=32).map(lambda value: 0.0 if abs(value) < 1e-3 else value)


def naive_euclidean(x, y):
    return math.sqrt(math.fsum((float(a) - float(b)) ** 2 for a, b in zip(x, y, strict=True)))


def naive_cosine(x, y):
    lengths = math.hypot(*map(float, x)) * math.hypot(*map(float, y))
    if lengths == 0:
        return 1.0
    return 1 - math.fsum(float(a) * float(b) for a, b in zip(x, y, strict=True)) / lengths


NAIVE = {"euclidean": naive_euclidean, "cosine": naive_cosine}


@pytest.mark.parametrize("metric", list(METRICS))
@given(x=arrays(np.float64, (3, 5), elements=VALUES), y=arrays(np.float64, (4, 5), elements=VALUES))
@settings(max_examples=50, deadline=None)
def test_each_metric_equals_naive_loops(metric, x, y):
    expected = [[NAIVE[metric](a, b) for b in y] for a in x]
    np.testing.assert_allclose(METRICS[metric](x, y), expected, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("metric", list(METRICS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_identical_vectors_are_at_distance_zero(metric, dtype):
    x = (np.random.default_rng(0).standard_normal((50, 1024)) * 30 + 100).astype(dtype)
    distances = METRICS[metric](x, x)
    assert distances.dtype == dtype
    assert (np.diag(distances) == 0).all()
    assert (distances[~np.eye(50, dtype=bool)] > 0).all()


@pytest.mark.parametrize("metric", list(METRICS))
def test_near_neighbours_keep_their_digits_in_float32(metric):
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((20, 512)) + 10).astype(np.float32)
    y = x + rng.standard_normal((20, 512)).astype(np.float32) * np.float32(1e-3)
    exact = METRICS[metric](x.astype(np.float64), y.astype(np.float64))
    close = METRICS[metric](x, y)
    np.testing.assert_allclose(np.diag(close), np.diag(exact), rtol=1e-3)


@pytest.mark.parametrize("metric", list(METRICS))
def test_inputs_are_left_alone(metric):
    x = np.random.default_rng(2).standard_normal((4, 3))
    before = x.copy()
    METRICS[metric](x, x)
    np.testing.assert_array_equal(x, before)


def test_cosine_ignores_length_and_is_one_for_a_zero_vector():
    x = np.array([[1.0, 2.0], [0.0, 0.0]])
    y = np.array([[1e-30, 2e-30], [-1e30, -2e30], [0.0, 0.0]])
    np.testing.assert_allclose(cosine_distances(x, y), [[0, 2, 1], [1, 1, 1]], atol=1e-12)


def test_whole_numbers_are_exact():
    rng = np.random.default_rng(3)
    x, y = rng.integers(-20, 20, (30, 16)), rng.integers(-20, 20, (40, 16))
    squares = ((x[:, None] - y[None]) ** 2).sum(axis=2)
    expected = np.sqrt(squares.astype(np.float32))
    found = euclidean_distances(x.astype(np.float32), y.astype(np.float32))
    np.testing.assert_array_equal(found, expected)


def test_unit_rows_neither_overflow_nor_underflow():
    rows = np.array([[3e38, 3e38], [1e-42, 0], [0, 0]], dtype=np.float32)
    expected = [[0.5**0.5, 0.5**0.5], [1, 0], [0, 0]]
    np.testing.assert_allclose(unit_rows(rows), expected, rtol=1e-6)
