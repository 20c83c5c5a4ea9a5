"""What makes a picture of a person good."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tacan.video.sharpness import crop_quality, sharpness, visible_shares


def textured(seed: int = 0) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 255, (32, 16, 3), dtype=np.uint8)
    return cv2.resize(small, (64, 128), interpolation=cv2.INTER_NEAREST)


def test_blur_lowers_sharpness_step_by_step() -> None:
    picture = textured()
    blurred = [cv2.GaussianBlur(picture, (0, 0), radius) for radius in (3, 7, 15)]
    values = [sharpness(seen) for seen in (picture, *blurred)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 2 * values[-1]


def test_an_even_picture_has_no_sharpness() -> None:
    assert sharpness(np.full((80, 40, 3), 90, np.uint8)) == 0


def test_size_alone_hardly_changes_sharpness() -> None:
    picture = textured()
    twice = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    assert sharpness(twice) == pytest.approx(sharpness(picture), rel=0.05)


def test_who_stands_behind_is_hidden() -> None:
    boxes = np.array([[0, 0, 10, 20], [5, 10, 15, 30], [50, 0, 60, 20]], np.float32)
    np.testing.assert_allclose(visible_shares(boxes), [1 - 50 / 200, 1, 1])
    assert visible_shares(boxes[:1]).tolist() == [1]
    assert visible_shares(boxes[:0]).shape == (0,)


@pytest.mark.parametrize(
    "worse",
    [
        {"score": 0.5},
        {"crop_sharpness": 10.0},
        {"height": 60.0},
        {"visible": 0.4},
        {"whole": False},
    ],
)
def test_each_fault_lowers_the_quality(worse: dict[str, float]) -> None:
    best = {"score": 0.9, "crop_sharpness": 40.0, "height": 200.0, "visible": 1.0, "whole": True}
    good = crop_quality(**best)
    assert 0 < crop_quality(**{**best, **worse}) < good <= 1


def test_the_quality_is_a_product_of_halves() -> None:
    halves = {"score": 0.8, "crop_sharpness": 40.0, "height": 96.0, "visible": 0.5}
    assert crop_quality(**halves, whole=False) == pytest.approx(0.8 / 16)
    assert crop_quality(**halves, whole=True) == pytest.approx(0.8 / 8)
