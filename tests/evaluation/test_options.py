from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation import EvaluationOptions, Reranking, evaluate, evaluate_all
from tacan.evaluation.thresholds import collect_pairs
from tests.evaluation.rows import made_up


@pytest.fixture
def features():
    return made_up(0, n=200, width=6, integers=False)


def test_without_options_it_is_the_results_alone(features):
    report = evaluate_all(features, ["cross-camera", "mars-9330"])
    assert list(report.results) == ["cross-camera", "mars-9330"]
    assert not report.confidence
    assert not report.comparisons
    assert not report.camera_pairs
    assert not report.thresholds
    assert not report.histograms


def test_every_option_is_answered_under_every_protocol(features):
    noise = np.random.default_rng(1).standard_normal(features.embeddings.shape)
    other = replace(features, embeddings=features.embeddings + noise.astype(np.float32))
    options = EvaluationOptions(
        confidence=0.9, cameras=True, false_match_rate=0.1, other=other, distributions=True
    )
    report = evaluate_all(features, ["cross-camera", "mars-9330"], options=options)
    for name, result in report.results.items():
        assert report.confidence[name]["mAP"].value == pytest.approx(result.mean_ap)
        assert report.confidence[name]["mAP"].level == 0.9
        first = report.comparisons[name][0]
        assert (first.measure, first.level) == ("mAP", 0.9)
        assert first.second == pytest.approx(evaluate(other, name).mean_ap)
        assert report.thresholds[name].false_match_rate <= 0.1
        assert list(report.true_positive_rates[name]) == [0.0001, 0.001, 0.01, 0.1]
        assert len(report.camera_pairs[name]) == 12
        pairs = collect_pairs(features, name)
        assert report.histograms[name].positives.sum() == len(pairs.positives)
        assert report.histograms[name].negatives.sum() == len(pairs.negatives)
        assert report.roc_curves[name].true_positive_rate[-1] == 1


def test_re_ranking_reaches_the_results_and_both_sides_of_a_comparison(features):
    settings = Reranking(k1=5, k2=2)
    options = EvaluationOptions(rerank=settings, other=features, distributions=True)
    report = evaluate_all(features, ["cross-camera"], options=options)
    result = report.results["cross-camera"]
    assert result.mean_ap == evaluate(features, "cross-camera", rerank=settings).mean_ap
    assert result.metric == "euclidean+rerank"
    assert report.comparisons["cross-camera"][0].difference == 0
    assert not report.histograms


def test_plain_distances_and_re_ranked_ones_are_not_mixed():
    for option in ({"cameras": True}, {"false_match_rate": 0.1}):
        with pytest.raises(ConfigError, match="ask for them apart"):
            EvaluationOptions(rerank=Reranking(), **option)


@pytest.mark.parametrize("option", [{"confidence": 95}, {"false_match_rate": 1.0}])
def test_options_without_a_meaning_are_refused_before_any_work(option):
    with pytest.raises(ConfigError, match="1 fault"):
        EvaluationOptions(**option)


def test_progress_is_told_of_every_pass(features):
    calls = []
    evaluate_all(
        features,
        ["cross-camera"],
        options=EvaluationOptions(cameras=True, false_match_rate=0.1),
        progress=lambda *call: calls.append(call),
    )
    n = int(features.is_query.sum())
    assert calls.count((n, n)) == 3


def test_another_set_of_tracklets_is_refused_before_any_work(features):
    options = EvaluationOptions(other=made_up(1, n=200))
    with pytest.raises(FeaturesError, match="same tracklets in the same order"):
        evaluate_all(features, ["cross-camera"], options=options)


def test_the_metric_is_the_one_that_the_features_are_made_for(features):
    by_angle = replace(features, meta={"metric": "cosine"})
    for name in ("cross-camera", "mars-9330"):
        expected = evaluate(features, name, metric="cosine")
        found = evaluate(by_angle, name)
        assert (found.metric, found.mean_ap) == ("cosine", expected.mean_ap)
        assert found.model_metric == "cosine"
        assert evaluate(by_angle, name, metric="euclidean").metric == "euclidean"
        assert evaluate(features, name).metric == "euclidean"
    options = EvaluationOptions(cameras=True, false_match_rate=0.1, other=by_angle)
    found = evaluate_all(by_angle, ["cross-camera"], options=options)
    expected = evaluate_all(features, ["cross-camera"], metric="cosine", options=options)
    assert found.thresholds == expected.thresholds
    assert found.camera_pairs == expected.camera_pairs
    assert found.comparisons == expected.comparisons


def test_a_metric_that_nobody_knows_falls_back_to_euclidean(features):
    for metric in ("hamming", 3, None):
        odd = replace(features, meta={"metric": metric})
        assert evaluate(odd, "cross-camera").metric == "euclidean"
