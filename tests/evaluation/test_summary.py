from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.evaluation.summary import measures, summarise

fractions = st.floats(0, 1)


@given(st.lists(st.tuples(fractions, fractions), min_size=2, max_size=12))
def test_mean_and_deviation_of_a_sample(values: list[tuple[float, float]]) -> None:
    summary = summarise([{"mAP": first, "Rank-1": second} for first, second in values])
    assert summary.n == len(values)
    assert summary.std is not None
    for name, column in zip(("mAP", "Rank-1"), zip(*values, strict=True), strict=True):
        assert summary.mean[name] == pytest.approx(statistics.mean(column), abs=1e-12)
        assert summary.std[name] == pytest.approx(statistics.stdev(column), abs=1e-12)
        assert summary.std[name] == pytest.approx(np.std(column, ddof=1), abs=1e-12)


def test_by_hand() -> None:
    summary = summarise([{"mAP": 0.2}, {"mAP": 0.4}, {"mAP": 0.9}])
    assert summary.mean["mAP"] == pytest.approx(0.5)
    assert summary.std is not None
    assert summary.std["mAP"] ** 2 == pytest.approx((0.09 + 0.01 + 0.16) / 2)


def test_one_split_has_no_deviation() -> None:
    assert summarise([{"mAP": 0.3}]).std is None


def test_the_measures_are_the_evaluations() -> None:
    from tacan.evaluation import evaluate
    from tacan.features.features_file import Features

    rng = np.random.default_rng(0)
    features = Features(
        embeddings=rng.standard_normal((60, 4)),
        pids=np.tile(np.arange(1, 31), 2),
        camids=np.repeat([1, 2], 30),
        is_query=np.arange(60) < 30,
        is_gallery=np.arange(60) >= 30,
    )
    result = evaluate(features, "two-camera")
    assert measures(result) == {
        "mAP": result.mean_ap,
        "Rank-1": result.cmc[0],
        "Rank-5": result.cmc[4],
        "Rank-10": result.cmc[9],
        "Rank-20": result.cmc[19],
    }
    assert len(set(measures(result).values())) > 3
