"""Things that stand or drive about: cars, walls, pillars, hedges, bins, poles and signs.

Each is built of solids about the origin, its long side along x, its foot on the ground.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tacan.synthetic.random_choices import between, one_of
from tacan.synthetic.rendering.materials import Materials, material
from tacan.synthetic.rendering.solids import BOX, ELLIPSOID, FRUSTUM, Solids, with_axis

__all__ = ["THINGS", "WHOLE", "Thing", "build_thing", "screens"]

Thing = tuple[Solids, Materials]
Size = tuple[float, float]
"""Length along x and height, in metres."""

_PAINTS = (
    (0.75, 0.75, 0.74), (0.05, 0.05, 0.055), (0.3, 0.31, 0.32), (0.14, 0.15, 0.17),
    (0.35, 0.03, 0.03), (0.03, 0.07, 0.25), (0.5, 0.42, 0.3), (0.03, 0.14, 0.08),
    (0.55, 0.35, 0.03), (0.45, 0.16, 0.03), (0.1, 0.25, 0.4),
)  # fmt: skip
_STUFFS = (
    (0.3, 0.14, 0.1), (0.45, 0.42, 0.37), (0.25, 0.25, 0.25), (0.6, 0.58, 0.52), (0.28, 0.17, 0.08)
)  # fmt: skip
_LEAVES = ((0.05, 0.11, 0.03), (0.08, 0.14, 0.04), (0.12, 0.15, 0.05), (0.03, 0.07, 0.03))
_RUBBER = (0.02, 0.02, 0.02)
_GLASS = (0.03, 0.035, 0.045)
_LEVEL = np.eye(3)


def build_thing(kind: str, *, size: Size, seed: int) -> Thing:
    """A thing of the kind `kind`, a name in `THINGS`: the same for the same seed and size."""
    return THINGS[kind](size, np.random.default_rng(seed))


def screens(length: float) -> tuple[str, ...]:
    """Kinds of things that can hide whatever lies behind `length` metres of them."""
    return tuple(name for name, (least, most) in WHOLE.items() if least <= length <= most)


def _box(length: float, depth: float, low: float, high: float, x: float = 0.0, y: float = 0.0):
    return BOX, _LEVEL, (x, y, (low + high) / 2), (length / 2, depth / 2, (high - low) / 2)


def _post(radius: float, low: float, high: float, x: float = 0.0, y: float = 0.0):
    return FRUSTUM, _LEVEL, (x, y, low), (radius, radius, high - low)


def _ball(x: float, y: float, z: float, axes: tuple[float, float, float]):
    return ELLIPSOID, np.diag(axes), (x, y, z), (1.0, 1.0, 1.0)


def _wheel(x: float, y: float, radius: float, breadth: float):
    frame = with_axis(np.array([0.0, 1.0, 0.0]))
    return FRUSTUM, frame, (x, y - breadth / 2, radius), (radius, radius, breadth)


def _made(pieces: list[tuple[tuple, int]], materials: list[Materials]) -> Thing:
    """A thing of pieces (kind, frame, place, size), each with its row among `materials`."""
    kinds, frames, places, sizes = zip(*(piece for piece, _ in pieces), strict=True)
    rows = [row for _, row in pieces]
    return Solids.of(kinds, frames, places, sizes, rows), Materials.join(materials)


def _colour(rng: np.random.Generator, choices: tuple) -> np.ndarray:
    level = np.array(one_of(rng, choices)) * np.exp(rng.normal(0, 0.15, 3))
    return np.clip(level, 0.01, 0.85)


def _seed(rng: np.random.Generator) -> float:
    return float(rng.integers(1 << 16))


def _van(size: Size, rng: np.random.Generator) -> Thing:
    length, height = max(size[0], 2.2), size[1]
    paint = _colour(rng, _PAINTS)
    other = _colour(rng, _PAINTS) if rng.random() < 0.4 else paint
    body = material(
        paint, other, pattern="two-tone", level=0.45 * height, gloss=0.3, folds=0.03, grain=0.02
    )
    dark = material(_GLASS, gloss=0.8, folds=0.0)
    rubber = material(_RUBBER)
    depth, r = 1.7, 0.33
    nose = one_of(rng, (-1.0, 1.0)) * (length / 2 - 0.55)
    side = -depth / 2
    pieces = [
        (_box(length, depth, 0.18, height), 0),
        (_box(0.8, 0.02, 0.55 * height, 0.85 * height, nose, side), 1),
        (_wheel(0.33 * length, side, r, 0.2), 2),
        (_wheel(-0.33 * length, side, r, 0.2), 2),
    ]
    if rng.random() < 0.5:
        panes = np.arange(-0.3 * length, 0.2 * length, 1.2)
        pieces += [
            (_box(1.0, 0.02, 0.55 * height, 0.85 * height, float(x), side), 1) for x in panes
        ]
    return _made(pieces, [body, dark, rubber])


def _wall(size: Size, rng: np.random.Generator) -> Thing:
    stuff = _colour(rng, _STUFFS)
    other = stuff * between(rng, (0.5, 1.4))
    pattern = one_of(rng, ("plain", "checks", "bands", "stripes", "speckle", "two-tone"))
    face = material(
        stuff, np.clip(other, 0, 0.9), pattern=pattern, scale=between(rng, (0.08, 0.7)),
        level=between(rng, (0.4, 1.4)), grain=0.12, seed=_seed(rng),
    )  # fmt: skip
    depth = between(rng, (0.1, 0.4))
    return _made([(_box(size[0], depth, 0.0, size[1]), 0)], [face])


def _board(size: Size, rng: np.random.Generator) -> Thing:
    face = material(
        _colour(rng, _PAINTS), _colour(rng, _PAINTS), _colour(rng, _PAINTS),
        pattern=one_of(rng, ("camouflage", "two-tone", "checks", "bands", "plain")),
        scale=between(rng, (0.15, 0.8)), level=between(rng, (0.7, 1.5)), folds=0.0, seed=_seed(rng),
    )  # fmt: skip
    steel = material((0.2, 0.2, 0.21), gloss=0.3)
    low = between(rng, (0.0, 0.12))
    edge = size[0] / 2
    pieces = [(_box(size[0], 0.08, low, size[1]), 0)]
    pieces += [(_post(0.04, 0.0, size[1], x), 1) for x in (-edge, edge)]
    return _made(pieces, [face, steel])


def _hedge(size: Size, rng: np.random.Generator) -> Thing:
    green = _colour(rng, _LEAVES)
    leaves = material(
        green, green * between(rng, (1.4, 2.4)), pattern="leaves", scale=0.12, folds=0.3,
        grain=0.3, seed=_seed(rng),
    )  # fmt: skip
    length, height = size
    pieces = [(_box(length, 0.6, 0.0, 0.94 * height), 0)]
    for x in np.arange(-length / 2, length / 2 + 0.2, 0.4):
        z = height * between(rng, (0.72, 0.92))
        axes = between(rng, (0.25, 0.4)), between(rng, (0.3, 0.45)), between(rng, (0.15, 0.3))
        pieces.append((_ball(float(x), between(rng, (-0.1, 0.1)), z, axes), 0))
    return _made(pieces, [leaves])


def _pillar(size: Size, rng: np.random.Generator) -> Thing:
    stuff = _colour(rng, _STUFFS)
    face = material(
        stuff, _colour(rng, _PAINTS), _colour(rng, _PAINTS),
        pattern=one_of(rng, ("plain", "plain", "speckle", "camouflage", "bands")),
        scale=between(rng, (0.2, 0.6)), grain=0.1, seed=_seed(rng),
    )  # fmt: skip
    high = max(size[1], between(rng, (2.5, 4.0)))
    if rng.random() < 0.5:
        return _made([(_post(size[0] / 2, 0.0, high), 0)], [face])
    return _made([(_box(size[0], size[0], 0.0, high), 0)], [face])


def _tree(size: Size, rng: np.random.Generator) -> Thing:
    green = _colour(rng, _LEAVES)
    leaves = material(
        green, green * 1.8, pattern="leaves", scale=0.15, folds=0.3, grain=0.3, seed=_seed(rng)
    )
    half, height = 0.6 * size[0], size[1]
    pieces = [(_ball(0.0, 0.0, 0.52 * height, (half, 0.6, 0.62 * height)), 0)]
    for _ in range(5):
        x, z = between(rng, (-0.5, 0.5)) * size[0], between(rng, (0.25, 0.8)) * height
        pieces.append((_ball(x, 0.0, z, (0.5 * half, 0.5, 0.3 * height)), 0))
    return _made(pieces, [leaves])


def _car(size: Size, rng: np.random.Generator) -> Thing:
    paint = material(_colour(rng, _PAINTS), gloss=0.4, folds=0.02, grain=0.02)
    glass, rubber = material(_GLASS, gloss=0.8, folds=0.0), material(_RUBBER)
    length, side = between(rng, (3.6, 4.6)), -0.85
    pieces = [
        (_box(length, 1.7, 0.2, 0.85), 0),
        (_ball(0.0, 0.0, 0.8, (0.36 * length, 0.78, 0.62)), 1),
        (_ball(0.0, 0.0, 0.9, (0.28 * length, 0.7, 0.56)), 0),
    ]
    pieces += [(_wheel(x * length, side, 0.31, 0.18), 2) for x in (-0.32, 0.32)]
    del size
    return _made(pieces, [paint, glass, rubber])


def _bin(size: Size, rng: np.random.Generator) -> Thing:
    face = material(_colour(rng, _PAINTS + _STUFFS), folds=0.05)
    height = between(rng, (0.7, 1.25))
    radius = between(rng, (0.2, 0.4))
    if rng.random() < 0.5:
        pieces = [(_post(radius, 0.0, height), 0)]
    else:
        pieces = [(_box(2 * radius, 2 * radius, 0.0, height), 0)]
    del size
    return _made(pieces, [face])


def _pole(size: Size, rng: np.random.Generator) -> Thing:
    steel = material(_colour(rng, _PAINTS), gloss=0.2)
    pieces = [(_post(between(rng, (0.03, 0.12)), 0.0, between(rng, (2.5, 5.0))), 0)]
    if rng.random() < 0.4:
        pieces.append((_box(0.6, 0.03, 2.0, 2.6), 1))
    del size
    return _made(pieces, [steel, material(_colour(rng, _PAINTS), folds=0.0)])


def _bench(size: Size, rng: np.random.Generator) -> Thing:
    wood = material(_colour(rng, _STUFFS), pattern="plain", grain=0.15)
    steel = material((0.1, 0.1, 0.1))
    half = 0.7
    pieces = [(_box(2 * half, 0.45, 0.4, 0.46), 0), (_box(2 * half, 0.05, 0.5, 0.85, 0, 0.2), 0)]
    pieces += [(_box(0.06, 0.4, 0.0, 0.42, x), 1) for x in (-half + 0.1, half - 0.1)]
    del size
    return _made(pieces, [wood, steel])


def _bike(size: Size, rng: np.random.Generator) -> Thing:
    rubber, paint = material(_RUBBER), material(_colour(rng, _PAINTS), gloss=0.3)
    pieces = [(_wheel(x, 0.0, 0.33, 0.03), 0) for x in (-0.52, 0.52)]
    bars = (
        ((-0.1, 0, 0.3), (0.38, 0, 0.8)), ((-0.1, 0, 0.3), (-0.2, 0, 0.9)),
        ((-0.2, 0, 0.75), (0.4, 0, 0.8)), ((-0.52, 0, 0.33), (-0.1, 0, 0.3)),
        ((0.52, 0, 0.33), (0.36, 0, 1.0)),
    )  # fmt: skip
    for start, end in bars:
        way = np.subtract(end, start)
        piece = FRUSTUM, with_axis(way), start, (0.025, 0.025, float(np.linalg.norm(way)))
        pieces.append((piece, 1))
    pieces.append((_box(0.25, 0.14, 0.9, 0.97, -0.2), 0))
    del size
    return _made(pieces, [rubber, paint])


def _low_hedge(size: Size, rng: np.random.Generator) -> Thing:
    return _hedge((size[0], min(size[1], between(rng, (0.5, 1.1)))), rng)


def _trolley(size: Size, rng: np.random.Generator) -> Thing:
    cloth = material(_colour(rng, _PAINTS), folds=0.2)
    dark = material((0.05, 0.05, 0.05))
    pieces = [
        (_box(0.75, 0.5, 0.35, between(rng, (0.8, 1.1))), 0),
        (_ball(-0.15, 0.0, 0.95, (0.35, 0.27, 0.3)), 0),
    ]
    pieces += [(_wheel(x, -0.22, 0.14, 0.05), 1) for x in (-0.3, 0.3)]
    del size
    return _made(pieces, [cloth, dark])


THINGS: dict[str, Callable[[Size, np.random.Generator], Thing]] = {
    "van": _van,
    "wall": _wall,
    "board": _board,
    "hedge": _hedge,
    "pillar": _pillar,
    "tree": _tree,
    "car": _car,
    "bin": _bin,
    "pole": _pole,
    "bench": _bench,
    "bike": _bike,
    "low hedge": _low_hedge,
    "trolley": _trolley,
}
"""Builders by the names of what they build."""

WHOLE: dict[str, tuple[float, float]] = {
    "van": (1.8, math.inf),
    "wall": (0.0, math.inf),
    "board": (0.0, 5.0),
    "hedge": (0.8, math.inf),
    "pillar": (0.0, 1.6),
    "tree": (0.0, 2.5),
}
"""What can hide a whole person, with the shortest and longest it is built, in metres."""
