from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.retrieval import exact as scan
from tacan.retrieval.exact import ExactIndex, squared_lengths


def make_index(matrix, *, cut=None):
    matrix = np.asarray(matrix, np.float32)
    blocks = (matrix,) if cut is None else (matrix[:cut], matrix[cut:])
    return ExactIndex(blocks, squared_lengths(matrix))


def naive(matrix, query, chosen, count, metric):
    """(distance, place) pairs in float64, one row after the other."""
    found = []
    q = query.astype(np.float64)
    for place in np.flatnonzero(chosen):
        x = matrix[place].astype(np.float64)
        if metric == "euclidean":
            distance = np.sqrt(((x - q) ** 2).sum())
        else:
            lengths = np.sqrt((x**2).sum()) * np.sqrt((q**2).sum())
            distance = 1 - (x @ q) / lengths if lengths else 1.0
        found.append((distance, place))
    return sorted(found)[:count]


def check(matrix, query, chosen, count, metric, cut=None):
    matrix = np.asarray(matrix, np.float32)
    found = make_index(matrix, cut=cut).nearest(query, chosen, count, metric=metric)
    wanted = naive(matrix, query, chosen, count, metric)
    np.testing.assert_allclose(found.distances, [d for d, _ in wanted], rtol=1e-9, atol=1e-9)
    assert len(set(found.indices.tolist())) == len(wanted)
    assert chosen[found.indices].all()
    return found.indices.tolist(), [place for _, place in wanted]


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("share", [1.0, 0.6, 0.1, 0.0])
@pytest.mark.parametrize("cut", [None, 300])
def test_the_answer_is_that_of_a_naive_loop(monkeypatch, metric, share, cut):
    monkeypatch.setattr(scan, "STRETCH", 128)
    monkeypatch.setattr(scan, "GATHER", 16)
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((700, 33)).astype(np.float32)
    chosen = rng.random(700) < share
    query = rng.standard_normal(33).astype(np.float32)
    found, wanted = check(matrix, query, chosen, 20, metric, cut)
    assert found == wanted


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_digits_that_float32_loses_are_not_lost(metric):
    """Rows that differ from the query by less than the rounding of their float32 product."""
    rng = np.random.default_rng(1)
    query = (1000 + rng.standard_normal(512)).astype(np.float32)
    steps = rng.permutation(200)
    matrix = np.repeat(query[None], 200, axis=0)
    for row, step in zip(matrix, steps, strict=True):
        row[: step + 1] = np.nextafter(row[: step + 1], np.float32(np.inf))
    found, wanted = check(matrix, query, np.ones(200, bool), 5, metric)
    if metric == "euclidean":
        assert found == wanted == np.argsort(steps)[:5].tolist()
        plain = squared_lengths(matrix) - 2 * matrix @ query
        assert np.argsort(plain, kind="stable")[:5].tolist() != wanted


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_equal_distances_stand_in_the_order_of_rows(metric):
    matrix = np.ones((50, 4), np.float32)
    found, wanted = check(matrix, np.ones(4, np.float32), np.ones(50, bool), 7, metric)
    assert found == wanted == list(range(7))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("scale", [1e-25, 1e-15, 1e15, 1e25])
def test_lengths_neither_overflow_nor_vanish(metric, scale):
    rng = np.random.default_rng(2)
    matrix = np.float32(scale) * rng.standard_normal((60, 8)).astype(np.float32)
    matrix[7] = 0
    found, wanted = check(matrix, matrix[3].copy(), np.ones(60, bool), 5, metric)
    assert found[0] == 3
    if scale > 1:
        assert found == wanted


def test_rows_so_small_that_squares_lose_their_digits():
    rng = np.random.default_rng(4)
    matrix = np.float32(2e-23) * rng.standard_normal((600, 8)).astype(np.float32)
    query = np.float32(1e20) * rng.standard_normal(8).astype(np.float32)
    found, wanted = check(matrix, query, np.ones(600, bool), 5, "cosine")
    assert found == wanted


def test_a_zero_query_has_no_direction():
    matrix = np.random.default_rng(3).standard_normal((30, 4)).astype(np.float32)
    found = make_index(matrix).nearest(
        np.zeros(4, np.float32), np.ones(30, bool), 3, metric="cosine"
    )
    assert found.indices.tolist() == [0, 1, 2]
    assert found.distances.tolist() == [1, 1, 1]


@given(seed=st.integers(0, 999), n=st.integers(0, 40), share=st.floats(0, 1))
def test_products_are_those_of_the_chosen_rows_in_order(seed, n, share):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-3, 4, (n, 5)).astype(np.float32)
    chosen = rng.random(n) < share
    query = rng.integers(-3, 4, 5).astype(np.float32)
    index = make_index(matrix, cut=n // 2)
    np.testing.assert_array_equal(index.inner_products(query, chosen), matrix[chosen] @ query)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dim", [8, 48, 300])
@pytest.mark.parametrize("seed", range(3))
def test_rows_whose_float32_products_hide_their_order(metric, dim, seed):
    """All rows lie about a distant query; their distances differ by less than float32 loses."""
    rng = np.random.default_rng(seed)
    query = (3000 + rng.standard_normal(dim)).astype(np.float32)
    away = rng.standard_normal((3000, dim))
    away *= np.sqrt(dim * rng.uniform(1, 1.05, 3000))[:, None] / np.linalg.norm(
        away, axis=1, keepdims=True
    )
    matrix = (query + away).astype(np.float32)
    found, wanted = check(matrix, query, np.ones(3000, bool), 10, metric)
    assert found == wanted


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("scale", [1e-23, 1e-22, 1e-21, 1e-20, 1e-18, 1e18, 1e20])
def test_rows_whose_squares_lose_their_digits(metric, scale):
    """Squares below or about the least that float32 can hold, and beyond the largest."""
    rng = np.random.default_rng(4)
    matrix = (np.float32(scale) * rng.standard_normal((2000, 6))).astype(np.float32)
    query = (np.float32(scale) * rng.standard_normal(6)).astype(np.float32)
    found, wanted = check(matrix, query, np.ones(2000, bool), 10, metric)
    assert found == wanted
    mixed = np.where(rng.random((2000, 1)) < 0.5, matrix, np.float32(1e3) * matrix)
    found, wanted = check(mixed, query, rng.random(2000) < 0.7, 10, metric)
    assert found == wanted
