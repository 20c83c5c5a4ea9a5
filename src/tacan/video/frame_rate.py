"""The frame rate of a stream, as well as its file tells it."""

from __future__ import annotations

from typing import Any

__all__ = ["LIKELY_RATES", "frame_rate"]

_ASSUMED = 25.0
LIKELY_RATES = (0.001, 1000.0)
"""Frames a second between which a stated rate is believed."""

_BARE = ("h264", "hevc", "vvc", "m4v", "mpegvideo", "h263", "vc1", "obu", "mjpeg")
"""Formats without times of their own, which FFmpeg plays at 25 frames a second."""
_RATE_OF_CODEC = (*_BARE, "dhav")
"""Formats for which the codec's own headers know the rate better."""


def frame_rate(container: Any, stream: Any) -> tuple[float, bool]:
    """Frames a second of an open stream, and whether that is no more than an assumption.

    The average over the file where it has times; else what the codec says of itself.
    """
    names = container.format.name.split(",")
    codec = stream.codec_context
    if any(name in _RATE_OF_CODEC for name in names):
        if codec is not None and _is_likely(codec.framerate):
            rate = stream.guessed_rate
            return float(rate if _is_likely(rate) else codec.framerate), False
        if any(name in _BARE for name in names):
            return _ASSUMED, True
    for rate in (stream.average_rate, stream.guessed_rate):
        if _is_likely(rate):
            return float(rate), False
    return _ASSUMED, True


def _is_likely(rate: Any) -> bool:
    least, most = LIKELY_RATES
    return rate is not None and least <= rate <= most
