from __future__ import annotations

import math

import numpy as np
import pytest

from tacan.retrieval.examples import mean_distances, mean_example, order_against
from tacan.retrieval.precision import paired_distances


def naive(x: np.ndarray, y: np.ndarray, metric: str) -> float:
    if metric == "euclidean":
        return math.sqrt(sum((a - b) ** 2 for a, b in zip(x.tolist(), y.tolist(), strict=True)))
    lengths = math.hypot(*x.tolist()) * math.hypot(*y.tolist())
    if lengths == 0:
        return 1.0
    return 1 - sum(a * b for a, b in zip(x.tolist(), y.tolist(), strict=True)) / lengths


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_distances_to_several_examples_are_those_of_loops(metric: str) -> None:
    rng = np.random.default_rng(0)
    examples, rows = (rng.standard_normal((n, 6)).astype(np.float32) for n in (4, 50))
    rows[3], examples[2] = 0, 0
    found = mean_distances(examples, rows, metric=metric)
    for y, distance in zip(rows, found, strict=True):
        every = [naive(x, y, metric) for x in examples]
        if metric == "euclidean":
            assert distance == pytest.approx(math.sqrt(sum(d * d for d in every) / 4))
        else:
            assert distance == pytest.approx(sum(every) / 4)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_one_vector_gives_the_order(metric: str) -> None:
    rng = np.random.default_rng(1)
    examples, rows = (rng.standard_normal((n, 6)).astype(np.float32) for n in (3, 200))
    rows *= rng.uniform(0.1, 9, (200, 1)).astype(np.float32)
    plain = paired_distances(mean_example(examples, metric=metric)[None], rows, metric=metric)
    several = mean_distances(examples, rows, metric=metric)
    assert np.argsort(plain).tolist() == np.argsort(several).tolist()
    one = mean_distances(examples[:1], rows, metric=metric)
    np.testing.assert_allclose(one, paired_distances(examples[:1], rows, metric=metric))


def test_who_is_nearer_to_a_counterexample_moves_back_by_as_much() -> None:
    rng = np.random.default_rng(2)
    distances, others = rng.uniform(0, 2, (2, 100))
    found = order_against(distances, others)
    for d, o, r in zip(distances.tolist(), others.tolist(), found.tolist(), strict=True):
        assert r == (d if d <= o else pytest.approx(2 * d - o))
