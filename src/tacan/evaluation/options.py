"""Everything that can be asked about one source, answered as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tacan.errors import ConfigError
from tacan.evaluation.bootstrap import (
    Difference,
    Interval,
    bootstrap,
    check_comparable,
    check_level,
    compare_evaluations,
)
from tacan.evaluation.camera_pairs import CameraPair, camera_pairs
from tacan.evaluation.evaluation import Evaluation, evaluate, evaluate_protocols
from tacan.evaluation.source import Source
from tacan.evaluation.thresholds import (
    FALSE_POSITIVE_RATES,
    Histogram,
    OpenSet,
    PairDistances,
    RocCurve,
    check_rate,
    collect_pairs,
    histogram,
    open_set_threshold,
    roc_curve,
    true_positive_rate,
)
from tacan.progress import Progress, silent
from tacan.retrieval.rerank_settings import Reranking

__all__ = ["EvaluationOptions", "EvaluationReport", "evaluate_all"]

LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationOptions:
    """What is computed besides mAP and CMC.

    rerank
        Numbers of a re-ranking, which everything is then based on.
    confidence
        The level of confidence intervals, for instance 0.95.
    cameras
        Whether each pair of cameras is scored.
    false_match_rate
        The rate for which a threshold is sought.
    other
        A second source to compare with.
    distributions
        Whether ROC curves and histograms of distances are made. There are none of re-ranked
        distances.

    Raises `ConfigError` for rates and levels that are none, and for re-ranking together with
    camera pairs or a threshold: those are about plain distances.
    """

    rerank: Reranking | None = None
    confidence: float | None = None
    cameras: bool = False
    false_match_rate: float | None = None
    other: Source | None = None
    distributions: bool = False

    def __post_init__(self) -> None:
        # Told before the scoring, which can take long.
        if self.confidence is not None:
            check_level(self.confidence)
        if self.false_match_rate is not None:
            check_rate(self.false_match_rate)
        if self.rerank is not None and (self.cameras or self.false_match_rate is not None):
            fault = "re-ranked distances have no camera pairs and no threshold; ask for them apart"
            raise ConfigError([fault], source="the evaluation")


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationReport:
    """Results by protocol; what was not asked for is empty.

    true_positive_rates
        The share of right pairs accepted at each of `FALSE_POSITIVE_RATES`.
    """

    results: Mapping[str, Evaluation]
    confidence: dict[str, Mapping[str, Interval]] = field(default_factory=dict)
    comparisons: dict[str, tuple[Difference, ...]] = field(default_factory=dict)
    camera_pairs: dict[str, tuple[CameraPair, ...]] = field(default_factory=dict)
    thresholds: dict[str, OpenSet] = field(default_factory=dict)
    true_positive_rates: dict[str, Mapping[float, float]] = field(default_factory=dict)
    roc_curves: dict[str, RocCurve] = field(default_factory=dict)
    histograms: dict[str, Histogram] = field(default_factory=dict)


def evaluate_all(
    source: Source,
    protocols: Sequence[str],
    *,
    metric: str | None = None,
    options: EvaluationOptions | None = None,
    progress: Progress = silent,
) -> EvaluationReport:
    """Scores `source` under every protocol, with all that `options` ask for.

    `metric` is as in `evaluate_protocols`, and is that of `options.other` too. Progress is in
    queries, from the start for each pass over the distances.
    """
    options = options or EvaluationOptions()
    if options.other is not None:
        check_comparable(source, options.other)
    results = evaluate_protocols(
        source, protocols, metric=metric, rerank=options.rerank, progress=progress
    )
    report = EvaluationReport(results)
    for name, result in results.items():
        if options.confidence is not None:
            report.confidence[name] = bootstrap(result, level=options.confidence)
        if options.other is not None:
            other = evaluate(options.other, name, metric=metric, rerank=options.rerank)
            level = options.confidence or LEVEL
            report.comparisons[name] = compare_evaluations(result, other, level=level)
        if options.cameras:
            report.camera_pairs[name] = camera_pairs(source, name, metric=metric, progress=progress)
        distributions = options.distributions and options.rerank is None
        if options.false_match_rate is not None or distributions:
            pairs = collect_pairs(source, name, metric=metric, progress=progress)
            _add_distances(report, name, pairs, options)
    return report


def _add_distances(
    report: EvaluationReport, name: str, pairs: PairDistances, options: EvaluationOptions
) -> None:
    """What is told of distances themselves; `pairs`, which can be large, are not kept."""
    if options.false_match_rate is not None:
        report.thresholds[name] = open_set_threshold(pairs, options.false_match_rate)
        shares = true_positive_rate(pairs, np.array(FALSE_POSITIVE_RATES))
        report.true_positive_rates[name] = dict(
            zip(FALSE_POSITIVE_RATES, map(float, shares), strict=True)
        )
    if options.distributions:
        report.histograms[name] = histogram(pairs)
        report.roc_curves[name] = roc_curve(pairs)
