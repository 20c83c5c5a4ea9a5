"""The table as a picture: how good each row is, and whether its step holds in every test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tacan.files import atomic_path
from tacan.paper.tables import Row

__all__ = ["draw_rows"]

INK, QUIET, GRID = "#1c2126", "#5d6670", "#e2dfd9"
PAPERS, OURS = "#0f6b6f", "#8dbab8"
"""Rows that the paper has, and those between them."""
DOWN = "#d8623f"


def draw_rows(rows: Sequence[Row], path: Path) -> None:
    """Writes a PNG of two charts side by side, a line for each row. Raises `StorageError`.

    On the left the mAP and its spread over the seeds. On the right the step from the row that
    the paper steps from: a dot for each test, a bar for their mean.
    """
    figure = Figure(figsize=(9, 1.1 + 0.36 * len(rows)), dpi=150, layout="constrained")
    scores, steps = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1.15))
    _draw_scores(scores, rows)
    _draw_steps(steps, rows)
    scores.set_yticks(range(len(rows)), [row.variant.title for row in rows], color=INK)
    scores.invert_yaxis()
    with atomic_path(path) as draft:
        figure.savefig(draft, format="png")


def _draw_scores(axes: Axes, rows: Sequence[Row]) -> None:
    for place, row in enumerate(rows):
        mean = 100 * row.scores.mean["mAP"]
        spread = 0.0 if row.scores.std is None else 100 * row.scores.std["mAP"]
        colour = PAPERS if row.published else OURS
        axes.barh(place, mean, height=0.6, color=colour, xerr=spread, ecolor=INK)
        axes.text(mean + spread + 0.6, place, f"{mean:.1f}", color=INK, va="center", fontsize=8)
    n_seeds = max(row.scores.n for row in rows)
    axes.margins(x=0.12)
    _name(axes, "mAP, %", f"spread over {n_seeds} seeds" if n_seeds > 1 else "one seed")


def _draw_steps(axes: Axes, rows: Sequence[Row]) -> None:
    axes.axvline(0, color=QUIET, lw=0.8)
    for place, row in enumerate(rows):
        if not row.steps:
            continue
        step = row.steps[0]
        mean, gains = 100 * step.summary.mean["mAP"], [100 * gain for gain in step.tests.values()]
        colour = DOWN if mean < 0 else PAPERS if row.published else OURS
        axes.plot(gains, [place] * len(gains), "o", color=colour, alpha=0.5, mew=0, ms=6)
        axes.plot([mean, mean], [place - 0.3, place + 0.3], color=INK, lw=1.6)
    n_tests = max((len(step.tests) for row in rows for step in row.steps), default=1)
    _name(axes, "step in mAP, points", f"a dot for each of {n_tests} tests, a line for the mean")
    axes.tick_params(axis="y", length=0)


def _name(axes: Axes, label: str, title: str) -> None:
    axes.set_xlabel(label, color=QUIET, fontsize=9)
    axes.set_title(title, color=QUIET, fontsize=9, loc="left")
    axes.tick_params(colors=QUIET, labelsize=9, length=0)
    axes.grid(visible=True, axis="x", color=GRID, lw=0.7)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
