"""Where cameras hang: streets, squares, parks, halls and corridors, as grounds and walls.

A place is a rectangle of ground that people walk on, with walls or distant fronts around it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tacan.synthetic.places.fixtures import INDOORS, OUTDOORS, Fixture, furnish
from tacan.synthetic.places.surfaces import facade, front, ground, notice, panelling
from tacan.synthetic.places.textures import Texture
from tacan.synthetic.random_choices import between, one_of

__all__ = ["PLACES", "Place", "Strip", "Wall", "make_place"]

Bounds = tuple[float, float, float, float]
"""x1, y1, x2, y2 in metres."""


@dataclass(frozen=True, slots=True)
class Wall:
    """An upright rectangle over the line from `start` to `end`, from `low` to `high` metres."""

    start: tuple[float, float]
    end: tuple[float, float]
    low: float
    high: float
    texture: Texture


@dataclass(frozen=True, slots=True)
class Strip:
    """Ground of another kind between two parallel lines: points whose way along `angle` lies
    between `first` and `last` metres. With `dash` above 0 it is cut into dashes of that length.
    """

    angle: float
    first: float
    last: float
    texture: Texture
    dash: float = 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """Everything that stays where it is.

    `shade` says where the sun doesn't reach the ground: strength (0: it reaches everywhere), size
    of the patches in metres, their share (-1 to 1), edge's sharpness and seed, float64 [5].
    """

    kind: str
    moods: tuple[str, ...]
    bounds: Bounds
    ground: Texture
    strips: tuple[Strip, ...]
    walls: tuple[Wall, ...]
    ceiling: tuple[float, Texture] | None
    shade: np.ndarray
    fixtures: tuple[Fixture, ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    grounds: tuple[str, ...]
    fronts: tuple[str, ...]
    moods: tuple[str, ...]
    walls: tuple[float, float]
    ceiling: float
    strips: float
    shade: float


_DAYS = ("sun", "sun", "overcast", "shade", "dusk")
_LAMPS = ("warm lamps", "cool lamps", "cool lamps")

PLACES: dict[str, _Kind] = {
    "street": _Kind(("asphalt", "slabs", "concrete"), ("facade",), _DAYS, (6, 14), 0, 1, 0.6),
    "plaza": _Kind(("crossed", "slabs", "bricks"), ("facade", "shops"), _DAYS, (5, 14), 0, 1, 1),
    "hall": _Kind(("tiles", "terrazzo", "parquet"), ("panels",), _LAMPS, (3, 5), 1, 0, 0),
    "park": _Kind(("grass", "gravel", "asphalt"), ("hedge",), _DAYS, (2, 7), 0, 1, 1),
    "corridor": _Kind(("carpet", "tiles", "parquet"), ("panels",), _LAMPS, (2.6, 3.4), 1, 0, 0),
    "car park": _Kind(("asphalt", "concrete"), ("facade", "hedge"), _DAYS, (3, 9), 0, 1, 0.3),
    "arcade": _Kind(("tiles", "slabs", "terrazzo"), ("shops",), _LAMPS, (4, 6), 1, 0, 0),
}
"""Kinds of places by name."""


def make_place(
    kind: str,
    rng: np.random.Generator,
    *,
    bounds: Bounds,
    keep_free: tuple[float, float, float],
    ahead: float,
) -> Place:
    """A place of the kind `kind`, a name in `PLACES`, whose ground is `bounds`.

    `keep_free` and `ahead` say where nothing may stand, as in `furnish`.
    """
    form = PLACES[kind]
    height = between(rng, form.walls)
    base = ground(one_of(rng, form.grounds), rng)
    walls: list[Wall] = []
    style = one_of(rng, form.fronts)
    for start, end in _sides(bounds):
        if form.ceiling == 0 and rng.random() < 0.15:
            continue
        walls.extend(_side(style, start, end, height * between(rng, (0.8, 1.2)), rng, form))
    strips = _strips(bounds, rng) if form.strips else ()
    shade = np.array(
        [
            between(rng, (0.7, 1.0)) if rng.random() < form.shade else 0.0,
            float(np.exp(between(rng, (math.log(0.6), math.log(9.0))))),
            between(rng, (-0.5, 0.6)),
            between(rng, (2.0, 9.0)),
            float(rng.integers(1 << 20)),
        ]
    )
    moods = tuple(one_of(rng, form.moods) for _ in range(2))
    ceiling = (height, panelling("ceiling", rng)) if form.ceiling else None
    fixtures = furnish(
        INDOORS if form.ceiling else OUTDOORS, bounds, keep_free=keep_free, ahead=ahead, rng=rng
    )
    return Place(kind, moods, bounds, base, strips, tuple(walls), ceiling, shade, fixtures)


def _sides(bounds: Bounds) -> tuple[tuple[tuple[float, float], tuple[float, float]], ...]:
    x1, y1, x2, y2 = bounds
    corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    return tuple((corners[i], corners[(i + 1) % 4]) for i in range(4))


def _side(
    style: str,
    start: tuple[float, float],
    end: tuple[float, float],
    height: float,
    rng: np.random.Generator,
    form: _Kind,
) -> list[Wall]:
    """One side of a place: pieces of different fronts, with notices and doors before them."""
    way = np.subtract(end, start)
    length = float(np.hypot(*way))
    along = way / length
    # Seen from inside, the free ground lies to the left of start -> end.
    inward = np.array([-along[1], along[0]])
    walls, at = [], 0.0
    while at < length:
        piece = min(between(rng, (5.0, 16.0)) * (0.5 if form.ceiling else 1.0), length - at)
        high = height if form.ceiling else height * between(rng, (0.8, 1.25))
        texture = facade(rng) if style == "facade" else front(style, rng)
        walls.append(_wall(start, along, inward, (at, at + piece), (0.0, high), texture, 0.0))
        walls.append(
            _wall(start, along, inward, (at, at + piece), (0, 0.35), _plinth(texture), 0.01)
        )
        for _ in range(int(rng.integers(0, 5)) if style != "hedge" else 0):
            left = at + between(rng, (0.0, max(piece - 1.2, 0.1)))
            breadth, low, top, card = notice(rng)
            span = (left, min(left + breadth, at + piece))
            walls.append(_wall(start, along, inward, span, (low, min(top, high)), card, 0.03))
        at += piece
    return walls


def _wall(
    start: tuple[float, float],
    along: np.ndarray,
    inward: np.ndarray,
    span: tuple[float, float],
    rise: tuple[float, float],
    texture: Texture,
    before: float,
) -> Wall:
    first = np.asarray(start) + along * span[0] + inward * before
    last = np.asarray(start) + along * span[1] + inward * before
    return Wall(
        (float(first[0]), float(first[1])), (float(last[0]), float(last[1])), *rise, texture
    )


def _plinth(texture: Texture) -> Texture:
    darker = tuple(0.6 * level for level in texture.base)
    return replace(texture, base=(darker[0], darker[1], darker[2]), pane=0.0, second_share=0.0)


def _strips(bounds: Bounds, rng: np.random.Generator) -> tuple[Strip, ...]:
    """Pavements, kerbs, beds and painted lines, mostly along one side of the place."""
    angle = one_of(rng, (0.0, math.pi / 2)) + float(rng.normal(0, 0.15))
    middle = np.array([(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2])
    centre = float(middle @ (math.cos(angle), math.sin(angle)))
    strips: list[Strip] = []
    for _ in range(int(rng.integers(0, 4))):
        first = centre + between(rng, (-9.0, 7.0))
        other = ground(one_of(rng, ("asphalt", "slabs", "bricks", "grass", "concrete")), rng)
        strips.append(Strip(angle, first, first + between(rng, (1.5, 5.0)), other))
        kerb = Texture(base=(0.4, 0.39, 0.37), across=1.0, up=0.15, joint=0.015, fine=0.15)
        strips.append(Strip(angle, first - 0.15, first, kerb))
    for _ in range(int(rng.integers(0, 3))):
        first = centre + between(rng, (-7.0, 7.0))
        level = between(rng, (0.45, 0.85))
        paint = Texture(base=(level, level, level * between(rng, (0.3, 1.0))), coarse=0.3)
        dash = between(rng, (1.0, 3.0)) if rng.random() < 0.5 else 0.0
        strips.append(Strip(angle, first, first + between(rng, (0.1, 0.3)), paint, dash))
    return tuple(strips)
