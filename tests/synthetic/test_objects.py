from __future__ import annotations

import numpy as np
import pytest

from tacan.synthetic.objects import PART, WHOLE, draw_object


def cover(kind, seed):
    """Which share of a person's place (the middle, half as wide as high) the object covers."""
    alpha = np.asarray(draw_object(kind, height=100, seed=seed))[..., 3] > 0
    middle = alpha.shape[1] // 2
    return alpha[:, max(0, middle - 25) : middle + 25].sum() / 5000


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_objects_hide_nearly_everything(kind):
    assert min(cover(kind, seed) for seed in range(20)) > 0.8


@pytest.mark.parametrize("kind", PART)
def test_other_objects_leave_much_to_see(kind):
    assert max(cover(kind, seed) for seed in range(20)) < 0.7


@pytest.mark.parametrize("kind", [*WHOLE, *PART])
def test_the_seed_decides(kind):
    def pixels(seed):
        return draw_object(kind, height=64, seed=seed).tobytes()

    assert pixels(3) == pixels(3)
    assert len({pixels(seed) for seed in range(12)}) > 1
