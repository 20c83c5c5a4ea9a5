"""The picture of one tracklet's clip weights, for a README or a slide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tacan.views.charts import DPI, GRID, INK, MAIN, PALE, QUIET, WARNING, save_png, take_frame_off
from tacan.views.demo_strip import Strip

__all__ = ["draw_picture"]

PIXELS = 1200
LEFT, RIGHT, HEAD, CHART, GAP, FOOT = 0.42, 0.12, 0.62, 1.35, 0.1, 0.4
"""Inches about the frames: axis, margin, title, chart, the room under it, clip numbers."""

COLOURS = {"clean": MAIN, "partly": PALE, "occluded": WARNING}
NAMES = {"clean": "clean clip", "partly": "partly occluded", "occluded": "wholly occluded"}


def draw_picture(strip: Strip, path: Path) -> None:
    """Writes a PNG, 1200 pixels wide: weights and visibility over the frames of the strip.

    Raises `StorageError`.
    """
    rows, columns = strip.film.shape[:2]
    wide = PIXELS / DPI
    film_width = wide - LEFT - RIGHT
    film_height = film_width * rows / columns
    tall = HEAD + CHART + GAP + film_height + FOOT
    figure = Figure(figsize=(wide, tall), dpi=DPI, facecolor="white")
    bottom = FOOT + film_height + GAP
    chart = figure.add_axes((LEFT / wide, bottom / tall, film_width / wide, CHART / tall))
    film = figure.add_axes((LEFT / wide, FOOT / tall, film_width / wide, film_height / tall))
    _draw_chart(chart, strip)
    _draw_film(film, strip)
    figure.text(
        LEFT / wide,
        1 - 0.26 / tall,
        f"Clip weights of one tracklet: {len(strip.seen)} frames, {len(strip.weights)} clips",
        color=INK,
        fontsize=9.5,
        fontweight="bold",
    )
    save_png(figure, path)


def _draw_chart(axes: Axes, strip: Strip) -> None:
    n = len(strip.seen)
    starts = np.arange(len(strip.weights)) * strip.clip_len
    widths = np.minimum(starts + strip.clip_len, n) - starts
    kinds = [strip.kind(clip) for clip in range(len(strip.weights))]
    axes.bar(
        starts + 0.15,
        strip.heights,
        widths - 0.3,
        align="edge",
        color=[COLOURS[kind] for kind in kinds],
    )
    for clip, (start, wide) in enumerate(zip(starts, widths, strict=True)):
        place = (start + wide / 2, strip.heights[clip] + 0.03)
        axes.annotate(
            f"{100 * strip.shares[clip]:.0f} %", place, ha="center", color=INK, fontsize=7.5
        )
    (line,) = axes.step(
        np.arange(n + 1), np.append(strip.seen, strip.seen[-1]), where="post", color=INK, lw=1.3
    )
    handles = [Patch(color=COLOURS[kind]) for kind in COLOURS if kind in kinds]
    names = [NAMES[kind] for kind in COLOURS if kind in kinds]
    axes.legend(
        [*handles, line],
        [*names, "visible share of the person (ground truth)"],
        loc="lower left",
        bbox_to_anchor=(-0.008, 1.0),
        ncols=len(handles) + 1,
        frameon=False,
        fontsize=7.5,
        labelcolor=QUIET,
        handlelength=1.1,
        columnspacing=1.4,
        borderaxespad=0.1,
    )
    _bare(axes, n)
    axes.set_ylim(0, 1.16)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"], color=QUIET, fontsize=7.5)
    axes.grid(visible=True, axis="y", color=GRID, lw=0.7)
    axes.set_axisbelow(True)


def _draw_film(axes: Axes, strip: Strip) -> None:
    n = len(strip.seen)
    rows, columns = strip.film.shape[:2]
    height = n * rows / columns
    axes.imshow(strip.film, extent=(0, n, 0, height), interpolation="lanczos", aspect="auto")
    for start in range(strip.clip_len, n, strip.clip_len):
        axes.axvline(start, color="white", lw=2.2)
    _bare(axes, n)
    axes.set_yticks([])
    starts = np.arange(len(strip.weights)) * strip.clip_len
    middles = (starts + np.minimum(starts + strip.clip_len, n)) / 2
    axes.set_xticks(middles, [str(i + 1) for i in range(len(middles))], color=QUIET, fontsize=7.5)
    axes.set_xlabel("clip", color=QUIET, fontsize=7.5, labelpad=1)


def _bare(axes: Axes, n: int) -> None:
    axes.set_xlim(0, n)
    axes.set_xticks([])
    axes.tick_params(pad=3)
    take_frame_off(axes)
