"""Places the joints of a solid body on a flat picture, and draws its parts there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import ImageDraw

from tacan.synthetic.colours import Colour

__all__ = ["Canvas", "Joint", "along"]

Joint = tuple[float, float, float]
"""Right, forward and up, in body heights from the point between the soles."""

Point = tuple[float, float]
"""Pixels from the left and from the top."""

_TILT = 0.18
"""How far a step towards the lens moves a foot down the picture: cameras look from above."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A transparent picture and the way from body to picture coordinates."""

    draw: ImageDraw.ImageDraw
    height: int
    aspect: float
    cos: float
    sin: float

    def point(self, joint: Joint) -> Point:
        right, forward, up = joint
        across = right * self.cos + forward * self.sin
        down = 1.0 - up + _TILT * self.nearness(joint)
        return (self.aspect / 2 + across) * self.height, (0.02 + 0.95 * down) * self.height

    def nearness(self, joint: Joint) -> float:
        return joint[1] * self.cos - joint[0] * self.sin

    def breadth(self, across: float, deep: float) -> float:
        """Half the breadth of an ellipse of half-axes `across` and `deep`, seen from this side."""
        return math.hypot(across * self.cos, deep * self.sin)

    def quad(
        self, upper: tuple[float, float, float], lower: tuple[float, float, float], fill: Colour
    ) -> None:
        """A shape between two level lines, each (height, left, right) on the picture plane."""
        corners = [
            (upper[0], upper[1]),
            (upper[0], upper[2]),
            (lower[0], lower[2]),
            (lower[0], lower[1]),
        ]
        self.draw.polygon([self.flat(x, up) for up, x in corners], fill=fill)

    def flat(self, across: float, up: float) -> Point:
        return (self.aspect / 2 + across) * self.height, (0.02 + 0.95 * (1 - up)) * self.height

    def disc(self, centre: Point, rx: float, ry: float, fill: Colour) -> None:
        x, y = centre
        rx, ry = rx * self.height, ry * self.height
        self.draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=fill)

    def limb(self, start: Joint, stop: Joint, widths: tuple[float, float], fill: Colour) -> None:
        """A tapering limb with round ends."""
        (x0, y0), (x1, y1) = self.point(start), self.point(stop)
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        nx, ny = (y1 - y0) / length, (x0 - x1) / length
        a, b = widths[0] * self.height / 2, widths[1] * self.height / 2
        self.draw.polygon(
            [
                (x0 + nx * a, y0 + ny * a),
                (x1 + nx * b, y1 + ny * b),
                (x1 - nx * b, y1 - ny * b),
                (x0 - nx * a, y0 - ny * a),
            ],
            fill=fill,
        )
        self.draw.ellipse((x0 - a, y0 - a, x0 + a, y0 + a), fill=fill)
        self.draw.ellipse((x1 - b, y1 - b, x1 + b, y1 + b), fill=fill)


def along(start: Joint, length: float, angle: float) -> Joint:
    """The other end of a limb that swings `angle` radians forward from hanging down."""
    right, forward, up = start
    return right, forward + length * math.sin(angle), up - length * math.cos(angle)
