"""Draws the things that stand before people: flat, opaque, with a little texture.

Each function draws on a transparent picture of one crop height, with the ground at its lower
edge. `WHOLE` objects can hide a person altogether, `PART` objects only some of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from tacan.synthetic.colours import Colour, shade

__all__ = ["PART", "WHOLE", "draw_object"]

_COLOURS: tuple[Colour, ...] = (
    (96, 96, 100),
    (150, 62, 52),
    (208, 206, 198),
    (58, 78, 112),
    (72, 92, 66),
    (178, 146, 96),
)


def draw_object(kind: str, *, height: int, seed: int) -> Image.Image:
    """The object `kind` as an RGBA picture of `height` pixels; `seed` gives colour and details."""
    rng = np.random.default_rng(seed)
    colour = _COLOURS[int(rng.integers(len(_COLOURS)))]
    return _DRAW[kind](height, colour, rng)


def _blank(height: int, aspect: float) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGBA", (max(1, round(aspect * height)), height))
    return image, ImageDraw.Draw(image)


def _wall(height: int, colour: Colour, rng: np.random.Generator) -> Image.Image:
    image, draw = _blank(height, 0.95)
    draw.rectangle((0, 0, image.width, height), fill=colour)
    course = height / int(rng.integers(9, 16))
    for row in range(int(height / course) + 1):
        y = row * course
        draw.line((0, y, image.width, y), fill=shade(colour, 0.7), width=max(1, height // 90))
        for joint in np.arange(row % 2 * course, image.width, 2 * course):
            draw.line(
                (joint, y, joint, y + course), fill=shade(colour, 0.7), width=max(1, height // 90)
            )
    return image


def _pillar(height: int, colour: Colour, rng: np.random.Generator) -> Image.Image:
    image, draw = _blank(height, float(rng.uniform(0.55, 0.7)))
    for stripe, light in enumerate((0.8, 1.05, 1.15, 1.0, 0.85, 0.65)):
        left, right = stripe * image.width / 6, (stripe + 1) * image.width / 6
        draw.rectangle((left, 0, right, height), fill=shade(colour, light))
    draw.rectangle((0, 0.93 * height, image.width, height), fill=shade(colour, 0.5))
    return image


def _van(height: int, colour: Colour, rng: np.random.Generator) -> Image.Image:
    image, draw = _blank(height, 1.25)
    w = image.width
    draw.rounded_rectangle((0, 0, w, 0.86 * height), radius=height // 12, fill=colour)
    glass = (44, 50, 58)
    edge = 0.62 if rng.random() < 0.5 else 0.06
    draw.rectangle((edge * w, 0.12 * height, (edge + 0.32) * w, 0.42 * height), fill=glass)
    draw.line((0, 0.55 * height, w, 0.55 * height), fill=shade(colour, 0.7), width=height // 40 + 1)
    draw.rectangle((0, 0.78 * height, w, 0.9 * height), fill=shade(colour, 0.5))
    for x in (0.22, 0.8):
        r = 0.13 * height
        draw.ellipse((x * w - r, height - 2 * r, x * w + r, height), fill=(24, 24, 26))
    return image


def _hedge(height: int, _: Colour, rng: np.random.Generator) -> Image.Image:
    image, draw = _blank(height, 0.9)
    draw.rectangle((0, 0.06 * height, image.width, height), fill=(48, 74, 40))
    for x, y, level in rng.uniform(0, 1, (60, 3)):
        r = 0.05 * height
        fill = (round(36 + 36 * level), round(60 + 50 * level), round(30 + 30 * level))
        cx, cy = x * image.width, (0.05 + 0.95 * y) * height
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=fill)
    return image


def _board(height: int, colour: Colour, rng: np.random.Generator) -> Image.Image:
    image, draw = _blank(height, float(rng.uniform(0.6, 0.75)))
    w = image.width
    draw.rectangle((0, 0, w, 0.97 * height), fill=(60, 62, 66))
    draw.rectangle((0.05 * w, 0.03 * height, 0.95 * w, 0.9 * height), fill=colour)
    for y, length in rng.uniform(0.1, 0.8, (5, 2)):
        fill = shade(colour, 1.5 if rng.random() < 0.5 else 0.5)
        draw.rectangle((0.1 * w, y * height, (0.1 + length) * w, (y + 0.06) * height), fill=fill)
    return image


def _pole(height: int, colour: Colour, rng: np.random.Generator) -> Image.Image:
    image, draw = _blank(height, float(rng.uniform(0.05, 0.13)))
    draw.rectangle((0, 0, image.width, height), fill=shade(colour, 0.8))
    draw.rectangle((0, 0, image.width * 0.35, height), fill=colour)
    return image


def _car(height: int, colour: Colour, rng: np.random.Generator) -> Image.Image:
    image, draw = _blank(height, 1.35)
    w, roof = image.width, height * float(rng.uniform(0.42, 0.55))
    cabin = [
        (0.18 * w, roof + 0.2 * height),
        (0.3 * w, roof),
        (0.72 * w, roof),
        (0.86 * w, roof + 0.2 * height),
    ]
    draw.polygon(cabin, fill=(50, 56, 64))
    draw.rounded_rectangle(
        (0, roof + 0.17 * height, w, 0.94 * height), radius=height // 14, fill=colour
    )
    for x in (0.2, 0.8):
        r = 0.1 * height
        draw.ellipse((x * w - r, height - 2 * r, x * w + r, height), fill=(24, 24, 26))
    return image


def _bin(height: int, colour: Colour, rng: np.random.Generator) -> Image.Image:
    image, draw = _blank(height, float(rng.uniform(0.24, 0.34)))
    w, top = image.width, height * float(rng.uniform(0.48, 0.62))
    draw.polygon([(0, top), (w, top), (0.9 * w, height), (0.1 * w, height)], fill=colour)
    draw.rectangle((0, top, w, top + 0.06 * height), fill=shade(colour, 0.7))
    return image


def _low_hedge(height: int, colour: Colour, rng: np.random.Generator) -> Image.Image:
    image, _draw = _blank(height, 0.9)
    low = _hedge(height // 2, colour, rng)
    image.paste(low.resize((image.width, low.height)), (0, height - low.height))
    return image


WHOLE = ("wall", "pillar", "van", "hedge", "board")
PART = ("pole", "car", "bin", "low hedge")

_DRAW: dict[str, Callable[[int, Colour, np.random.Generator], Image.Image]] = {
    "wall": _wall,
    "pillar": _pillar,
    "van": _van,
    "hedge": _hedge,
    "board": _board,
    "pole": _pole,
    "car": _car,
    "bin": _bin,
    "low hedge": _low_hedge,
}
