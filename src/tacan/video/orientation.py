"""Orientation of stored pictures: the turn and mirror that make them upright."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.sidedata.sidedata import Type
from numpy.typing import NDArray

__all__ = ["Orientation"]


@dataclass(frozen=True, slots=True)
class Orientation:
    """A turn by a multiple of 90 degrees, with or without a mirror.

    First rows and columns are exchanged, then the picture is mirrored left to right, then top to
    bottom, each where its flag is set. Turns by other angles are taken as the nearest of these.
    """

    exchanged: bool = False
    mirrored: bool = False
    upended: bool = False

    @classmethod
    def of(cls, picture: av.VideoFrame) -> Orientation:
        """What the display matrix of a decoded picture asks for."""
        side_data: Any = picture.side_data
        data = next((d for d in side_data if d.type == Type.DISPLAYMATRIX), None)
        return cls() if data is None else cls.from_matrix(bytes(data))

    @classmethod
    def from_matrix(cls, matrix: bytes) -> Orientation:
        """From a display matrix: nine int32, of which a, b, c, d place a stored pixel (x, y) at
        (a x + c y, b x + d y).
        """
        a, b, _, c, d, *_ = struct.unpack("=9i", matrix[:36])
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(mirrored=a < 0, upended=d < 0)
        return cls(exchanged=True, mirrored=c < 0, upended=b < 0)

    def upright_size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) after the turn."""
        return (height, width) if self.exchanged else (width, height)

    def upright(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The stored image uint8 [h, w, 3] turned upright, contiguous."""
        turned = image.transpose(1, 0, 2) if self.exchanged else image
        turned = turned[:, ::-1] if self.mirrored else turned
        turned = turned[::-1] if self.upended else turned
        return np.ascontiguousarray(turned)
