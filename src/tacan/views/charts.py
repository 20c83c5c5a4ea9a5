"""Looks that the project's charts share, and how they are written as files and into pages.

matplotlib takes a good part of a second to import, so everything here imports it when it draws.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tacan.files import atomic_path
from tacan.text import for_html
from tacan.views.page_pictures import jpeg_address

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "DPI",
    "GRID",
    "INK",
    "MAIN",
    "PALE",
    "PAPER",
    "PLAIN",
    "QUIET",
    "WARNING",
    "Curve",
    "as_svg",
    "curve_panel",
    "histogram_panel",
    "save_png",
    "save_png_and_svg",
    "take_frame_off",
]

INK, QUIET, GRID, PAPER = "#1c2126", "#5d6670", "#e2dfd9", "#ffffff"
"""What is to be read, what stands beside it, lines behind it, and the ground."""
MAIN, PALE, PLAIN, WARNING = "#0f6b6f", "#8dbab8", "#8b8177", "#d8623f"
DPI = 150

VARIABLES = {
    INK: "--ink",
    QUIET: "--quiet",
    GRID: "--rule",
    PAPER: "--paper",
    MAIN: "--tacan",
    PALE: "--soft",
    PLAIN: "--plain",
    WARNING: "--wrong",
}
"""For each colour the variable of the pages' style sheet, which has another in the dark."""

PANEL = (4.7, 2.9)
"""Inches of a small chart in a page."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A line of a chart, with its colour and the style of its stroke."""

    name: str
    x: NDArray[np.floating]
    y: NDArray[np.floating]
    colour: str = MAIN
    stroke: str | tuple[int, tuple[int, ...]] = "-"


def save_png(figure: Figure, path: Path) -> Path:
    """Writes `figure` whole or not at all. Raises `StorageError`."""
    with atomic_path(path) as draft:
        figure.savefig(draft, format="png", dpi=DPI)
    return path


def save_png_and_svg(figure: Figure, path: Path) -> None:
    """Writes `figure` to the PNG `path` and to the SVG beside it, whose text stays text.

    The same figure gives the same files. Raises `StorageError`.
    """
    import matplotlib as mpl

    save_png(figure, path)
    with (
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "tacan"}),
        atomic_path(path.with_suffix(".svg")) as draft,
    ):
        figure.savefig(draft, format="svg", metadata={"Date": None})


def as_svg(figure: Figure, *, description: str, style: str = "") -> str:
    """`figure` as an `<svg>` element to stand in an HTML page.

    The same figure gives the same text. Colours are the page's own (`VARIABLES`), text stays
    text in the page's font, pictures are JPEG, and nothing is loaded or refers to an id, so that
    many may stand in one page. `description` is what a screen reader says.
    """
    import matplotlib as mpl

    # A clip path would be an id that has to be unique in the page; nothing is drawn beyond axes.
    for artist in figure.findobj():
        artist.set_clip_on(False)
    text = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "tacan"}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    whole = text.getvalue()
    view_box = re.findall(r'viewBox="([^"]+)"', whole)[0]
    inner = whole[whole.index("</metadata>") + len("</metadata>") : whole.rindex("</svg>")]
    inner = re.sub(r"<defs>.*?</defs>|<!--.*?-->", "", inner, flags=re.DOTALL)
    inner = re.sub(r' id="[^"]*"', "", inner).replace("xlink:href", "href")
    inner = re.sub(r"image-rendering:[^;\"]*;?", "", inner)
    inner = re.sub(r'href="data:image/png;base64,([^"]+)"', _png_to_jpeg, inner)
    inner = re.sub(r"font: ((?:\w+ )?[\d.]+px) [^;\"]*", r"font: \1 var(--sans)", inner)
    for colour, variable in VARIABLES.items():
        inner = inner.replace(colour, f"var({variable})")
    inner = re.sub(r"\s*\n\s*", "\n", inner).strip()
    return (
        f'<svg viewBox="{view_box}" style="{style}" role="img" '
        f'aria-label="{for_html(description)}">{inner}</svg>'
    )


def _png_to_jpeg(found: re.Match[str]) -> str:
    from PIL import Image

    with Image.open(BytesIO(b64decode(found[1]))) as image:
        return f'href="{jpeg_address(np.asarray(image.convert("RGB")))}"'


def curve_panel(title: str, curves: Sequence[Curve], *, x_name: str) -> str:
    """A chart of lines from zero up, as an `<svg>` for a page."""
    figure, axes = _panel(x_name)
    for curve in curves:
        axes.plot(curve.x, curve.y, color=curve.colour, lw=1.6, ls=curve.stroke)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    ends = "; ".join(f"{curve.name} ends at {curve.y[-1]:.3g}" for curve in curves if len(curve.y))
    return as_svg(figure, description=f"{title}: {ends}.")


def histogram_panel(
    title: str, samples: Sequence[tuple[str, str, NDArray[np.floating]]], *, x_name: str
) -> str:
    """Histograms (name, colour, values) as shares of their own sample, as an `<svg>` for a page."""
    from matplotlib.ticker import PercentFormatter

    figure, axes = _panel(x_name)
    top = max((float(values.max()) for _, _, values in samples if len(values)), default=1.0)
    edges = np.linspace(0.0, top or 1.0, 31).tolist()
    for _, colour, values in samples:
        shares = np.full(len(values), 1 / max(len(values), 1))
        axes.hist(values, edges, weights=shares, histtype="step", color=colour, lw=1.5)
        axes.hist(values, edges, weights=shares, histtype="stepfilled", color=colour, alpha=0.28)
    axes.set_xlim(0, edges[-1])
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    medians = "; ".join(
        f"median of {name} {np.median(values):.2f}" for name, _, values in samples if len(values)
    )
    return as_svg(figure, description=f"{title}: {medians}.")


def _panel(x_name: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=PANEL, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(x_name, color=QUIET, fontsize=11, loc="right")
    axes.tick_params(labelcolor=QUIET, labelsize=11)
    axes.grid(visible=True, axis="y", color=GRID, lw=0.9)
    axes.set_axisbelow(True)
    axes.locator_params(nbins=5)
    take_frame_off(axes)
    return figure, axes


def take_frame_off(axes: Axes) -> None:
    """Leaves the charts' own lines, without the box and the ticks about them."""
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
