"""A walk's pictures in the order of time over the weights of its clips, for a template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np

from tacan.gallery import Gallery
from tacan.search.pictures import Strip, spread
from tacan.views.strip import describe_weights
from tacan.views.times import clock

__all__ = ["Bar", "Film", "FilmPicture", "film_of", "film_of_strip"]


@dataclass(frozen=True, slots=True)
class Bar:
    """A clip in the chart of weights, in per cent of its width and height, and its share."""

    x: float
    width: float
    height: float
    share: float


@dataclass(frozen=True, slots=True)
class FilmPicture:
    """A picture's address, what it is in words, and its time in the video where it has one."""

    address: str
    words: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Film:
    """What is drawn: `even` is the height of equal weights, None where all are; `marks` are where
    the pictures are, in per cent of the chart's width."""

    pictures: list[FilmPicture]
    bars: list[Bar]
    even: float | None
    marks: list[float]
    weights: str


def film_of(name: str, gallery: Gallery, tracklet: int, *, most: int | None = None) -> Film:
    """The film of a tracklet of the gallery called `name`, with at most `most` pictures."""
    trajectory, crops = gallery.trajectory(tracklet), gallery.crops(tracklet)
    shown = range(len(crops)) if most is None else spread(len(crops), most).tolist()
    at = f"/api/galleries/{quote(name)}/tracklets/{tracklet}/crops"
    pictures = [
        FilmPicture(f"{at}/{i}", f"Crop at {clock(crops[i].seconds)}", crops[i].seconds)
        for i in shown
    ]
    strip = Strip(
        pictures=(),
        frames=np.array([crops[i].frame for i in shown], np.int64),
        clip_frames=trajectory.clip_frames,
        clip_weights=trajectory.clip_weights,
    )
    return _film(pictures, strip, seen=trajectory.frames.tolist())


def film_of_strip(strip: Strip, addresses: Sequence[str]) -> Film:
    """The film of pictures that are no tracklet's; `addresses` are those of all of them, and the
    strip's frames say which are shown."""
    pictures = [
        FilmPicture(addresses[frame], f"Picture {frame + 1}") for frame in map(int, strip.frames)
    ]
    return _film(pictures, strip, seen=strip.frames.tolist())


def _film(pictures: list[FilmPicture], strip: Strip, *, seen: list[int]) -> Film:
    # The chart begins with the first frame of all, and covers those up to the last.
    frames = [*seen, *strip.clip_frames.ravel().tolist()]
    first, length = (min(frames), max(frames) - min(frames) + 1) if frames else (0, 1)
    largest = float(strip.shares.max(initial=0)) or 1.0
    bars = [
        Bar(
            x=100 * (int(start) - first) / length,
            width=100 * max(int(end) - int(start) + 1, 1) / length,
            height=100 * float(share) / largest,
            share=float(share),
        )
        for (start, end), share in zip(strip.clip_frames, strip.shares, strict=True)
    ]
    marks = [
        min(100.0, max(0.0, 100 * (frame - first + 0.5) / length))
        for frame in strip.frames.tolist()
    ]
    even = None if strip.is_even else 100 / len(strip.shares) / largest
    return Film(pictures, bars, even, marks, describe_weights(strip))
