"""Everything that was asked about one source, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tacan.errors import ConfigError
from tacan.evaluation.cameras import camera_pairs
from tacan.evaluation.confidence import (
    bootstrap,
    check_comparable,
    check_level,
    compare_evaluations,
)
from tacan.evaluation.evaluation import Evaluation, evaluate, evaluate_protocols
from tacan.evaluation.source import Source
from tacan.evaluation.threshold import (
    FALSE_POSITIVE_RATES,
    Pairs,
    RocCurve,
    check_rate,
    collect_pairs,
    open_set_threshold,
    roc_curve,
    true_positive_rate,
)
from tacan.progress import Progress, silent
from tacan.retrieval.rerank_settings import Reranking
from tacan.views import evaluation_text as report

__all__ = ["Study", "Wishes", "study"]

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted besides mAP and CMC.

    confidence
        The level of bootstrap intervals, for instance 0.95.
    cameras
        The table of camera pairs.
    false_match_rate
        The rate for which a threshold is sought.
    other
        A second source to compare with.
    plots
        A folder for pictures: CMC curves, ROC curves and histograms of distances; the first
        alone where distances are re-ranked.

    Raises `ConfigError` for rates and levels that are none, and for re-ranking together with
    camera pairs or a threshold: those are about plain distances.
    """

    rerank: Reranking | None = None
    confidence: float | None = None
    cameras: bool = False
    false_match_rate: float | None = None
    other: Source | None = None
    plots: Path | None = None

    def __post_init__(self) -> None:
        # Told before the scoring, which can take long.
        if self.confidence is not None:
            check_level(self.confidence)
        if self.false_match_rate is not None:
            check_rate(self.false_match_rate)
        if self.rerank is not None and (self.cameras or self.false_match_rate is not None):
            fault = "re-ranked distances have no camera pairs and no threshold; ask for them apart"
            raise ConfigError([fault], source="the evaluation")


@dataclass(slots=True)
class Study:
    """The results by protocol; the tables under their headings; all of it as data; files."""

    results: dict[str, Evaluation]
    tables: list[tuple[str, str]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    def add(self, protocol: str, key: str, title: str, table: str, data: object) -> None:
        self.tables.append((f"{title}, {protocol}", table))
        self.data["protocols"][protocol][key] = data


def study(
    source: Source,
    protocols: Sequence[str],
    *,
    metric: str = "euclidean",
    wishes: Wishes | None = None,
    progress: Progress = silent,
) -> Study:
    """Scores `source` and answers the other `wishes`, each under every protocol.

    Progress is in queries, from the start for each pass over the distances.
    """
    wishes = wishes or Wishes()
    if wishes.other is not None:
        check_comparable(source, wishes.other)
    results = evaluate_protocols(
        source, protocols, metric=metric, rerank=wishes.rerank, progress=progress
    )
    found = Study(results, [("", report.as_table(results))], report.as_json(results))
    curves: dict[str, RocCurve] = {}
    for name, result in results.items():
        if wishes.confidence is not None:
            _add_confidence(found, name, result, wishes.confidence)
        if wishes.other is not None:
            other = evaluate(wishes.other, name, metric=metric, rerank=wishes.rerank)
            _add_comparison(found, name, result, other, wishes.confidence or LEVEL)
        if wishes.cameras:
            pairs = camera_pairs(source, name, metric=metric, progress=progress)
            table, data = report.camera_table(pairs), report.camera_json(pairs)
            found.add(name, "camera_pairs", "camera against camera", table, data)
        if wishes.false_match_rate is not None or (wishes.plots and not wishes.rerank):
            pairs = collect_pairs(source, name, metric=metric, progress=progress)
            curves[name] = _add_distances(found, name, pairs, wishes)
    if wishes.plots is not None:
        _add_curves(found, curves, wishes.plots)
    return found


def _add_confidence(found: Study, name: str, result: Evaluation, level: float) -> None:
    intervals = bootstrap(result, level=level)
    title = "confidence, from resampled queries"
    table, data = report.confidence_table(intervals), report.confidence_json(intervals)
    found.add(name, "confidence", title, table, data)


def _add_comparison(
    found: Study, name: str, first: Evaluation, second: Evaluation, level: float
) -> None:
    differences = compare_evaluations(first, second, level=level)
    table, data = report.comparison_table(differences), report.comparison_json(differences)
    found.add(name, "comparison", "other less this, query by query", table, data)


def _add_distances(found: Study, name: str, pairs: Pairs, wishes: Wishes) -> RocCurve:
    """What is told of distances themselves: the threshold, the histogram, and the ROC curve."""
    threshold = None
    if wishes.false_match_rate is not None:
        threshold = open_set_threshold(pairs, wishes.false_match_rate)
        shares = true_positive_rate(pairs, np.array(FALSE_POSITIVE_RATES))
        rates = dict(zip(FALSE_POSITIVE_RATES, map(float, shares), strict=True))
        table = report.threshold_table(threshold, rates)
        data = report.threshold_json(threshold, rates)
        found.add(name, "threshold", "where to draw the line", table, data)
    if wishes.plots is not None:
        from tacan.views.evaluation_charts import plot_distances

        path = wishes.plots / f"distances-{name}.png"
        found.files.append(plot_distances(pairs, path, title=name, threshold=threshold))
    return roc_curve(pairs)


def _add_curves(found: Study, curves: Mapping[str, RocCurve], folder: Path) -> None:
    from tacan.views.evaluation_charts import plot_cmc, plot_roc

    found.files.append(plot_cmc(found.results, folder / "cmc.png"))
    if curves:
        found.files.append(plot_roc(curves, folder / "roc.png"))
