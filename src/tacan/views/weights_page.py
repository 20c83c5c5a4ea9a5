"""Tracklets as one HTML file in which one moves through the frames and sees the clip weight."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from tacan.files import write_text
from tacan.images.read import read_crop
from tacan.paper.weighed_tracklets import WeighedTracklet, levels
from tacan.text import counted
from tacan.views.page import render_page
from tacan.views.page_pictures import jpeg_address, shrunk

__all__ = ["write_weights_page"]

CROP_HEIGHT = 192
"""Pixels."""
CHART_HEIGHT = 30
"""Units of the chart, whose breadth is a unit a frame."""


def write_weights_page(
    tracklets: Sequence[WeighedTracklet], thresholds: tuple[float, float], path: Path
) -> None:
    """Writes the page to `path`; it loads nothing, and its one script is its own.

    Raises `StorageError`, and `CropError` for a crop that can't be read.
    """
    # The browser runs it only where it is, letter for letter, the text of this digest.
    script = files("tacan.views").joinpath("templates/weights.js").read_text("utf-8")
    digest = b64encode(sha256(script.encode("utf-8")).digest()).decode()
    low, high = thresholds
    text = render_page(
        "weights.html.j2",
        lede=f"{counted(len(tracklets), 'tracklet')}, frame by frame, with the weight that the "
        "model gives the clip of each. Nothing told the model what is hidden.",
        script=script,
        script_hash=f"sha256-{digest}",
        tracklets=[_tracklet(each, thresholds) for each in tracklets],
        reading=(
            "A tracklet is cut into clips of a few consecutive frames, each clip has a vector and "
            "a weight, and the tracklet's vector is the mean of the clips' by their weights.",
            f"A weight below {low:.4f} is shown as low, above {high:.4f} as high.",
        ),
    )
    write_text(path, text)


def _tracklet(each: WeighedTracklet, thresholds: tuple[float, float]) -> dict[str, Any]:
    n = len(each.tracklet)
    clip_of_frame = np.zeros(n, np.int64)
    for clip, frames in enumerate(each.clips):
        clip_of_frame[np.unique(frames)] = clip
    low, high = float(each.weights.min()), float(each.weights.max())
    return {
        "title": f"Person {each.tracklet.pid}, camera {each.tracklet.camid}",
        "clip_of_frame": " ".join(map(str, clip_of_frame.tolist())),
        "frames": [_frame(each, i, int(clip_of_frame[i])) for i in range(n)],
        "clips": _bars(each, thresholds),
        "visibility": "" if each.visibility is None else _line(each.visibility),
        "described": f"{counted(len(each.weights), 'clip')} with weights from {low:.4f} to "
        f"{high:.4f}",
    }


def _frame(each: WeighedTracklet, index: int, clip: int) -> dict[str, str]:
    told = f"frame {index + 1} of {len(each.tracklet)}, clip {clip + 1} of {len(each.weights)}"
    if each.visibility is not None:
        told += f", {100 * each.visibility[index]:.0f} % of the person visible"
    picture = shrunk(read_crop(each.tracklet.path(index)), height=CROP_HEIGHT)
    return {"picture": jpeg_address(picture), "told": told}


def _bars(each: WeighedTracklet, thresholds: tuple[float, float]) -> list[dict[str, Any]]:
    largest = float(each.weights.max())
    bars = []
    for frames, weight, level in zip(
        each.clips, each.weights.tolist(), levels(each.weights, thresholds), strict=True
    ):
        height = CHART_HEIGHT * max(weight, 0) / largest if largest > 0 else 0.0
        first, last = int(frames.min()), int(frames.max())
        bars.append(
            {
                "first": first + 0.1,
                "width": last - first + 0.8,
                "top": round(CHART_HEIGHT - height, 3),
                "height": round(height, 3),
                "weight": f"{weight:.4f}",
                "level": level,
            }
        )
    return bars


def _line(visibility: np.ndarray) -> str:
    heights = CHART_HEIGHT * (1 - visibility.astype(np.float64))
    return " ".join(f"{i + 0.5:g},{height:.2f}" for i, height in enumerate(heights))
