"""A tracklet as a picture: its crops in the order of time over the weights of its clips."""

from __future__ import annotations

import base64
from html import escape

from tacan.search.pictures import Picture, Strip

__all__ = ["describe_weights", "strip_svg"]

CELL, GAP, TALL = 64, 4, 128
LINKS, BARS = 16, 36


def strip_svg(strip: Strip, *, name: str) -> str:
    """The strip as an SVG element without any text in it: it may shrink to a phone's width.

    The crops stand side by side. Below them time runs from the first frame to the last, and each
    clip is a bar as high as its weight; a thin line leads from each crop to its moment. A dashed
    line is the height that all bars would have if all clips counted alike.
    """
    first, last = _extent(strip)
    width = max(len(strip.pictures), 1) * (CELL + GAP) - GAP
    has_bars = not strip.is_even
    height = TALL + (LINKS + BARS + 1 if has_bars else 0)
    scale = width / (last - first + 1)
    parts = [_picture(picture, place) for place, picture in enumerate(strip.pictures)]
    if has_bars:
        parts += [_links(strip, first, scale), _bars(strip, first, scale, width)]
    return (
        f'<svg class="strip" viewBox="0 0 {width} {height}" style="max-width:{width * 1.5:.0f}px" '
        f'role="img" aria-label="{escape(_describe(strip, name))}">{"".join(parts)}</svg>'
    )


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


def _extent(strip: Strip) -> tuple[int, int]:
    frames = [*strip.clip_frames.ravel().tolist(), *(one.frame for one in strip.pictures)]
    return (min(frames), max(frames)) if frames else (0, 0)


def _picture(picture: Picture, place: int) -> str:
    data = base64.b64encode(picture.jpeg).decode()
    x = place * (CELL + GAP)
    return (
        f'<image x="{x}" y="0" width="{CELL}" height="{TALL}" '
        f'preserveAspectRatio="xMidYMid slice" href="data:image/jpeg;base64,{data}"/>'
    )


def _links(strip: Strip, first: int, scale: float) -> str:
    lines = []
    for place, picture in enumerate(strip.pictures):
        middle = place * (CELL + GAP) + CELL / 2
        moment = (picture.frame - first + 0.5) * scale
        lines.append(f"M{middle:.1f},{TALL + 2}L{moment:.1f},{TALL + LINKS}")
    return f'<path class="links" d="{"".join(lines)}"/>'


def _bars(strip: Strip, first: int, scale: float, width: float) -> str:
    floor = TALL + LINKS + BARS
    shares = strip.shares
    unit = (BARS - 2) / shares.max()
    bars = []
    for (start, end), share in zip(strip.clip_frames.tolist(), shares.tolist(), strict=True):
        left, right = (start - first) * scale, (end - first + 1) * scale
        # A hair between neighbours, so that bars of one height can be counted.
        right -= min(1.0, (right - left) / 4)
        bars.append(f"M{left:.1f},{floor}V{floor - share * unit:.1f}H{right:.1f}V{floor}Z")
    even = floor - unit / len(shares)
    return (
        f'<path class="bars" d="{"".join(bars)}"/>'
        f'<path class="floor" d="M0,{floor}.5H{width}"/>'
        f'<path class="even" d="M0,{even:.1f}H{width}"/>'
    )


def _describe(strip: Strip, name: str) -> str:
    count = len(strip.pictures)
    crops = "1 crop" if count == 1 else f"{count} crops in the order of time"
    return f"{name}: {crops}. {describe_weights(strip)}"
