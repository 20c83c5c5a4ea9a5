"""Figure 5: five identities in the plane, without and with the min-max loss, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tacan.paper.identity_map import IdentityMap
from tacan.views.charts import INK, QUIET, save_png_and_svg

__all__ = ["draw_identity_maps"]

COLOURS = ("#0f6b6f", "#d8623f", "#7b4fa0", "#d3a021", "#3c5fa8")
SHAPES = "os^Dv"


def draw_identity_maps(maps: Mapping[str, IdentityMap], path: Path) -> None:
    """Writes `path` and the same as SVG: a map for each title. Raises `StorageError`."""
    from matplotlib.figure import Figure  # a second to load, in every drawing process otherwise

    figure = Figure(figsize=(4.9 * len(maps), 5.1), layout="constrained")
    charts = figure.subplots(1, len(maps), squeeze=False)[0]
    for axes, (title, found) in zip(charts, maps.items(), strict=True):
        people = sorted(set(found.pids.tolist()))
        for place, pid in enumerate(people):
            points = found.places[found.pids == pid]
            axes.scatter(
                points[:, 0],
                points[:, 1],
                color=COLOURS[place % len(COLOURS)],
                marker=SHAPES[place % len(SHAPES)],
                s=34,
                label=f"person {pid}",
                alpha=0.85,
                linewidths=0,
            )
        axes.set_title(
            f"{title}\nsilhouette of these {len(found.pids)} tracklets {found.silhouette:.3f}, "
            f"of all {found.silhouette_of_all:.3f}",
            color=INK,
            fontsize=9,
            loc="left",
        )
        axes.set_xticks([])
        axes.set_yticks([])
        axes.margins(0.08)
        for side in axes.spines.values():
            side.set_color("#d8d4cc")
    charts[-1].legend(frameon=False, fontsize=8, labelcolor=QUIET, loc="best")
    save_png_and_svg(figure, path)
