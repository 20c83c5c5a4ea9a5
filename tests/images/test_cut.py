from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tacan.images.cut import cut_box, pixel_bounds

IMAGE = np.arange(8 * 20 * 3, dtype=np.uint8).reshape(8, 20, 3)


@pytest.mark.parametrize(
    ("box", "bounds"),
    [
        ((2, 3, 6, 8), (2, 3, 6, 8)),
        ((2.1, 3.9, 6.1, 7.0), (2, 3, 7, 7)),
        ((-5, -5, 100, 100), (0, 0, 20, 8)),
        ((-1e30, 0, 1e30, 8), (0, 0, 20, 8)),
    ],
)
def test_every_pixel_that_is_touched_belongs_to_the_crop(
    box: tuple[float, ...], bounds: tuple[int, ...]
) -> None:
    given_box = np.array(box, np.float32)
    assert pixel_bounds(given_box, width=20, height=8) == bounds
    x1, y1, x2, y2 = bounds
    np.testing.assert_array_equal(cut_box(IMAGE, given_box), IMAGE[y1:y2, x1:x2])


@pytest.mark.fuzz
@given(npst.arrays(np.float32, 4, elements=st.floats(-1e6, 1e6, width=32)))
def test_any_box_gives_a_part_of_the_picture_or_nothing(box: np.ndarray) -> None:
    crop = cut_box(IMAGE, box)
    assert crop.shape[0] <= 8
    assert crop.shape[1] <= 20
    outside = box[0] >= 20 or box[1] >= 8 or box[2] <= 0 or box[3] <= 0
    assert not (outside and crop.size)
