"""The table as a picture: how good each row is, and whether its step holds in every test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tacan.paper.tables import Row, trained
from tacan.views.charts import GRID, INK, MAIN, PALE, QUIET, WARNING, save_png, take_frame_off

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_rows"]


def draw_rows(rows: Sequence[Row], path: Path) -> None:
    """Writes a PNG of two charts side by side, a line for each row. Raises `StorageError`.

    On the left the mAP and its spread over the seeds. On the right the step from the row that
    the paper steps from: a dot for each test, a bar for their mean.
    """
    from matplotlib.figure import Figure  # a second to load, in every drawing process otherwise

    figure = Figure(figsize=(9, 1.1 + 0.36 * len(rows)), layout="constrained")
    scores, steps = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1.15))
    _draw_scores(scores, rows)
    _draw_steps(steps, rows)
    scores.set_yticks(range(len(rows)), [row.variant.title for row in rows], color=INK)
    scores.invert_yaxis()
    save_png(figure, path)


def _draw_scores(axes: Axes, rows: Sequence[Row]) -> None:
    for place, row in enumerate(rows):
        mean = 100 * row.scores.mean["mAP"]
        spread = 0.0 if row.scores.std is None else 100 * row.scores.std["mAP"]
        axes.barh(place, mean, height=0.6, color=_colour(row), xerr=spread, ecolor=INK)
        axes.text(mean + spread + 0.6, place, f"{mean:.1f}", color=INK, va="center", fontsize=8)
    n_seeds = max(row.scores.n for row in rows)
    axes.margins(x=0.12)
    seeds = f"spread over {n_seeds} seeds" if n_seeds > 1 else "one seed"
    _name(axes, "mAP, %", "; ".join((seeds, *trained(rows))))


def _draw_steps(axes: Axes, rows: Sequence[Row]) -> None:
    axes.axvline(0, color=QUIET, lw=0.8)
    for place, row in enumerate(rows):
        if not row.steps:
            continue
        step = row.steps[0]
        mean, gains = 100 * step.summary.mean["mAP"], [100 * gain for gain in step.tests.values()]
        colour = WARNING if mean < 0 else _colour(row)
        axes.plot(gains, [place] * len(gains), "o", color=colour, alpha=0.5, mew=0, ms=6)
        axes.plot([mean, mean], [place - 0.3, place + 0.3], color=INK, lw=1.6)
    n_tests = max((len(step.tests) for row in rows for step in row.steps), default=1)
    dots = (
        "in one test" if n_tests == 1 else f"a dot for each of {n_tests} tests, a line for the mean"
    )
    _name(axes, "step in mAP, points", dots)


def _colour(row: Row) -> str:
    """Rows that the paper has are dark, those between them pale."""
    return MAIN if row.published else PALE


def _name(axes: Axes, label: str, title: str) -> None:
    axes.set_xlabel(label, color=QUIET, fontsize=9)
    axes.set_title(title, color=QUIET, fontsize=9, loc="left")
    axes.tick_params(colors=QUIET, labelsize=9)
    axes.grid(visible=True, axis="x", color=GRID, lw=0.7)
    axes.set_axisbelow(True)
    take_frame_off(axes)
