from __future__ import annotations

import numpy as np
import pytest

from tacan.retrieval.camera_offsets import WITHOUT_OFFSET, without_camera_offsets
from tacan.retrieval.distances import unit_rows


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_the_definition_row_by_row(metric: str) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(12, 4)).astype(np.float32)
    cameras = rng.integers(3, size=12)
    found = without_camera_offsets(vectors, cameras, metric=metric)
    x = unit_rows(vectors) if metric == "cosine" else vectors
    for row in range(12):
        same = [other for other in range(12) if cameras[other] == cameras[row]]
        mean = sum(x[other].astype(float) for other in range(12)) / 12
        own = sum(x[other].astype(float) for other in same) / len(same)
        expected = x[row] - len(same) / (len(same) + WITHOUT_OFFSET) * (own - mean)
        np.testing.assert_allclose(found[row], expected, atol=1e-6)


def test_one_camera_alone_has_none() -> None:
    vectors = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)
    found = without_camera_offsets(vectors, np.full(9, 3), metric="euclidean")
    np.testing.assert_allclose(found, vectors, atol=1e-6)


def test_the_same_people_under_two_lights_come_together() -> None:
    rng = np.random.default_rng(2)
    people = rng.normal(size=(200, 8))
    vectors = np.concatenate([people, people + 3.0])
    cameras = np.repeat([1, 2], 200)
    found = without_camera_offsets(vectors, cameras, metric="euclidean")
    apart = np.linalg.norm(found[:200] - found[200:], axis=1)
    assert apart.max() < 0.05 * np.linalg.norm(vectors[:200] - vectors[200:], axis=1).min()


def test_what_is_given_stays() -> None:
    vectors = np.ones((4, 2), np.float32)
    without_camera_offsets(vectors, np.array([1, 1, 2, 2]), metric="euclidean")
    assert (vectors == 1).all()


def test_nothing_is_no_fault() -> None:
    empty = np.empty((0, 4), np.float32)
    found = without_camera_offsets(empty, np.empty(0, np.int64), metric="cosine")
    assert found.shape == (0, 4)
