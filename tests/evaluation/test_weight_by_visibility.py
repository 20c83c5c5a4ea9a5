from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from tacan.evaluation.weight_by_visibility import weight_by_visibility
from tests.evaluation.test_occlusion import features_of


def test_clips_are_counted_in_tenths_of_their_visibility() -> None:
    features = features_of([5, 6, 0], [[0.9, 0.1, 0.5], [0.2, 0.3], [7.0]])
    visibility = {
        "t0": np.array([1.0, 1.0, 0.0, 0.1, 0.5, 0.6]),
        "t1": np.array([0.0, 0.02, 0.9, 0.98]),
        "t2": np.array([0.3, 0.3]),
    }
    found = weight_by_visibility(features, visibility, clip_len=2)
    seen, weights = [1.0, 0.05, 0.55, 0.01, 0.94], [0.9, 0.1, 0.5, 0.2, 0.3]
    assert found.counts == (2, 0, 0, 0, 0, 1, 0, 0, 0, 2)
    assert found.means[0] == pytest.approx(0.15)
    assert found.means[1] is None
    assert found.means[9] == pytest.approx(0.6)
    assert found.rank_correlation == pytest.approx(spearmanr(seen, weights)[0])


def test_where_nothing_varies_there_is_no_correlation() -> None:
    features = features_of([5], [[0.5, 0.5]])
    found = weight_by_visibility(features, {"t0": np.array([1.0, 1, 0, 0])}, clip_len=2)
    assert found.rank_correlation is None
    assert sum(found.counts) == 2
