"""Table 4 as a picture: every split of every row, and the means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tacan.paper.splits_table import SplitsRow
from tacan.views.charts import GRID, INK, MAIN, QUIET, save_png, take_frame_off

__all__ = ["draw_splits"]


def draw_splits(rows: Sequence[SplitsRow], path: Path) -> None:
    """Writes a PNG: a line for each row, a dot for each split and seed, a bar for the mean.

    Raises `StorageError`.
    """
    from matplotlib.figure import Figure  # a second to load, in every drawing process otherwise

    figure = Figure(figsize=(8, 1.2 + 0.42 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    for place, row in enumerate(rows):
        values = [
            100 * scores["mAP"] for splits in row.results.values() for scores in splits.values()
        ]
        axes.plot(values, [place] * len(values), "o", color=MAIN, alpha=0.45, mew=0, ms=6)
        mean = 100 * row.over_splits.mean["mAP"]
        axes.plot([mean, mean], [place - 0.3, place + 0.3], color=INK, lw=1.6)
        axes.text(mean, place - 0.34, f"{mean:.1f}", color=INK, fontsize=8, ha="center")
    titles = [f"{row.dataset}: {row.variant.title}" for row in rows]
    axes.set_yticks(range(len(rows)), titles, color=INK)
    axes.set_ylim(len(rows) - 0.4, -0.7)
    axes.set_xlabel("mAP, %", color=QUIET, fontsize=9)
    axes.set_title("a dot for each split, a line for the mean", color=QUIET, fontsize=9, loc="left")
    axes.tick_params(colors=QUIET, labelsize=9)
    axes.grid(visible=True, axis="x", color=GRID, lw=0.7)
    axes.set_axisbelow(True)
    take_frame_off(axes)
    save_png(figure, path)
