"""What the project's pictures share: colours, axes without a frame, and how they are written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tacan.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["DPI", "GRID", "INK", "MAIN", "PALE", "QUIET", "WARNING", "save_png", "take_frame_off"]

INK, QUIET, GRID = "#1c2126", "#5d6670", "#e2dfd9"
"""What is to be read, what stands beside it, and lines behind it."""
MAIN, PALE, WARNING = "#0f6b6f", "#8dbab8", "#d8623f"
DPI = 150


def save_png(figure: Figure, path: Path) -> Path:
    """Writes `figure` whole or not at all. Raises `StorageError`."""
    with atomic_path(path) as draft:
        figure.savefig(draft, format="png", dpi=DPI)
    return path


def take_frame_off(axes: Axes) -> None:
    """Leaves the charts' own lines, without the box and the ticks about them."""
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
