"""Decoded pictures as upright RGB with square pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from tacan.video.demux import MOST_PIXELS
from tacan.video.orientation import Orientation

__all__ = ["UprightPictures", "square_size"]

_NEARLY_SQUARE = 0.02
_MOST_OBLONG = 5.0
"""Beyond it what a file says of its pixels is no camera's."""


class UprightPictures:
    """Makes pictures upright and their pixels square, all to the size of the first one.

    `width` and `height` are those of what comes out; `stretch` says how much wider and higher that
    is than the upright picture as it is stored: what other programs mean by a pixel.
    """

    def __init__(self, first: av.VideoFrame, *, pixel_shape: Fraction | None = None) -> None:
        """`pixel_shape` is a stored pixel's width divided by its height; None where unknown."""
        self._orientation = Orientation.of(first)
        self._reformatter = VideoReformatter()  # one of its own for each picture takes longer
        stored = (first.width, first.height)
        self._size = square_size(*stored, pixel_shape=pixel_shape)
        self.width, self.height = self._orientation.upright_size(*self._size)
        width, height = self._orientation.upright_size(*stored)
        self.stretch = (self.width / width, self.height / height)

    def __call__(self, picture: av.VideoFrame) -> NDArray[np.uint8]:
        """uint8 [H, W, 3], RGB, contiguous. Raises FFmpeg's errors and `ValueError`."""
        width, height = self._size
        coloured = self._reformatter.reformat(picture, width, height, format="rgb24")
        stored: Any = coloured.to_ndarray()
        return self._orientation.upright(stored)


def square_size(width: int, height: int, *, pixel_shape: Fraction | None) -> tuple[int, int]:
    """(width, height) with square pixels: the side that is too short is made longer.

    >>> square_size(720, 576, pixel_shape=Fraction(64, 45))
    (1024, 576)
    >>> square_size(704, 240, pixel_shape=Fraction(5, 11)), square_size(640, 480, pixel_shape=None)
    ((704, 528), (640, 480))
    """
    shape = 1.0 if not pixel_shape or pixel_shape < 0 else float(pixel_shape)
    if abs(shape - 1) <= _NEARLY_SQUARE or not 1 / _MOST_OBLONG <= shape <= _MOST_OBLONG:
        return width, height
    square = (round(width * max(shape, 1)), round(height * max(1 / shape, 1)))
    return square if square[0] * square[1] <= MOST_PIXELS else (width, height)
