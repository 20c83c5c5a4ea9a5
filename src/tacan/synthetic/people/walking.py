"""How people walk: smooth ways over the ground, with a step for every so many metres."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tacan.synthetic.people.pose import ARMS
from tacan.synthetic.places.placed_cameras import Zone
from tacan.synthetic.random_choices import between, shake

__all__ = ["STRIDE", "Walker", "follow", "habit", "walk"]

STRIDE = 1.4
"""Metres that a gait cycle of two steps takes at an easy pace."""


@dataclass(frozen=True, slots=True)
class Walker:
    """One person's way through frames `start` to `start + k`.

    Attributes
    ----------
    person
        Index into the population; None for a way that nobody walks, where a tracker sees ghosts.
    start
        The first frame.
    place
        Where they are, float64 [k, 2], metres.
    heading
        Where they look, float64 [k], radians from east towards north.
    phase
        Gait cycles since some first one, float64 [k].
    speed
        In metres a second.
    arms, nod
        What they do with their arms and how far they lower their head, as in `joint_angles`.
    """

    person: int | None
    start: int
    place: np.ndarray
    heading: np.ndarray
    phase: np.ndarray
    speed: float
    arms: str = "swing"
    nod: float = 0.0

    @property
    def pace(self) -> float:
        """Their stride against an easy one: 0 for somebody who stands."""
        return min(max(self.speed - 0.1, 0.0) / 1.1, 1.25) ** 0.7

    def shown(self, frame: int) -> bool:
        return self.start <= frame < self.start + len(self.phase)


def walk(
    person: int | None,
    n: int,
    *,
    fps: float,
    zone: Zone,
    heading: float,
    rng: np.random.Generator,
    middle: tuple[float, float] | None = None,
) -> Walker:
    """A way of `n` frames that passes `middle` (the zone's where None) half way, about `heading`.

    Who would leave the zone turns back into it. About one in ten stands or shuffles.
    """
    idle = rng.random() < 0.1
    speed = between(rng, (0.0, 0.15)) if idle else float(np.clip(rng.normal(1.25, 0.25), 0.5, 2.2))
    step = speed / fps
    x, y = (zone.x, zone.y) if middle is None else middle
    back = min(step * n / 2, zone.radius)
    x, y = x - back * math.cos(heading), y - back * math.sin(heading)
    turns = shake(n, 0.4 / fps, rng) + between(rng, (-0.15, 0.15)) / fps
    places, headings = np.empty((n, 2)), np.empty(n)
    for i in range(n):
        away = math.hypot(x - zone.x, y - zone.y)
        heading += turns[i]
        if away > zone.radius:
            wish = math.atan2(zone.y - y, zone.x - x)
            off = math.remainder(wish - heading, 2 * math.pi)
            heading += math.copysign(min(abs(off), 1.5 / fps), off)
        places[i], headings[i] = (x, y), heading
        x, y = x + step * math.cos(heading), y + step * math.sin(heading)
    phase = rng.random() + step / STRIDE * np.arange(n)
    arms = habit(rng)
    return Walker(person, 0, places, headings, phase, speed, arms, _nod(arms, rng))


def follow(
    person: int, start: int, places: np.ndarray, *, fps: float, rng: np.random.Generator
) -> Walker:
    """Somebody who is at `places` [k, 2] in the frames from `start` on, looking where they go."""
    ways = np.gradient(places, axis=0) if len(places) > 1 else np.zeros((1, 2))
    lengths = np.hypot(ways[:, 0], ways[:, 1])
    mean = ways.mean(axis=0)
    heading = np.full(len(places), between(rng, (-math.pi, math.pi)))
    if np.hypot(*mean) * fps > 0.2:
        # Nobody spins on the spot: they look along the whole way, a little along each step.
        steady = ways + 2 * mean
        heading = np.unwrap(np.arctan2(steady[:, 1], steady[:, 0]))
    phase = rng.random() + np.cumsum(lengths) / STRIDE
    arms = habit(rng)
    speed = float(np.hypot(*mean) * fps)
    return Walker(person, start, places, heading, phase, speed, arms, _nod(arms, rng))


def habit(rng: np.random.Generator) -> str:
    """What somebody does with their arms for a while: mostly nothing."""
    return ARMS[int(rng.integers(len(ARMS)))] if rng.random() < 0.35 else "swing"


def _nod(arms: str, rng: np.random.Generator) -> float:
    return between(rng, (0.25, 0.5)) if arms == "phone" else max(0.0, float(rng.normal(0.03, 0.08)))
