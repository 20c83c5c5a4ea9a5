from __future__ import annotations

from fractions import Fraction

import pytest

from tacan.video.upright import square_size


@pytest.mark.parametrize(
    ("size", "shape", "expected"),
    [
        ((720, 576), Fraction(16, 15), (768, 576)),
        ((720, 576), Fraction(64, 45), (1024, 576)),
        ((960, 1080), Fraction(2, 1), (1920, 1080)),
        ((1920, 540), Fraction(1, 2), (1920, 1080)),
        ((1920, 1080), Fraction(1, 1), (1920, 1080)),
        ((1920, 1080), Fraction(1001, 1000), (1920, 1080)),
        ((640, 480), None, (640, 480)),
        ((640, 480), Fraction(0, 1), (640, 480)),
        ((640, 480), Fraction(1, 99), (640, 480)),
        ((8000, 8000), Fraction(2, 1), (8000, 8000)),
    ],
)
def test_sizes_with_square_pixels(
    size: tuple[int, int], shape: Fraction | None, expected: tuple[int, int]
) -> None:
    assert square_size(*size, pixel_shape=shape) == expected
