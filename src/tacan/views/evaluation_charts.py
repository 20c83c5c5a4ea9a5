"""Pictures of a result: CMC and ROC curves, and how far apart right and wrong pairs lie."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from tacan.evaluation.evaluation import Evaluation
from tacan.views.charts import save_png

if TYPE_CHECKING:
    from tacan.evaluation.threshold import OpenSet, Pairs, RocCurve

__all__ = ["plot_cmc", "plot_distances", "plot_roc"]

N_BINS = 100
DASHES = ("-", "--", "-.", ":")
"""One after the other for the protocols, so that curves that agree are all seen."""
RANKS_MARKED = (1, 5, 10, 20, 30, 40, 50)
NAMED_RATE = 0.01
"""The false-positive rate whose true-positive rate stands in the legend."""


def plot_cmc(results: Mapping[str, Evaluation], path: Path) -> Path:
    """The CMC curve of each protocol, as a PNG."""
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    for dashes, (name, result) in zip(cycle(DASHES), results.items(), strict=False):
        ranks = np.arange(1, len(result.cmc) + 1)
        label = f"{name} (mAP {100 * result.mean_ap:.1f})"
        shares = 100 * result.cmc
        axes.plot(ranks, shares, label=label, drawstyle="steps-post", linestyle=dashes)
    axes.set(xlabel="rank", ylabel="queries with a right answer up to this rank, %")
    axes.set(xlim=(1, None), ylim=(None, 100), xticks=RANKS_MARKED)
    axes.grid(alpha=0.3)
    axes.legend()
    return save_png(figure, path)


def plot_roc(curves: Mapping[str, RocCurve], path: Path) -> Path:
    """The true-positive rate over the logarithm of the false-positive rate, as a PNG."""
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    for dashes, (name, curve) in zip(cycle(DASHES), curves.items(), strict=False):
        rates, shares = curve.false_positive_rate, 100 * curve.true_positive_rate
        label = _with_named_rate(name, curve)
        axes.plot(rates, shares, label=label, drawstyle="steps-post", linestyle=dashes)
    least = min(float(curve.false_positive_rate[0]) for curve in curves.values())
    chance = np.geomspace(least, 1, N_BINS)
    axes.plot(chance, 100 * chance, color="grey", linestyle=":", label="chance")
    axes.set(xlabel="wrong pairs accepted (FPR), %", ylabel="right pairs accepted (TPR), %")
    axes.set(xscale="log", xlim=(min(least, 0.1), 1), ylim=(0, 100))
    axes.xaxis.set_major_formatter(lambda rate, _: f"{100 * rate:g}")
    axes.grid(alpha=0.3)
    axes.legend()
    return save_png(figure, path)


def plot_distances(
    pairs: Pairs, path: Path, *, title: str, threshold: OpenSet | None = None
) -> Path:
    """Histograms of the distances of right and wrong pairs, each of area 1, as a PNG."""
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    low = float(min(pairs.right[0], pairs.wrong[0]))
    high = float(max(pairs.right[-1], pairs.wrong[-1]))
    edges = np.linspace(low, high if high > low else low + 1, N_BINS + 1)
    for name, distances in (("right pairs", pairs.right), ("wrong pairs", pairs.wrong)):
        label = f"{name} ({len(distances):,})"
        axes.hist(distances, edges.tolist(), density=True, alpha=0.6, label=label)
    if threshold is not None:
        label = f"false-match rate {100 * threshold.false_match_rate:.2g} %"
        axes.axvline(threshold.threshold, color="black", linestyle="--", label=label)
    axes.set(xlabel="distance", ylabel="density", title=title)
    axes.legend()
    return save_png(figure, path)


def _with_named_rate(name: str, curve: RocCurve) -> str:
    shares = curve.true_positive_rate[curve.false_positive_rate == NAMED_RATE]
    return (
        f"{name} ({100 * shares[0]:.1f} % at FPR {100 * NAMED_RATE:g} %)" if len(shares) else name
    )
