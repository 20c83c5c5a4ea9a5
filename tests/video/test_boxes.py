"""Arithmetic on boxes against naive loops and torchvision."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from torchvision.ops import box_iou, nms

from tacan.video.boxes import (
    areas,
    clipped,
    covered_shares,
    interpolate_boxes,
    intersections,
    ious,
    keep_best,
)


def some_boxes(seed: int, n: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 60, (n, 2))
    return np.concatenate([corner, corner + random.uniform(1, 40, (n, 2))], 1).astype(np.float32)


def test_ious_agree_with_torchvision() -> None:
    left, right = some_boxes(0, 20), some_boxes(1, 30)
    expected = box_iou(torch.from_numpy(left), torch.from_numpy(right)).numpy()
    np.testing.assert_allclose(ious(left[:, None], right), expected, atol=1e-6)
    np.testing.assert_allclose(ious(left, right[:20]), expected.diagonal(), atol=1e-6)


@pytest.mark.parametrize("iou", [0.1, 0.3, 0.5, 0.9])
def test_suppression_agrees_with_torchvision(iou: float) -> None:
    boxes = some_boxes(2, 60)
    scores = np.random.default_rng(3).permutation(60).astype(np.float32) / 60
    expected = nms(torch.from_numpy(boxes), torch.from_numpy(scores), iou).numpy()
    np.testing.assert_array_equal(keep_best(boxes, scores, iou=iou), expected)


@pytest.mark.parametrize("covered", [0.3, 0.65, 1.0])
@pytest.mark.parametrize("iou", [0.2, 0.45])
@pytest.mark.parametrize("n", [0, 1, 80, 200])
def test_suppression_agrees_with_all_pairs(iou: float, covered: float, n: int) -> None:
    boxes = some_boxes(4, n)
    boxes[n // 2 :, 2:] = boxes[n // 2 :, :2]  # without an area
    scores = np.random.default_rng(5).integers(0, 9, n).astype(np.float32)  # many are equal
    gone: set[int] = set()
    kept = []
    for index in sorted(range(n), key=lambda i: -scores[i]):
        if index not in gone:
            kept.append(index)
            near = (ious(boxes[index], boxes) > iou) | (
                covered_shares(boxes[index], boxes) > covered
            )
            gone |= set(np.flatnonzero(near).tolist())
    assert keep_best(boxes, scores, iou=iou, covered=covered).tolist() == kept


def test_a_box_within_a_better_one_goes_when_asked() -> None:
    boxes = np.array([[0, 0, 100, 100], [10, 10, 30, 30], [90, 90, 120, 120]], np.float32)
    scores = np.array([0.9, 0.8, 0.7], np.float32)
    assert keep_best(boxes, scores, iou=0.5).tolist() == [0, 1, 2]
    assert keep_best(boxes, scores, iou=0.5, covered=0.8).tolist() == [0, 2]
    np.testing.assert_allclose(covered_shares(boxes[0], boxes), [1, 1, 100 / 900], atol=1e-6)


def test_suppression_at_its_border() -> None:
    """A box goes when it has more than the limit with a better one, and stays at the limit."""
    scores = np.array([0.9, 0.8], np.float32)
    half = np.array([[0, 0, 4, 4], [0, 0, 4, 8]], np.float32)
    assert ious(half[0], half[1]) == 0.5
    assert keep_best(half, scores, iou=0.5).tolist() == [0, 1]
    assert keep_best(half, scores, iou=0.499).tolist() == [0]
    covered = np.array([[0, 0, 8, 8], [4, 0, 12, 4]], np.float32)
    assert covered_shares(covered[0], covered[1]) == 0.5
    assert keep_best(covered, scores, iou=0.9, covered=0.5).tolist() == [0, 1]
    assert keep_best(covered, scores, iou=0.9, covered=0.499).tolist() == [0]


def test_equal_scores_keep_their_order() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10.5], [50, 50, 60, 60]], np.float32)
    assert keep_best(boxes, np.full(3, 0.5, np.float32), iou=0.5).tolist() == [0, 2]


def test_nothing_among_nothing() -> None:
    none = np.zeros((0, 4), np.float32)
    assert keep_best(none, np.zeros(0, np.float32), iou=0.5).shape == (0,)
    assert ious(none[:, None], some_boxes(0, 3)).shape == (0, 3)
    point = np.array([[5, 5, 5, 5]], np.float32)
    assert ious(point, point).item() == 0
    assert covered_shares(point, point).item() == 0


@given(npst.arrays(np.float32, (7, 4), elements=st.floats(-50, 150, width=32, allow_nan=False)))
def test_clipping_stays_in_the_frame_and_never_grows(boxes: np.ndarray) -> None:
    inside = clipped(boxes, width=100, height=80)
    assert inside.dtype == np.float32
    assert (inside >= 0).all()
    assert (inside[:, [0, 2]] <= 100).all()
    assert (inside[:, [1, 3]] <= 80).all()
    assert (areas(inside) <= areas(boxes) + 1e-3).all()


def test_intersections_of_pairs_and_of_all_pairs() -> None:
    left, right = some_boxes(0, 5).astype(np.float64), some_boxes(1, 5)
    every = intersections(left[:, None], right)
    for i in range(5):
        for k in range(5):
            wide = min(left[i, 2], right[k, 2]) - max(left[i, 0], right[k, 0])
            high = min(left[i, 3], right[k, 3]) - max(left[i, 1], right[k, 1])
            assert every[i, k] == pytest.approx(max(wide, 0) * max(high, 0))
    np.testing.assert_array_equal(intersections(left, right), every.diagonal())


def test_interpolation_by_frames_or_by_seconds() -> None:
    boxes = np.array([[0, 0, 10, 10], [10, 20, 20, 30], [0, 0, 10, 10]], np.float32)
    there, at = interpolate_boxes(
        np.array([0, 4, 20]), boxes, np.array([-1, 0, 1, 4, 10, 20, 21]), max_gap=5
    )
    assert there.tolist() == [False, True, True, True, False, True, False]
    np.testing.assert_array_equal(at[1:4], [[0, 0, 10, 10], [2.5, 5, 12.5, 15], [10, 20, 20, 30]])
    there, at = interpolate_boxes(
        np.array([0.0, 0.5, 1.75]), boxes, np.array([0.25, 1.0]), max_gap=1.0
    )
    assert there.tolist() == [True, False]
    np.testing.assert_array_equal(at[0], [5, 10, 15, 20])
