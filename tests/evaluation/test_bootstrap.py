from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation import evaluate
from tacan.evaluation.bootstrap import (
    MEASURES,
    bootstrap,
    check_comparable,
    compare_evaluations,
    rate_interval,
)
from tacan.features.features_file import Features
from tacan.views.evaluation_text import comparison_table, confidence_table
from tests.evaluation.rows import made_up


@pytest.fixture
def features():
    return made_up(0, n=400, n_pids=30, width=8, integers=False)


def with_noise(features, size):
    rng = np.random.default_rng(1)
    noise = size * rng.standard_normal(features.embeddings.shape)
    return replace(features, embeddings=features.embeddings + noise.astype(np.float32))


def test_values_are_those_of_the_evaluation(features):
    result = evaluate(features, "cross-camera")
    intervals = bootstrap(result, n_resamples=100)
    assert intervals["mAP"].value == pytest.approx(result.mean_ap, abs=1e-12)
    assert intervals["mINP"].value == pytest.approx(result.mean_inp, abs=1e-12)
    for rank in (1, 5, 10, 20):
        expected = result.cmc[rank - 1]
        assert intervals[f"Rank-{rank}"].value == pytest.approx(expected, abs=1e-12)


def test_intervals_equal_scipys_bootstrap(features):
    result = evaluate(features, "cross-camera")
    precision = result.average_precision[result.counts]
    oracle = stats.bootstrap(
        (precision,), np.mean, method="percentile", n_resamples=20_000, rng=0
    ).confidence_interval
    found = bootstrap(result, n_resamples=20_000)["mAP"]
    width = oracle.high - oracle.low
    assert found.low == pytest.approx(oracle.low, abs=0.03 * width)
    assert found.high == pytest.approx(oracle.high, abs=0.03 * width)


def test_a_higher_level_is_wider_and_a_seed_repeats(features):
    result = evaluate(features, "cross-camera")
    narrow, wide = bootstrap(result, level=0.5)["mAP"], bootstrap(result, level=0.99)["mAP"]
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high
    assert bootstrap(result) == bootstrap(result)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        bootstrap(result, level=95)


def test_a_source_compared_with_itself_differs_in_nothing(features):
    result = evaluate(features, "cross-camera")
    for difference in compare_evaluations(result, result):
        assert (difference.difference, difference.low, difference.high) == (0, 0, 0)
        assert difference.p_value == 1


def test_a_clear_difference_is_certain_and_swapping_turns_its_sign(features):
    first = evaluate(features, "cross-camera")
    distant = replace(features, embeddings=features.embeddings + 20 * features.pids[:, None])
    second = evaluate(distant, "cross-camera")
    forth = compare_evaluations(first, second)
    back = compare_evaluations(second, first)
    assert [entry.measure for entry in forth] == list(MEASURES)
    assert forth[0].low > 0.3
    assert forth[0].p_value < 0.001
    assert forth[0].difference == pytest.approx(second.mean_ap - first.mean_ap, abs=1e-12)
    for one, other in zip(forth, back, strict=True):
        assert one.difference == pytest.approx(-other.difference, abs=1e-12)
        assert one.p_value == other.p_value


def test_p_values_equal_scipys_permutation_test(features):
    first = evaluate(features, "cross-camera")
    second = evaluate(with_noise(features, 0.05), "cross-camera")
    parts = [result.average_precision[first.counts] for result in (first, second)]
    oracle = stats.permutation_test(
        parts, lambda a, b: np.mean(b - a), permutation_type="samples", n_resamples=20_000, rng=0
    )
    found = compare_evaluations(first, second, n_resamples=20_000)[0]
    assert found.p_value == pytest.approx(oracle.pvalue, abs=0.02)


def test_files_of_other_tracklets_can_not_be_compared(features):
    n = len(features)
    ids = np.array([f"t{i}" for i in range(n)])
    check_comparable(features, with_noise(features, 1))
    check_comparable(replace(features, tracklet_ids=ids), features)
    others = [
        replace(features, pids=np.roll(features.pids, 1)),
        replace(features, is_query=~features.is_query),
    ]
    for other in others:
        with pytest.raises(FeaturesError, match="the same tracklets in the same order"):
            check_comparable(features, other)
    with pytest.raises(FeaturesError, match="`tracklet_ids` that differ"):
        check_comparable(
            replace(features, tracklet_ids=ids), replace(features, tracklet_ids=ids[::-1])
        )


def test_the_table_says_which_is_better_and_how_surely(features):
    first = evaluate(features, "cross-camera")
    distant = replace(features, embeddings=features.embeddings + 20 * features.pids[:, None])
    second = evaluate(distant, "cross-camera")
    for pair, better in (((first, second), "the other"), ((second, first), "this one")):
        found = compare_evaluations(*pair, level=0.9)
        points = f"{100 * abs(found[0].difference):.2f} points"
        last = comparison_table(found).splitlines()[-1]
        assert last.startswith(f"By mAP {better} is better by {points}: the interval at 90 %")
        assert last.endswith("leaves out 0, p = 0.0002.")
    found = compare_evaluations(first, first)
    assert "not sure which is better" in comparison_table(found).splitlines()[-1]


@pytest.mark.parametrize(("count", "n"), [(0, 5), (1, 17), (9, 17), (17, 17), (999, 1000)])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_rate_intervals_equal_scipys_exact_ones(count, n, level):
    oracle = stats.binomtest(count, n).proportion_ci(level, method="exact")
    assert rate_interval(count, n, level=level) == pytest.approx(tuple(oracle), abs=1e-9)


def perfect(n):
    """Two tracklets of each of n people in two cameras, each nearest to the other."""
    pids = np.tile(np.arange(1, n + 1), 2)
    camids = np.repeat([1, 2], n)
    return Features(np.eye(n)[pids - 1], pids, camids, camids == 1, camids == 2)


def test_intervals_of_few_queries_that_all_agree_have_a_width():
    result = evaluate(perfect(17), "cross-camera")
    for interval in bootstrap(result).values():
        assert interval.value == interval.high == 1
        assert interval.low == pytest.approx(0.805, abs=1e-3)
        assert interval.n == 17
    table = confidence_table(bootstrap(result))
    assert table.endswith(
        "Only 17 queries count: others of the same kind can give quite other numbers."
    )
    assert "80.49" in table
    assert "Only" not in confidence_table(bootstrap(evaluate(perfect(100), "cross-camera")))


def test_a_mean_whose_queries_all_have_one_value_lies_between_what_others_could_make_of_it():
    features = perfect(17)
    worse = replace(features, embeddings=np.ones((34, 17)))
    interval = bootstrap(evaluate(worse, "cross-camera"))["mAP"]
    value = 1 / 17
    share = 0.025 ** (1 / 17)
    assert interval.value == pytest.approx(value)
    assert interval.low == pytest.approx(share * value)
    assert interval.high == pytest.approx(share * value + 1 - share)


def test_a_difference_that_is_the_same_for_few_queries_is_not_exact():
    features = perfect(17)
    worse = evaluate(replace(features, embeddings=np.ones((34, 17))), "cross-camera")
    found = compare_evaluations(worse, evaluate(features, "cross-camera"))
    rank_1 = found[list(MEASURES).index("Rank-1")]
    share = 0.025 ** (1 / 17)
    assert (rank_1.difference, rank_1.high) == (1, pytest.approx(1))
    assert rank_1.low == pytest.approx(share - (1 - share))
