"""Who is walking there: people who share their garments and differ in the combination.

Every wardrobe is small, so that each item is worn by many. No single item names a person; only
what is worn together does, and part of it (bag, open jacket, print) shows from one side only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tacan.synthetic.colours import Colour

__all__ = ["Person", "make_people"]

SKINS: tuple[Colour, ...] = ((236, 196, 168), (205, 158, 122), (150, 104, 74), (92, 62, 48))
HAIRS: tuple[Colour, ...] = ((28, 24, 24), (78, 52, 34), (196, 158, 92), (150, 146, 142))
HAIR_STYLES = ("short", "short", "long", "bun", "bald", "cap")
TOPS: tuple[Colour, ...] = (
    (34, 34, 38),
    (222, 222, 218),
    (128, 128, 132),
    (172, 40, 44),
    (42, 62, 128),
    (58, 110, 74),
    (206, 160, 56),
    (122, 74, 122),
)
PATTERNS = ("plain", "plain", "plain", "bands", "stripes", "checks", "block", "print", "open")
BOTTOM_KINDS = ("trousers", "trousers", "trousers", "shorts", "skirt")
BOTTOMS: tuple[Colour, ...] = (
    (30, 30, 34),
    (52, 68, 108),
    (112, 112, 116),
    (156, 134, 100),
    (86, 60, 44),
)
SHOES: tuple[Colour, ...] = ((26, 26, 26), (226, 226, 226), (110, 72, 46), (176, 46, 46))
BAGS = ("none", "none", "none", "backpack", "shoulder", "handbag")
BAG_COLOURS: tuple[Colour, ...] = ((36, 34, 34), (128, 62, 40), (54, 76, 120))

_STREAM = 11
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Person:
    """What one person looks like in every camera. `build` scales the body's breadth."""

    skin: Colour
    hair: Colour
    hair_style: str
    top: Colour
    accent: Colour
    pattern: str
    long_sleeves: bool
    bottom_kind: str
    bottom: Colour
    shoes: Colour
    bag: str
    bag_colour: Colour
    build: float

    @property
    def outfit(self) -> tuple[object, ...]:
        """The combination by which a person is known: no two people share it."""
        worn = self.top, self.pattern, self.bottom, self.bottom_kind
        return *worn, self.long_sleeves, self.shoes, self.hair, self.hair_style, self.bag


def make_people(count: int, *, seed: int) -> tuple[Person, ...]:
    """The first `count` people of the population `seed`: more people leave the first unchanged.

    >>> make_people(3, seed=0) == make_people(5, seed=0)[:3]
    True
    """
    rng = np.random.default_rng([seed, _STREAM])
    people: list[Person] = []
    seen: set[tuple[object, ...]] = set()
    while len(people) < count:
        person = _dress(rng)
        if person.outfit not in seen:
            seen.add(person.outfit)
            people.append(person)
    return tuple(people)


def _dress(rng: np.random.Generator) -> Person:
    top = _pick(rng, TOPS)
    return Person(
        skin=_pick(rng, SKINS),
        hair=_pick(rng, HAIRS),
        hair_style=_pick(rng, HAIR_STYLES),
        top=top,
        accent=_pick(rng, tuple(colour for colour in TOPS if colour != top)),
        pattern=_pick(rng, PATTERNS),
        long_sleeves=bool(rng.random() < 0.6),
        bottom_kind=_pick(rng, BOTTOM_KINDS),
        bottom=_pick(rng, BOTTOMS),
        shoes=_pick(rng, SHOES),
        bag=_pick(rng, BAGS),
        bag_colour=_pick(rng, BAG_COLOURS),
        build=float(rng.uniform(0.88, 1.16)),
    )


def _pick(rng: np.random.Generator, choices: tuple[T, ...]) -> T:
    return choices[int(rng.integers(len(choices)))]
