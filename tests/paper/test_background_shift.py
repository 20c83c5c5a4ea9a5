from __future__ import annotations

import numpy as np
import pytest

from tacan.paper.background_shift import measure_shift


def test_where_backgrounds_do_not_count_nothing_moves() -> None:
    weights = [np.array([[0.1, 0.9, 0.5]] * 3), np.array([[0.2, 0.4]] * 3)]
    found = measure_shift(weights)
    assert (found.n_tracklets, found.n_clips, found.n_backgrounds) == (2, 5, 2)
    assert (found.mean_shift, found.share_of_variance) == pytest.approx((0, 0))
    assert found.rank_correlation == pytest.approx(1)
    assert found.within_tracklets == pytest.approx((np.std([0.1, 0.9, 0.5]) + 0.1) / 2)


def test_where_only_backgrounds_count_they_are_all_of_the_variance() -> None:
    found = measure_shift([np.array([[0.2, 0.2 + 1e-9], [0.6, 0.6 + 1e-9]])])
    assert found.mean_shift == pytest.approx(0.4)
    assert found.share_of_variance == pytest.approx(1)
