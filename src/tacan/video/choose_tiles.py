"""Tiles chosen for a video by looking at its first seconds: are most people small, or do tiles
show more of them?

What is chosen depends on the pictures, the detector and the threshold alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from tacan.text import counted
from tacan.video.detect import Detector
from tacan.video.readable_video import ReadableVideo
from tacan.video.tiling import SURE, Tiled
from tacan.video.tracklet_settings import Tiles

__all__ = ["FIRST_SECONDS", "SMALL", "TRIED", "TileChoice", "choose_tiles", "tiles_text"]

TRIED = (2, 2)
"""Rows and columns of the tiles that are tried."""

FIRST_SECONDS = 60.0
"""So much of a video is looked at, at most, one frame a second."""

SMALL = 64.0
"""Pixels of the picture as the detector sees it: a person who is lower gains by tiles. Chosen on
generated crowds (the `choosing` and `choosing-far` ones of `benchmarks/crowds.py`), as MORE."""

LARGE = 128.0
"""Nobody who is higher gains: tiles 2x2 show people 1.8 times as high."""

MORE = 1.15
"""So many times as many people who are sure must tiles show where most are in between."""

_ENOUGH_PEOPLE = 24
_ENOUGH_FRAMES = 10
"""With so many people in so many frames nothing more is looked at."""


@dataclass(frozen=True, slots=True)
class TileChoice:
    """The tiles that were chosen, and a line that says why."""

    tiles: Tiles
    text: str


def choose_tiles(video: ReadableVideo, detector: Detector, *, threshold: float) -> TileChoice:
    """The tiles for a video: `TRIED` where half of its people are small for the detector, or not
    large and tiles show `MORE` people with a score of at least `SURE`; or none.

    In a frame a second everybody counts for the heights whom the whole frame or the tiles show,
    from the score `threshold` on. Raises `VideoError` and `DetectorError` as reading and detection
    do.
    """
    tiled = Tiled(detector, rows=TRIED[0], columns=TRIED[1])
    heights: list[float] = []
    n_whole = n_tiled = n_frames = 0
    for image in _first_pictures(video):
        [(whole, found)] = tiled.detect_both([image])
        n_whole += int((whole.scores >= SURE).sum())
        n_tiled += int((found.scores >= SURE).sum())
        scale = detector.input_side / max(image.shape[:2])
        boxes = found.boxes[found.scores >= threshold]
        heights += ((boxes[:, 3] - boxes[:, 1]) * scale).tolist()
        n_frames += 1
        if n_frames >= _ENOUGH_FRAMES and len(heights) >= _ENOUGH_PEOPLE:
            break
    looked = f"{counted(n_frames, 'frame')} from the beginning"
    return _choice(heights, n_whole, n_tiled, looked=looked, input_side=detector.input_side)


def _choice(
    heights: list[float], n_whole: int, n_tiled: int, *, looked: str, input_side: int
) -> TileChoice:
    """The choice for people of these heights, in pixels of the detector's picture, of whom whole
    frames show `n_whole` surely, and tiles as well `n_tiled`."""
    if not heights:
        return TileChoice(None, f"{tiles_text(None)}: {looked} show nobody")
    middle = float(np.median(heights))
    is_more = n_tiled >= MORE * n_whole and n_tiled > 0
    tiles = TRIED if middle < SMALL or (middle < LARGE and is_more) else None
    text = (
        f"{tiles_text(tiles)}: people are {middle:.0f} pixels high in the detector's picture of "
        f"{input_side} (median of {len(heights):,} in {looked}), and tiles show {n_tiled:,} surely "
        f"where whole frames show {n_whole:,}"
    )
    if tiles is not None:
        n_pictures = 1 + tiles[0] * tiles[1]
        text += f"; --tiles none looks for people {n_pictures} times as fast, and finds fewer"
    return TileChoice(tiles, text)


def tiles_text(tiles: Tiles) -> str:
    """Tiles for people.

    >>> tiles_text((2, 2))
    'whole frames and tiles 2x2'
    >>> tiles_text(None)
    'whole frames'
    """
    return "whole frames" if tiles is None else f"whole frames and tiles {tiles[0]}x{tiles[1]}"


def _first_pictures(video: ReadableVideo) -> Iterator[NDArray[np.uint8]]:
    frames = video.frames(stride=max(1, round(video.fps)))
    for frame in takewhile(lambda frame: frame.seconds <= FIRST_SECONDS, frames):
        yield frame.image
