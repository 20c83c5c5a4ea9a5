"""Things that always stand in a place: parked cars, benches, trees, about where people walk."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tacan.synthetic.places.objects import build_thing
from tacan.synthetic.random_choices import between, one_of
from tacan.synthetic.rendering.materials import Materials, assemble
from tacan.synthetic.rendering.solids import Solids

__all__ = ["INDOORS", "OUTDOORS", "Fixture", "furnish", "standing"]

OUTDOORS = ("car", "car", "van", "bin", "pole", "bench", "bike", "tree", "low hedge", "board")
INDOORS = ("bin", "bench", "board", "pillar", "low hedge", "trolley")
"""Kinds of fixtures, as `build_thing` knows them."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """A thing at (x, y), its long side along `turn`, radians from east."""

    kind: str
    size: tuple[float, float]
    seed: int
    x: float
    y: float
    turn: float


def furnish(
    kinds: tuple[str, ...],
    bounds: tuple[float, float, float, float],
    *,
    keep_free: tuple[float, float, float],
    ahead: float,
    rng: np.random.Generator,
) -> tuple[Fixture, ...]:
    """Some things within `bounds`, none in the round (x, y, radius) `keep_free`.

    Those nearer than `ahead` (a y) are left out: whoever walks is painted over what stands.
    """
    x0, y0, radius = keep_free
    fixtures = []
    for _ in range(int(rng.poisson(5))):
        x, y = between(rng, (bounds[0], bounds[2])), between(rng, (ahead, bounds[3] + 3.0))
        kind = one_of(rng, kinds)
        room = 2.6 if kind in ("car", "van") else 1.0
        fixture = Fixture(
            kind=kind,
            size=(between(rng, (0.5, 3.0)), between(rng, (1.0, 2.4))),
            seed=int(rng.integers(2**31)),
            x=x,
            y=y,
            turn=one_of(rng, (0.0, math.pi / 2, math.pi)) + float(rng.normal(0, 0.15)),
        )
        if math.hypot(x - x0, y - y0) > radius + room:
            fixtures.append(fixture)
    return tuple(fixtures)


def standing(fixtures: tuple[Fixture, ...]) -> tuple[Solids, Materials]:
    """The solids of all fixtures, where they stand."""
    built = []
    for fixture in fixtures:
        solids, materials = build_thing(fixture.kind, size=fixture.size, seed=fixture.seed)
        built.append((solids.moved(fixture.turn, (fixture.x, fixture.y, 0.0)), materials))
    return assemble(built)
