"""Pictures of a result: CMC and ROC curves, and how far apart right and wrong pairs lie."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from tacan.evaluation.evaluation import Evaluation
from tacan.views.charts import (
    GRID,
    INK,
    MAIN,
    PALE,
    QUIET,
    WARNING,
    save_png,
    take_frame_off,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tacan.evaluation.options import EvaluationReport
    from tacan.evaluation.thresholds import Histogram, OpenSet, RocCurve

__all__ = ["plot_cmc", "plot_distances", "plot_roc", "write_charts"]

STROKES = tuple(zip((MAIN, WARNING, INK, PALE, QUIET), ("-", "--", "-.", ":", "-"), strict=True))
"""Colour and dashes, one after the other for the protocols, so that curves that agree are all
seen."""
RANKS_MARKED = (1, 5, 10, 20, 30, 40, 50)
NAMED_RATE = 0.01
"""The false-positive rate whose true-positive rate stands in the legend."""


def write_charts(report: EvaluationReport, folder: Path) -> list[Path]:
    """All charts of a report as PNG files in `folder`, which is made where it is missing."""
    files = [
        plot_distances(
            counts,
            folder / f"distances-{name}.png",
            title=name,
            threshold=report.thresholds.get(name),
        )
        for name, counts in report.histograms.items()
    ]
    files.append(plot_cmc(report.results, folder / "cmc.png"))
    if report.roc_curves:
        files.append(plot_roc(report.roc_curves, folder / "roc.png"))
    return files


def plot_cmc(results: Mapping[str, Evaluation], path: Path) -> Path:
    """The CMC curve of each protocol, as a PNG."""
    figure, axes = _chart()
    for (colour, dashes), (name, result) in zip(cycle(STROKES), results.items(), strict=False):
        ranks = np.arange(1, len(result.cmc) + 1)
        label = f"{name} (mAP {100 * result.mean_ap:.1f})"
        axes.step(ranks, 100 * result.cmc, color=colour, ls=dashes, where="post", label=label)
    axes.set(xlabel="rank", ylabel="queries with a right answer up to this rank, %")
    axes.set(xlim=(1, None), ylim=(None, 100), xticks=RANKS_MARKED)
    return _written(figure, path)


def plot_roc(curves: Mapping[str, RocCurve], path: Path) -> Path:
    """The true-positive rate over the logarithm of the false-positive rate, as a PNG."""
    figure, axes = _chart()
    for (colour, dashes), (name, curve) in zip(cycle(STROKES), curves.items(), strict=False):
        rates, shares = curve.false_positive_rate, 100 * curve.true_positive_rate
        label = _with_named_rate(name, curve)
        axes.step(rates, shares, color=colour, ls=dashes, where="post", label=label)
    least = min(float(curve.false_positive_rate[0]) for curve in curves.values())
    chance = np.geomspace(least, 1, 100)
    axes.plot(chance, 100 * chance, color=QUIET, ls=":", lw=1, label="chance")
    axes.set(xlabel="wrong pairs accepted (FPR), %", ylabel="right pairs accepted (TPR), %")
    axes.set(xscale="log", xlim=(min(least, 0.1), 1), ylim=(0, 100))
    axes.xaxis.set_major_formatter(lambda rate, _: f"{100 * rate:g}")
    return _written(figure, path)


def plot_distances(
    counts: Histogram, path: Path, *, title: str, threshold: OpenSet | None = None
) -> Path:
    """Histograms of the distances of right and wrong pairs, each of area 1, as a PNG."""
    figure, axes = _chart()
    kinds = ("right pairs", MAIN, counts.positives), ("wrong pairs", WARNING, counts.negatives)
    for name, colour, numbers in kinds:
        label = f"{name} ({numbers.sum():,})"
        heights = numbers / numbers.sum() / np.diff(counts.edges)
        axes.stairs(heights, counts.edges, fill=True, alpha=0.5, color=colour, label=label)
    if threshold is not None:
        label = f"false-match rate {100 * threshold.false_match_rate:.2g} %"
        axes.axvline(threshold.threshold, color=INK, ls="--", lw=1.2, label=label)
    axes.set(xlabel="distance", ylabel="density", title=title)
    return _written(figure, path)


def _chart() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.grid(color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(labelcolor=QUIET)
    take_frame_off(axes)
    return figure, axes


def _written(figure: Figure, path: Path) -> Path:
    [axes] = figure.axes
    axes.legend(frameon=False, labelcolor=INK)
    axes.title.set_color(INK)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(QUIET)
    return save_png(figure, path)


def _with_named_rate(name: str, curve: RocCurve) -> str:
    shares = curve.true_positive_rate[curve.false_positive_rate == NAMED_RATE]
    return (
        f"{name} ({100 * shares[0]:.1f} % at FPR {100 * NAMED_RATE:g} %)" if len(shares) else name
    )
