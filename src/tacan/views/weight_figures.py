"""Figures 4 and 6: clips as pictures, each with its weight and a frame in the colour of that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tacan.images.read import read_crop
from tacan.paper.weighed_tracklets import Level, WeighedTracklet, levels
from tacan.search.pictures import spread
from tacan.views.charts import GRID, INK, MAIN, QUIET, save_png_and_svg, take_frame_off

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tacan.evaluation.weight_by_visibility import WeightByVisibility

__all__ = ["LEVEL_COLOURS", "draw_consecutive_clips", "draw_long_tracklet", "draw_tenths"]

LEVEL_COLOURS: dict[Level, str] = {"high": "#1a7a4c", "medium": "#d3a021", "low": "#bf4522"}
"""The paper's green, yellow and red."""

SHOWN_CLIPS = 15
"""As many as Fig. 6 shows."""


def draw_consecutive_clips(
    examples: Sequence[tuple[WeighedTracklet, int]],
    thresholds: tuple[float, float],
    path: Path,
    *,
    n_clips: int = 3,
) -> None:
    """Fig. 4: of each example `n_clips` consecutive clips, all frames of each over its weight.

    Writes `path` and the same as SVG. Raises `StorageError`.
    """
    from matplotlib.figure import Figure  # a second to load, in every drawing process otherwise

    figure = Figure(figsize=(9, 2.1 * len(examples)), layout="constrained")
    rows = figure.subplots(len(examples), n_clips, squeeze=False)
    for row, (each, first) in zip(rows, examples, strict=True):
        for axes, clip in zip(row, range(first, first + n_clips), strict=True):
            pictures = [read_crop(each.tracklet.path(i)) for i in each.clips[clip].tolist()]
            weight = float(each.weights[clip])
            colour = LEVEL_COLOURS[levels(each.weights[clip : clip + 1], thresholds)[0]]
            _show(axes, _side_by_side(pictures), colour)
            seen = "" if each.visibility is None else f", {_seen(each, clip)}"
            axes.set_xlabel(f"clip {clip + 1}{seen}", color=QUIET, fontsize=8)
            axes.set_title(f"{weight:.4f}", color=colour, fontsize=11, fontweight="bold")
        row[0].set_ylabel(f"person {each.tracklet.pid}", color=INK, fontsize=9)
    save_png_and_svg(figure, path)


def draw_long_tracklet(
    each: WeighedTracklet,
    thresholds: dict[str, tuple[float, float]],
    path: Path,
) -> None:
    """Fig. 6: clips spread over one tracklet, and its weights, once for each of `thresholds`.

    `thresholds` are named pairs. Writes `path` and the same as SVG. Raises `StorageError`.
    """
    from matplotlib.figure import Figure

    shown = spread(len(each.weights), SHOWN_CLIPS).tolist()
    figure = Figure(figsize=(11, 1.5 + 3.5 * len(thresholds)), layout="constrained")
    parts = figure.subfigures(len(thresholds), 1, squeeze=False)[:, 0]
    for part, (name, pair) in zip(parts, thresholds.items(), strict=True):
        found = levels(each.weights, pair)
        grid = part.add_gridspec(2, len(shown), height_ratios=(1.25, 1))
        for place, clip in enumerate(shown):
            axes = part.add_subplot(grid[0, place])
            middle = each.clips[clip][len(each.clips[clip]) // 2]
            _show(axes, read_crop(each.tracklet.path(int(middle))), LEVEL_COLOURS[found[clip]])
            axes.set_title(f"{clip + 1}", color=QUIET, fontsize=7, pad=2)
            axes.set_xlabel(f"{each.weights[clip]:.3f}", color=INK, fontsize=7, labelpad=2)
        _draw_weights(part.add_subplot(grid[1, :]), each, pair, found)
        low, high = pair
        part.suptitle(
            f"{name}: low below {low:.4f}, high above {high:.4f}",
            color=INK,
            fontsize=9,
            x=0.01,
            ha="left",
        )
    save_png_and_svg(figure, path)


def draw_tenths(found: Sequence[WeightByVisibility], path: Path) -> None:
    """The mean weight of clips by the tenth of the person that they show, a line for each of
    `found`, with the rank correlations. Writes `path` and the same as SVG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 3.4), layout="constrained")
    axes = figure.add_subplot()
    for each in found:
        known = [(i, mean) for i, mean in enumerate(each.means) if mean is not None]
        places, means = zip(*known, strict=True)
        axes.plot([10 * i + 5 for i in places], means, "o-", color=MAIN, alpha=0.5, ms=4, lw=1.4)
    correlations = [e.rank_correlation for e in found if e.rank_correlation is not None]
    if correlations:
        mean = float(np.mean(correlations))
        axes.set_title(
            f"rank correlation {mean:.3f}, mean of {len(correlations)}",
            color=QUIET,
            fontsize=9,
            loc="left",
        )
    axes.set_xlabel("visible share of the person in a clip, %", color=QUIET, fontsize=9)
    axes.set_ylabel("mean clip weight", color=QUIET, fontsize=9)
    axes.set_xlim(0, 100)
    _plain(axes)
    save_png_and_svg(figure, path)


def _draw_weights(
    axes: Axes, each: WeighedTracklet, thresholds: tuple[float, float], found: list[Level]
) -> None:
    """Dots of weight over the clips, lines at the thresholds, and the visibility below."""
    places = np.arange(1, len(each.weights) + 1)
    for limit in thresholds:
        axes.axhline(limit, color=QUIET, lw=0.8, ls=(0, (4, 3)))
    axes.plot(places, each.weights, color=GRID, lw=1.2, zorder=1)
    axes.scatter(places, each.weights, c=[LEVEL_COLOURS[level] for level in found], s=16, zorder=2)
    axes.set_ylabel("weight", color=QUIET, fontsize=8)
    axes.set_xlabel("clip", color=QUIET, fontsize=8)
    axes.set_xlim(0.5, len(places) + 0.5)
    if each.weights.min() >= 0 and each.weights.max() <= 1:
        axes.set_ylim(0, 1.02)
    if each.visibility is not None:
        beside = axes.twinx()
        seen = each.visibility[each.clips].mean(axis=1)
        beside.step(places, seen, where="mid", color=INK, lw=1, alpha=0.6)
        beside.set_ylim(0, 1.02)
        beside.set_ylabel("visible share", color=QUIET, fontsize=8)
        beside.tick_params(colors=QUIET, labelsize=7)
        take_frame_off(beside)
    _plain(axes, size=7)


def _plain(axes: Axes, *, size: int = 9) -> None:
    axes.tick_params(colors=QUIET, labelsize=size)
    axes.grid(visible=True, axis="y", color=GRID, lw=0.7)
    axes.set_axisbelow(True)
    take_frame_off(axes)


def _side_by_side(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures of one height in a row, with a little white between them."""
    height = max(picture.shape[0] for picture in pictures)
    gap = np.full((height, max(1, height // 40), 3), 255, np.uint8)
    row = [gap]
    for picture in pictures:
        below = np.full((height - picture.shape[0], picture.shape[1], 3), 255, np.uint8)
        row += [np.concatenate([picture, below]), gap]
    return np.concatenate(row[1:-1], axis=1)


def _show(axes: Axes, picture: np.ndarray, colour: str) -> None:
    """A picture with a frame of `colour`."""
    axes.imshow(picture, interpolation="bilinear")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color(colour)
        side.set_linewidth(3)


def _seen(each: WeighedTracklet, clip: int) -> str:
    if each.visibility is None:
        return ""
    return f"{100 * each.visibility[each.clips[clip]].mean():.0f} % visible"
