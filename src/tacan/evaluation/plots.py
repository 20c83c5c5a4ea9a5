"""Pictures of a result: CMC curves, and how far apart right and wrong pairs lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from tacan.evaluation.evaluation import Evaluation
from tacan.files import atomic_path

if TYPE_CHECKING:
    from tacan.evaluation.threshold import OpenSet, Pairs

__all__ = ["plot_cmc", "plot_distances"]

N_BINS = 100


def plot_cmc(results: Mapping[str, Evaluation], path: Path) -> Path:
    """The CMC curve of each protocol, as a PNG."""
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, result in results.items():
        ranks = np.arange(1, len(result.cmc) + 1)
        label = f"{name} (mAP {100 * result.mean_ap:.1f})"
        axes.plot(ranks, 100 * result.cmc, label=label, drawstyle="steps-post")
    axes.set(xlabel="rank", ylabel="queries with a right answer up to this rank, %")
    axes.set(xlim=(1, None), ylim=(None, 100))
    axes.grid(alpha=0.3)
    axes.legend()
    return _saved(figure, path)


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
    return _saved(figure, path)


def _saved(figure: Figure, path: Path) -> Path:
    with atomic_path(path) as draft:
        figure.savefig(draft, format="png", dpi=150)
    return path
