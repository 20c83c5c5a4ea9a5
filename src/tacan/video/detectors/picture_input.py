"""Pictures as detection networks want them: scaled, placed, in their colours and range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["CELL", "PictureInput", "Placement", "input_size"]

CELL = 32
"""Pixels: the stride of the coarsest grid, of which sides of an input are multiples."""
GREY = 114
"""What fills the rest of the input, where a picture keeps its proportions."""
IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
IMAGENET_STD = np.array([0.229, 0.224, 0.225], np.float32)


def input_size(height: int, width: int, *, largest: tuple[int, int]) -> tuple[int, int]:
    """Height and width of the part of an input of the size `largest` that a picture fills.

    >>> input_size(1080, 1920, largest=(640, 640))
    (384, 640)
    """
    scale = min(largest[0] / height, largest[1] / width)
    return _whole_cells(height * scale), _whole_cells(width * scale)


def _whole_cells(side: float) -> int:
    return max(-(-round(side) // CELL), 1) * CELL


@dataclass(frozen=True, slots=True)
class Placement:
    """Where in the network's input a picture lies; moves boxes [n, 4] back into the picture."""

    picture: tuple[int, int]
    """Width and height of the picture."""
    scale: float | None
    """Pixels of the input for one of the picture; None where the picture fills the input."""
    left: int
    top: int
    input_size: tuple[int, int]
    """Width and height of the input."""

    def from_pixels(self, boxes: NDArray[np.floating]) -> NDArray[np.float32]:
        """Boxes in pixels of the input, as boxes in pixels of the picture."""
        if self.scale is None:
            (width, height), (wide, high) = self.picture, self.input_size
            factor = np.array([width / wide, height / high] * 2, np.float32)
            return (boxes * factor).astype(np.float32)
        corner = np.array([self.left, self.top] * 2, np.float32)
        return ((boxes - corner) / self.scale).astype(np.float32)

    def from_shares(self, boxes: NDArray[np.floating]) -> NDArray[np.float32]:
        """Boxes as shares of the input's sides, as boxes in pixels of the picture."""
        if self.scale is None:
            return (boxes * np.array(self.picture * 2, np.float32)).astype(np.float32)
        return self.from_pixels(boxes * np.array(self.input_size * 2, np.float32))


@dataclass(frozen=True, slots=True)
class PictureInput:
    """How a kind of network wants its pictures.

    place
        `corner` and `centre` scale the picture to fit, put it there, and fill the rest with grey;
        `stretch` fills the input.
    white
        The value of a white pixel.
    imagenet
        Whether ImageNet's mean is taken off, and its deviation divided by; `white` is 1 then.
    """

    place: Literal["corner", "centre", "stretch"]
    colours: Literal["rgb", "bgr"] = "rgb"
    white: Literal[1, 255] = 1
    imagenet: bool = False

    def fit(
        self, image: NDArray[np.uint8], *, width: int, height: int
    ) -> tuple[NDArray[np.float32], Placement]:
        """The input float32 [1, 3, height, width] of an RGB image, and where the image lies."""
        high, wide = image.shape[:2]
        scale = min(width / wide, height / high)
        left = top = 0
        if self.place == "stretch":
            scale, size = None, (width, height)
        else:
            size = (max(round(wide * scale), 1), max(round(high * scale), 1))
        if self.place == "centre":
            left, top = (width - size[0]) // 2, (height - size[1]) // 2
        resized = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        pixels = np.full((3, height, width), GREY, np.float32)
        planes = cv2.split(resized)  # each is copied faster by itself than by a transposition
        ordered = planes if self.colours == "rgb" else planes[::-1]
        for channel, plane in zip(pixels, ordered, strict=True):
            channel[top : top + size[1], left : left + size[0]] = plane
        if self.white == 1:
            pixels /= 255
        if self.imagenet:
            mean, deviation = (
                (each if self.colours == "rgb" else each[::-1])[:, None, None]
                for each in (IMAGENET_MEAN, IMAGENET_STD)
            )
            pixels = (pixels - mean) / deviation
        return pixels[None], Placement((wide, high), scale, left, top, (width, height))
