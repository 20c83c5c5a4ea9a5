"""Paints what a camera sees behind people: a place with clutter, wide enough to walk through."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from tacan.synthetic.cameras import Camera
from tacan.synthetic.colours import Colour, shade
from tacan.synthetic.objects import draw_object

__all__ = ["BACKDROP_SIZE", "paint_backdrop"]

BACKDROP_SIZE = (1.4, 7.0)
"""Height and width of a backdrop, in crop heights."""

_Painter = Callable[[ImageDraw.ImageDraw, int, int, np.random.Generator], None]


def paint_backdrop(camera: Camera, *, height: int) -> Image.Image:
    """The RGB backdrop of one camera for crops of `height` pixels. The same for every call."""
    rng = np.random.default_rng(camera.seed)
    rows, columns = (round(share * height) for share in BACKDROP_SIZE)
    image = Image.new("RGB", (columns, rows))
    draw = ImageDraw.Draw(image)
    horizon = round(rows * rng.uniform(0.3, 0.62))
    ground, wall = _PLACES[camera.place]
    wall(draw, columns, horizon, rng)
    _paint_ground(draw, (columns, rows), horizon, ground, rng)
    for _ in range(int(rng.integers(5, 10))):
        kind = _CLUTTER[int(rng.integers(len(_CLUTTER)))]
        size = round(height * rng.uniform(0.35, 0.75))
        thing = draw_object(kind, height=size, seed=int(rng.integers(2**31)))
        foot = horizon + round(rng.uniform(0.02, 0.3) * (rows - horizon))
        image.paste(thing, (int(rng.integers(columns)), foot - size), thing)
    return _roughen(image, rng)


def _roughen(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Coarse and fine stains, so that no surface is of one colour."""
    levels = np.asarray(image, dtype=np.float32)
    rows, columns = levels.shape[:2]
    for cell, strength in ((2, 5.0), (12, 8.0), (60, 10.0)):
        grid = rng.normal(0, strength, (rows // cell + 2, columns // cell + 2)).astype(np.float32)
        stains = Image.fromarray(grid).resize((columns, rows), Image.Resampling.BILINEAR)
        levels = levels + np.asarray(stains)[..., None]
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def _paint_ground(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    horizon: int,
    colour: Colour,
    rng: np.random.Generator,
) -> None:
    columns, rows = size
    draw.rectangle((0, horizon, columns, rows), fill=colour)
    joint = shade(colour, 0.82)
    for step in range(1, 7):
        y = horizon + (rows - horizon) * (step / 6.5) ** 1.6
        draw.line((0, y, columns, y), fill=joint, width=max(1, rows // 150))
    slant = float(rng.uniform(-0.6, 0.6)) * rows
    for x in np.arange(-rows, columns + rows, 0.45 * rows):
        draw.line((x, horizon, x + slant, rows), fill=joint, width=max(1, rows // 150))


def _facade(draw: ImageDraw.ImageDraw, columns: int, horizon: int, rng: np.random.Generator):
    x = 0
    while x < columns:
        width = round(horizon * rng.uniform(1.2, 2.4))
        front = _some(rng, ((168, 148, 128), (134, 96, 82), (186, 182, 172), (112, 116, 122)))
        draw.rectangle((x, 0, x + width, horizon), fill=front)
        for window in range(x + width // 10, x + width - width // 5, max(8, width // 4)):
            glass = _some(rng, ((58, 70, 84), (88, 98, 106), (190, 180, 140), (40, 44, 50)))
            draw.rectangle(
                (window, 0.12 * horizon, window + width // 7, 0.62 * horizon), fill=glass
            )
        door = x + width * 4 // 5
        draw.rectangle((door, 0.3 * horizon, door + width // 8, horizon), fill=shade(front, 0.5))
        x += width


def _trees(draw: ImageDraw.ImageDraw, columns: int, horizon: int, rng: np.random.Generator):
    draw.rectangle((0, 0, columns, horizon), fill=(150, 170, 178))
    for x in np.arange(0, columns, 0.35 * horizon):
        level = rng.uniform(0.7, 1.2)
        r, y = horizon * rng.uniform(0.3, 0.55), horizon * rng.uniform(0.1, 0.7)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=shade((64, 92, 52), level))
        if rng.random() < 0.5:
            trunk = shade((84, 66, 48), level)
            draw.rectangle((x, y, x + 0.08 * horizon, horizon), fill=trunk)


def _panels(draw: ImageDraw.ImageDraw, columns: int, horizon: int, rng: np.random.Generator):
    plaster = _some(rng, ((206, 200, 186), (178, 186, 190), (190, 166, 130)))
    draw.rectangle((0, 0, columns, horizon), fill=plaster)
    draw.rectangle((0, 0.85 * horizon, columns, horizon), fill=shade(plaster, 0.7))
    for x in np.arange(0, columns, 0.8 * horizon):
        if rng.random() < 0.6:
            poster = _some(rng, ((160, 60, 54), (66, 98, 140), (226, 222, 210), (84, 120, 84)))
            left = x + horizon * rng.uniform(0, 0.2)
            draw.rectangle((left, 0.15 * horizon, left + 0.4 * horizon, 0.7 * horizon), fill=poster)
        draw.line((x, 0, x, horizon), fill=shade(plaster, 0.8), width=max(1, horizon // 40))


def _shops(draw: ImageDraw.ImageDraw, columns: int, horizon: int, rng: np.random.Generator):
    _facade(draw, columns, horizon, rng)
    for x in np.arange(0, columns, 0.9 * horizon):
        sign = _some(rng, ((184, 52, 48), (48, 92, 150), (212, 172, 72), (60, 120, 92)))
        draw.rectangle((x, 0.05 * horizon, x + 0.8 * horizon, 0.2 * horizon), fill=sign)
        draw.rectangle((x, 0.25 * horizon, x + 0.8 * horizon, 0.9 * horizon), fill=(70, 78, 86))


def _some(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    return colours[int(rng.integers(len(colours)))]


_CLUTTER = ("pole", "bin", "car", "board", "hedge", "pole", "van", "low hedge")

_PLACES: dict[str, tuple[Colour, _Painter]] = {
    "street": ((122, 120, 118), _facade),
    "park": ((112, 124, 82), _trees),
    "hall": ((170, 158, 140), _panels),
    "plaza": ((164, 156, 148), _shops),
    "car park": ((84, 86, 90), _trees),
}
