"""Table 3 as a picture: how far apart an identity's vectors lie without and with min-max loss."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tacan.paper.spread_table import LENGTHS, SpreadRow
from tacan.views.charts import GRID, INK, MAIN, PLAIN, QUIET, save_png, take_frame_off

__all__ = ["draw_spread"]


def draw_spread(rows: Sequence[SpreadRow], path: Path) -> None:
    """Writes a PNG with a chart for each length of vectors: two bars for each of `rows`.

    Raises `StorageError`.
    """
    from matplotlib.figure import Figure  # a second to load, in every drawing process otherwise

    figure = Figure(figsize=(9.5, 1.3 + 0.5 * len(rows)), layout="constrained")
    charts = figure.subplots(1, len(LENGTHS), sharey=True)
    for axes, (length, title) in zip(charts, LENGTHS.items(), strict=True):
        for side, (name, colour) in enumerate((("without min-max", PLAIN), ("with", MAIN))):
            values = [row.values[length][side] for row in rows]
            places = [place + 0.36 * (side - 0.5) for place in range(len(rows))]
            errors = [value.std["value"] if value.std else 0.0 for value in values]
            means = [value.mean["value"] for value in values]
            axes.barh(places, means, 0.34, color=colour, xerr=errors, ecolor=INK, label=name)
            for place, mean, error in zip(places, means, errors, strict=True):
                text = f" {mean:.2f}"
                axes.text(max(mean, 0) + error, place, text, va="center", fontsize=8, color=INK)
        axes.set_title(title, color=QUIET, fontsize=9, loc="left")
        axes.tick_params(colors=QUIET, labelsize=9)
        axes.grid(visible=True, axis="x", color=GRID, lw=0.7)
        axes.set_axisbelow(True)
        axes.margins(x=0.14)
        take_frame_off(axes)
    charts[0].set_yticks(range(len(rows)), [row.title for row in rows], color=INK)
    charts[0].invert_yaxis()
    charts[-1].legend(frameon=False, fontsize=8, labelcolor=QUIET, loc="lower right")
    save_png(figure, path)
