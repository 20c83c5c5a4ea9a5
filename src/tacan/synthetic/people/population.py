"""Who is walking there: bodies, gaits and clothes, sampled as people are met in the street.

Some people resemble somebody before them: they wear the same but for one or two items. No single
item names a person; only what is worn together does, and part of it shows from one side only.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from tacan.synthetic.people.garments import Colour, Garment, any_of, draw_garment, near_colour
from tacan.synthetic.people.pose import Gait

__all__ = ["Person", "make_people"]

_STREAM = 11
_ALIKE = 0.35
"""Share of the people who resemble somebody before them."""

_TOPS = ((0.5, "shirt"), (0.22, "jumper"), (0.12, "hoodie"), (0.16, "loose shirt"))
_OUTERS = (
    (0.34, "jacket"),
    (0.14, "down jacket"),
    (0.16, "coat"),
    (0.12, "long coat"),
    (0.24, "open jacket"),
)
_BOTTOMS = ((0.5, "trousers"), (0.38, "slim"), (0.12, "shorts"))
_BOTTOMS_HER = (
    (0.28, "trousers"),
    (0.38, "slim"),
    (0.08, "shorts"),
    (0.15, "skirt"),
    (0.11, "long skirt"),
)
_HAIR = ((0.72, "short"), (0.13, "cropped"), (0.1, "bald"), (0.05, "long"))
_HAIR_HER = ((0.42, "long"), (0.24, "ponytail"), (0.14, "bun"), (0.14, "bob"), (0.06, "short"))
_HATS = ((0.8, "none"), (0.09, "cap"), (0.06, "beanie"), (0.02, "hat"), (0.03, "scarf"))
_BAGS = (
    (0.5, "none"),
    (0.2, "backpack"),
    (0.12, "shoulder bag"),
    (0.09, "handbag"),
    (0.05, "carrier bag"),
    (0.04, "suitcase"),
)
_SHOES = ((0.68, "shoes"), (0.16, "trainers"), (0.16, "boots"))
_ARMS = (
    (0.66, "swing"),
    (0.12, "pockets"),
    (0.08, "phone"),
    (0.06, "still"),
    (0.04, "behind"),
    (0.04, "call"),
)
_HEADS = ("hair_style", "hair", "hat", "beard")


@dataclass(frozen=True, slots=True)
class Person:
    """What one person looks like in every camera.

    Attributes
    ----------
    height
        In metres.
    build
        Girth, 1 for the average.
    woman
        0 to 1: how shoulders, waist and hips are shaped.
    skin, hair
        Colours, sRGB.
    hair_style, hat, hat_colour, beard
        The head.
    top, outer, bottom
        Clothes; `outer` is None without a jacket.
    sleeves
        "long", "short" or "none", of the top.
    sleeve_colour
        Of another colour than the garment; None for the same.
    hood
        Whether the hood of a hoodie or jacket is up.
    shoes, bag
        The rest; the bag's `kind` may be "none".
    gait, arms
        How the person walks, and usually holds the arms: one of `tacan.synthetic.people.pose.ARMS`.
    """

    height: float
    build: float
    woman: float
    skin: Colour
    hair: Colour
    hair_style: str
    hat: str
    hat_colour: Colour
    beard: float
    top: Garment
    outer: Garment | None
    sleeves: str
    sleeve_colour: Colour | None
    hood: bool
    bottom: Garment
    shoes: Garment
    bag: Garment
    gait: Gait
    arms: str

    @property
    def outfit(self) -> tuple[object, ...]:
        """The combination by which a person is known: no two people share it."""
        worn = self.top, self.outer, self.sleeves, self.sleeve_colour, self.bottom, self.shoes
        return *worn, self.bag, self.hair, self.hair_style, self.hat, self.hat_colour, self.hood


def make_people(count: int, *, seed: int) -> tuple[Person, ...]:
    """The first `count` people of the population `seed`: more people leave the first unchanged.

    >>> make_people(3, seed=0) == make_people(5, seed=0)[:3]
    True
    """
    rng = np.random.default_rng([seed, _STREAM])
    people: list[Person] = []
    seen: set[tuple[object, ...]] = set()
    while len(people) < count:
        person = _anybody(rng)
        if people and rng.random() < _ALIKE:
            person = _alike(people[int(rng.integers(len(people)))], person, rng)
        if person.outfit not in seen:
            seen.add(person.outfit)
            people.append(person)
    return tuple(people)


def _alike(other: Person, fresh: Person, rng: np.random.Generator) -> Person:
    """Like `other` but for one or two items, which are those of `fresh`; another body and gait."""
    worn = ("top", "outer", "bottom", "shoes", "bag", "head")
    odds = np.array([0.26, 0.14, 0.22, 0.08, 0.18, 0.12])
    new = rng.choice(worn, size=int(rng.integers(1, 3)), replace=False, p=odds / odds.sum())
    kept = {field.name: getattr(other, field.name) for field in fields(Person)}
    changed: dict[str, object] = {"gait": fresh.gait, "arms": fresh.arms}
    for name in new.tolist():
        names = {"head": _HEADS, "top": ("top", "sleeves", "sleeve_colour")}.get(name, (name,))
        changed |= {part: getattr(fresh, part) for part in names}
    changed["height"] = other.height * float(rng.uniform(0.97, 1.03))
    changed["build"] = other.build * float(rng.uniform(0.95, 1.05))
    return Person(**{**kept, **changed})


def _anybody(rng: np.random.Generator) -> Person:
    her = bool(rng.random() < 0.5)
    woman = float(rng.uniform(0.7, 1.0) if her else rng.uniform(0.0, 0.25))
    top = draw_garment(any_of(rng, _TOPS), "upper", rng)
    wears_outer = rng.random() < 0.38
    outer = draw_garment(any_of(rng, _OUTERS), "upper", rng) if wears_outer else None
    if outer is not None and outer.pattern in ("print", "two-tone", "logo") and rng.random() < 0.7:
        outer = replace(outer, pattern="plain")
    bottom = draw_garment(any_of(rng, _BOTTOMS_HER if her else _BOTTOMS), "lower", rng)
    if her and rng.random() < 0.1:
        bottom = replace(top, kind="dress")
    long = wears_outer or top.kind in ("jumper", "hoodie") or rng.random() < 0.4
    block = rng.random() < 0.09
    return Person(
        height=float(np.clip(rng.normal(1.64 if her else 1.77, 0.065), 1.45, 2.0)),
        build=float(np.clip(rng.lognormal(0.0, 0.11), 0.8, 1.4)),
        woman=woman,
        skin=near_colour("skin", rng),
        hair=near_colour("hair", rng),
        hair_style=any_of(rng, _HAIR_HER if her else _HAIR),
        hat=any_of(rng, _HATS),
        hat_colour=near_colour("upper", rng),
        beard=0.0 if her or rng.random() < 0.7 else float(rng.uniform(0.5, 1.0)),
        top=top,
        outer=outer,
        sleeves="long" if long else "none" if rng.random() < 0.12 else "short",
        sleeve_colour=near_colour("upper", rng) if block else None,
        hood=bool(rng.random() < 0.06),
        bottom=bottom,
        shoes=draw_garment(any_of(rng, _SHOES), "shoes", rng),
        bag=draw_garment(any_of(rng, _BAGS), "bags", rng),
        gait=_gait(rng),
        arms=any_of(rng, _ARMS),
    )


def _gait(rng: np.random.Generator) -> Gait:
    return Gait(
        stride=float(rng.uniform(0.29, 0.46)),
        swing=float(rng.uniform(0.12, 0.5)),
        lean=float(rng.normal(0.05, 0.035)),
        bend=float(rng.uniform(0.1, 0.5)),
        toes=float(rng.uniform(0.0, 0.3)),
    )
