"""A tracklet as a picture: its crops in the order of time over the weights of its clips.

One drawing, for the pages of searches, for the demo's report, and as a PNG (the paper's Fig. 6).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from tacan.errors import CropError
from tacan.images.read import read_crop
from tacan.search.pictures import Strip, spread
from tacan.views.charts import (
    GRID,
    INK,
    MAIN,
    PALE,
    PAPER,
    QUIET,
    WARNING,
    as_svg,
    save_png,
    take_frame_off,
)
from tacan.views.page_pictures import shrunk

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tacan.gallery import Gallery

__all__ = ["clip_kinds", "describe_weights", "read_strip", "save_strip", "strip_svg"]

Kind = Literal["clean", "partly", "occluded"]

COLOURS: dict[Kind, str] = {"clean": MAIN, "partly": PALE, "occluded": WARNING}
NAMES: dict[Kind, str] = {
    "clean": "clean clip",
    "partly": "partly occluded",
    "occluded": "wholly occluded",
}

CELL, MARGIN = 0.64, 0.42
"""Inches: a crop's width where there is room for all, and what labels take beside the crops."""
LINKS, SMALL_CHART, CHART, FOOT, HEAD = 0.16, 0.36, 1.2, 0.42, 0.62
"""Inches in height, from the crops down: lines to the chart, chart without and with labels, the
labels under it; and the title above a PNG."""
PNG_WIDTH = 8.0
MAX_HEIGHT = 224
"""Pixels of a crop in a page."""


def read_strip(gallery: Gallery, tracklet_id: int) -> Strip:
    """The crops of a gallery's tracklet, at most `MAX_PICTURES` evenly spread, and its weights.

    A crop that is missing or damaged is left out and counted: an answer without a picture is
    still an answer.
    """
    trajectory = gallery.trajectory(tracklet_id)
    crops = gallery.crops(tracklet_id)
    pictures, frames = [], []
    for index in spread(len(crops)):
        try:
            pictures.append(read_crop(crops[index].path))
            frames.append(crops[index].frame)
        except CropError:
            continue
    return Strip(
        pictures=tuple(pictures),
        frames=np.array(frames, np.int64),
        clip_frames=trajectory.clip_frames,
        clip_weights=trajectory.clip_weights,
        n_missing=len(spread(len(crops))) - len(pictures),
    )


def strip_svg(strip: Strip, *, name: str, labelled: bool = False) -> str:
    """The strip as an `<svg>`; without labels there is no text in it, and it may shrink."""
    wide, tall = _size(strip, labelled=labelled)
    figure = _new_figure(wide, tall)
    _draw(figure, strip, labelled=labelled)
    count = len(strip.pictures)
    crops = "1 crop" if count == 1 else f"{count} crops in the order of time"
    described = f"{name}: {crops}. {describe_weights(strip)}"
    return as_svg(figure, description=described, style=f"max-width:{150 * wide:.0f}px")


def save_strip(strip: Strip, path: Path) -> None:
    """Writes the strip with a title and a legend, 1200 pixels wide. Raises `StorageError`."""
    tall = _size(strip, labelled=True)[1] + HEAD
    figure = _new_figure(PNG_WIDTH, tall)
    _draw(figure, strip, labelled=True, head=HEAD)
    title = f"Clip weights of one tracklet: {len(strip.pictures)} frames, "
    figure.text(
        MARGIN / PNG_WIDTH,
        1 - 0.26 / tall,
        f"{title}{len(strip.clip_weights)} clips",
        color=INK,
        fontsize=9.5,
        fontweight="bold",
    )
    figure.legend(
        *_legend(strip),
        loc="upper left",
        bbox_to_anchor=(MARGIN / PNG_WIDTH - 0.008, 1 - 0.3 / tall),
        ncols=5,
        frameon=False,
        fontsize=7.5,
        labelcolor=QUIET,
        handlelength=1.1,
        columnspacing=1.4,
        borderaxespad=0.1,
    )
    save_png(figure, path)


def clip_kinds(strip: Strip) -> tuple[Kind, ...]:
    """For each clip what can be seen of the person, as the occlusion test has it; empty where the
    visibility is not known. `strip` holds every frame of the tracklet."""
    if strip.visibility is None:
        return ()
    from tacan.evaluation.occlusion import CLEAN_FROM, OCCLUDED_TO

    kinds: list[Kind] = []
    for first, last in strip.clip_frames:
        seen = strip.visibility[first : last + 1]
        clean, occluded = seen.min() >= CLEAN_FROM, seen.max() <= OCCLUDED_TO
        kinds.append("clean" if clean else "occluded" if occluded else "partly")
    return tuple(kinds)


def describe_weights(strip: Strip) -> str:
    """What the bars say, in one sentence."""
    n_clips = len(strip.clip_weights)
    if n_clips == 1:
        return "One clip, which is the whole vector."
    if strip.is_even:
        return f"All {n_clips:,} clips count alike."
    shares = 100 * strip.shares
    return (
        f"{n_clips:,} clips; each is {_percent(shares.min())} to {_percent(shares.max())} of the "
        f"vector, where an even share would be {_percent(100 / n_clips)}."
    )


def _percent(value: float) -> str:
    return f"{value:.0f} %" if value >= 1 else f"{value:.1g} %"


def _new_figure(wide: float, tall: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(wide, tall), facecolor=PAPER)


def _has_bars(strip: Strip, *, labelled: bool) -> bool:
    return labelled or not strip.is_even


def _is_film(strip: Strip) -> bool:
    """Whether every frame is there, so that each stands over its own place in the chart."""
    first, last = _extent(strip)
    return len(strip.frames) == last - first + 1


def _size(strip: Strip, *, labelled: bool) -> tuple[float, float]:
    """Inches of the whole drawing."""
    n = max(len(strip.pictures), 1)
    wide = PNG_WIDTH if labelled else n * CELL
    cell = (wide - MARGIN) / n if labelled else CELL
    tall = 2 * cell
    if _has_bars(strip, labelled=labelled):
        tall += LINKS + (CHART + FOOT if labelled else SMALL_CHART)
    return wide, tall


def _extent(strip: Strip) -> tuple[int, int]:
    frames = [*strip.clip_frames.ravel().tolist(), *strip.frames.tolist()]
    return (min(frames), max(frames)) if frames else (0, 0)


def _draw(figure: Figure, strip: Strip, *, labelled: bool, head: float = 0.0) -> None:
    """Draws into `figure` from the top down: crops, links, chart."""
    wide, tall = figure.get_size_inches()
    left = MARGIN if labelled else 0.0
    across = wide - left - (0.02 if labelled else 0)
    n = max(len(strip.pictures), 1)
    film_tall = 2 * across / n
    floor = tall - head - film_tall

    def axes_at(bottom: float, height: float) -> Axes:
        return figure.add_axes((left / wide, bottom / tall, across / wide, height / tall))

    _draw_pictures(axes_at(floor, film_tall), strip)
    if not _has_bars(strip, labelled=labelled):
        return
    if not _is_film(strip):
        _draw_links(axes_at(floor - LINKS, LINKS), strip)
    height = CHART if labelled else SMALL_CHART
    _draw_chart(axes_at(floor - LINKS - height, height), strip, labelled=labelled)


def _draw_pictures(axes: Axes, strip: Strip) -> None:
    """Each picture whole in a cell of 1 x 2, and all on one floor."""
    n = max(len(strip.pictures), 1)
    gap = 0.0 if _is_film(strip) else 0.03
    for i, picture in enumerate(strip.pictures):
        small = shrunk(picture, height=MAX_HEIGHT)
        height, width = small.shape[:2]
        scale = min((1 - 2 * gap) / width, 2 / height)
        half = scale * width / 2
        box = (i + 0.5 - half, i + 0.5 + half, 0, scale * height)
        axes.imshow(small, extent=box, interpolation="none", aspect="auto")
    if _is_film(strip):
        for first, _ in strip.clip_frames[1:]:
            axes.axvline(first - _extent(strip)[0], color=PAPER, lw=2.2)
    _bare(axes, n, 2)


def _draw_links(axes: Axes, strip: Strip) -> None:
    """A line from each crop down to its time in the chart."""
    first, last = _extent(strip)
    n = max(len(strip.pictures), 1)
    times = (strip.frames - first + 0.5) / (last - first + 1)
    for i, time in enumerate(times):
        axes.plot([(i + 0.5) / n, time], [0.9, 0.05], color=QUIET, lw=0.6, alpha=0.7)
    _bare(axes, 1, 1)


def _draw_chart(axes: Axes, strip: Strip, *, labelled: bool) -> None:
    """Bars of weight, the largest at 1, over the time from the first frame to the last."""
    first, last = _extent(strip)
    starts, ends = strip.clip_frames[:, 0] - first, strip.clip_frames[:, 1] - first + 1
    heights = strip.shares / strip.shares.max()
    kinds = clip_kinds(strip)
    # A hair between neighbours, so that bars of one height can be counted.
    gap = np.minimum(0.3 if labelled else (last - first + 1) / 600, (ends - starts) / 4)
    axes.bar(
        starts + gap / 2,
        heights,
        ends - starts - gap,
        align="edge",
        color=[COLOURS[kind] for kind in kinds] or MAIN,
    )
    even = 1 / len(heights) / strip.shares.max()
    axes.axhline(even, color=INK, lw=0.7, ls=(0, (4, 3)), alpha=0.75)
    if strip.visibility is not None:
        line = np.append(strip.visibility, strip.visibility[-1])
        for colour, wide in ((PAPER, 2.6), (INK, 1.2)):
            axes.step(np.arange(len(line)), line, where="post", color=colour, lw=wide)
    _bare(axes, last - first + 1, 1.05)
    if labelled:
        # Under the axis, where no line of the chart runs through them.
        shares = [f"{100 * share:.0f} %" for share in strip.shares]
        axes.set_xticks((starts + ends) / 2, shares, color=INK, fontsize=7.5)
        axes.set_xlabel("share of the vector, clip by clip", color=QUIET, fontsize=7.5, labelpad=2)
        axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"], color=QUIET, fontsize=7.5)
        axes.grid(visible=True, axis="y", color=GRID, lw=0.7)
        axes.set_axisbelow(True)
    else:
        axes.axhline(0, color=GRID, lw=0.8)


def _legend(strip: Strip) -> tuple[list, list[str]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found = clip_kinds(strip)
    kinds: list[Kind] = [kind for kind in COLOURS if kind in found]
    handles: list = [Patch(color=COLOURS[kind]) for kind in kinds]
    names = [NAMES[kind] for kind in kinds]
    if strip.visibility is not None:
        handles.append(Line2D([], [], color=INK, lw=1.2))
        names.append("visible share of the person (ground truth)")
    handles.append(Line2D([], [], color=INK, lw=0.7, ls=(0, (4, 3))))
    return handles, [*names, "equal weights"]


def _bare(axes: Axes, right: float, top: float) -> None:
    axes.set_xlim(0, right)
    axes.set_ylim(0, top)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.tick_params(pad=3)
    axes.patch.set_visible(False)
    take_frame_off(axes)
