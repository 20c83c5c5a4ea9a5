from __future__ import annotations

import numpy as np
import pytest

from tacan.retrieval.calibration import Calibration


def test_the_words_follow_the_stated_rule():
    calibration = Calibration("euclidean", np.arange(1, 1000.0))  # 999 pairs
    assert calibration.certainty(0.5, n_searched=50).p_value == 1 / 1000
    assert calibration.certainty(1.0, n_searched=50).p_value == 2 / 1000
    assert calibration.certainty(0.5, n_searched=50).level == "sure"
    assert calibration.certainty(0.5, n_searched=51).level == "likely"
    assert calibration.certainty(0.5, n_searched=500).level == "likely"
    assert calibration.certainty(0.5, n_searched=501).level == "unsure"
    assert calibration.certainty(9.5, n_searched=50).expected_false_matches == pytest.approx(0.5)
    assert calibration.certainty(5000.0, n_searched=10).p_value == 1


@pytest.mark.parametrize("n", [100, 999, 5000])
def test_the_count_of_closer_pairs_is_exact(n):
    calibration = Calibration("euclidean", np.arange(1.0, n + 1))
    for wanted in (0, 1, n // 3, n - 1, n):
        found = calibration.certainty(wanted + 0.5, n_searched=7)
        assert (found.n_closer, found.n_pairs) == (wanted, n)
