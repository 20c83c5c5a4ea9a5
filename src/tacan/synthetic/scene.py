"""Plans one tracklet: how its person walks, what the box makes of it, and who comes between.

A plan is numbers only, frame by frame; nothing is drawn here. Lengths are in crop heights, with
x to the right of the crop's middle and y down from its upper edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tacan.synthetic.cameras import Camera
from tacan.synthetic.cast import Part
from tacan.synthetic.objects import PART, WHOLE
from tacan.synthetic.settings import Settings

__all__ = ["Occluder", "Scene", "Walker", "plan_scene"]

_STREAM = 31


@dataclass(frozen=True, slots=True)
class Walker:
    """A person in the crop, one entry a frame: `x`, `foot` (y of the soles), `size`, `phase`."""

    person: int
    heading: float
    x: np.ndarray
    foot: np.ndarray
    size: np.ndarray
    phase: np.ndarray


@dataclass(frozen=True, slots=True)
class Occluder:
    """What stands before the target in frames `start` to `start + len(x)`.

    It is a walker, or the object `kind` with its `seed`; `x` and `foot` place it.
    """

    start: int
    x: np.ndarray
    foot: float
    size: float
    kind: str
    seed: int
    walker: Walker | None = None

    def shown(self, frame: int) -> bool:
        return self.start <= frame < self.start + len(self.x)


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that one tracklet's pictures show. `view` is the backdrop's corner, (x, y)."""

    camid: int
    n_frames: int
    view: np.ndarray
    light: float
    target: Walker | None
    behind: tuple[Walker, ...]
    before: tuple[Occluder, ...]


def scene_rng(settings: Settings, part: Part, *, stream: int) -> np.random.Generator:
    """The generator of one tracklet, which no other tracklet's existence changes."""
    return np.random.default_rng([settings.seed, stream, *part.key])


def plan_scene(settings: Settings, part: Part, camera: Camera, passers: tuple[int, ...]) -> Scene:
    """The plan of `part` as `camera` sees it; `passers` are the people who may come between."""
    rng = scene_rng(settings, part, stream=_STREAM)
    n, breadth = part.n_frames, settings.width / settings.height
    heading = camera.side + float(rng.normal(0, 12)) + (180.0 if rng.random() < 0.15 else 0.0)
    target = None
    if part.person is not None:
        target = _walk(part.person, n, heading, rng, fragment=part.kind == "fragment")
    others = tuple(person for person in passers if person != part.person) or passers
    behind = []
    if others and rng.random() < 0.2:
        behind.append(_passer_behind(_one_of(rng, others), n, breadth, rng))
    before: list[Occluder] = []
    if part.kind in ("identity", "stranger"):
        if rng.random() < settings.occluded_share:
            before.append(_long_occlusion(n, breadth, heading, others, rng))
        if rng.random() < 0.3:
            before.append(_short_occlusion(n, breadth, heading, others, rng))
    return Scene(
        camid=part.camid,
        n_frames=n,
        view=_pan(n, heading, rng),
        light=float(rng.uniform(0.85, 1.15)),
        target=target,
        behind=tuple(behind),
        before=tuple(before),
    )


def _walk(
    person: int, n: int, heading: float, rng: np.random.Generator, *, fragment: bool
) -> Walker:
    """The target as its box holds it: nearly centred, shaken as a detector shakes it."""
    size = rng.uniform(0.86, 0.95) + _shake(n, 0.02, rng)
    foot = 0.975 + _shake(n, 0.015, rng)
    x = _shake(n, 0.02, rng)
    if fragment:
        size = size * rng.uniform(0.9, 2.2)
        foot = foot + rng.uniform(0.35, 1.1) * (1 if rng.random() < 0.6 else -0.6)
        x = x + rng.uniform(-0.3, 0.3)
    phase = rng.random() + rng.uniform(0.06, 0.11) * np.arange(n)
    return Walker(person, heading, x, foot, size, phase)


def _pan(n: int, heading: float, rng: np.random.Generator) -> np.ndarray:
    """Where in the backdrop the crop lies, [n, 2], as shares of the room there is for it."""
    across = np.sin(np.radians(heading)) * rng.uniform(0.006, 0.014) * np.arange(n)
    x = rng.random() + across + _shake(n, 0.003, rng)
    y = rng.uniform(0.2, 0.8) + _shake(n, 0.02, rng)
    # Whoever leaves one end of the backdrop turns back: a triangle wave.
    x = 1 - np.abs(np.mod(x, 2.0) - 1)
    return np.stack([x, np.clip(y, 0, 1)], axis=1)


def _long_occlusion(
    n: int, breadth: float, heading: float, others: tuple[int, ...], rng: np.random.Generator
) -> Occluder:
    """Something stays before the target for 35 to 70 % of the frames, hiding (nearly) all."""
    length = max(1, round(n * rng.uniform(0.35, 0.7)))
    ramp = min(length // 4, int(rng.integers(1, 4)))
    start = int(rng.integers(-ramp, n - length + 1 + ramp))
    whole = rng.random() < 0.9
    return _occluder((start, length, ramp), n, breadth, heading, others, rng, whole=whole)


def _short_occlusion(
    n: int, breadth: float, heading: float, others: tuple[int, ...], rng: np.random.Generator
) -> Occluder:
    length = min(n, int(rng.integers(3, 9)))
    start = int(rng.integers(0, n - length + 1))
    span = (start, length, length // 3)
    return _occluder(span, n, breadth, heading, others, rng, whole=False)


def _occluder(
    span: tuple[int, int, int],
    n: int,
    breadth: float,
    heading: float,
    others: tuple[int, ...],
    rng: np.random.Generator,
    *,
    whole: bool,
) -> Occluder:
    start, length, ramp = span
    walks = bool(others) and rng.random() < 0.6
    if whole:
        resting = float(rng.normal(0, 0.015 if walks else 0.04))
    else:
        resting = float(rng.choice([-1, 1]) * rng.uniform(0.3, 0.6) * breadth)
    x = _pass_by(length, ramp, resting, breadth, rng)
    first, last = max(start, 0), min(start + length, n)
    x = x[first - start : last - start]
    if walks:
        return _walking_occluder(first, x, heading, _one_of(rng, others), rng, whole=whole)
    kinds = WHOLE if whole else PART
    return Occluder(
        start=first,
        x=x if whole else x * 0.6,
        foot=float(rng.uniform(1.04, 1.12) if whole else rng.uniform(0.98, 1.04)),
        size=float(rng.uniform(1.12, 1.3) if whole else rng.uniform(0.9, 1.1)),
        kind=kinds[int(rng.integers(len(kinds)))],
        seed=int(rng.integers(2**31)),
    )


def _walking_occluder(
    start: int, x: np.ndarray, heading: float, person: int, rng: np.random.Generator, *, whole: bool
) -> Occluder:
    """Someone nearer the lens: larger, lower in the picture, so that the box cuts their feet."""
    n = len(x)
    size = float(rng.uniform(1.4, 1.75) if whole else rng.uniform(1.0, 1.25))
    foot = float(rng.uniform(0.0, 0.06)) + size
    if rng.random() < 0.4:
        heading += 180.0
    walker = Walker(
        person=person,
        heading=heading + float(rng.normal(0, 25)),
        x=x,
        foot=foot + _shake(n, 0.01, rng),
        size=np.full(n, size),
        phase=rng.random() + rng.uniform(0.06, 0.11) * np.arange(n),
    )
    return Occluder(start=start, x=x, foot=foot, size=size, kind="person", seed=0, walker=walker)


def _passer_behind(person: int, n: int, breadth: float, rng: np.random.Generator) -> Walker:
    """Someone farther off: smaller, higher in the picture, crossing at their own speed."""
    heading = float(rng.choice([-90.0, 90.0]))
    speed = rng.uniform(0.01, 0.04) * np.sign(heading)
    x = rng.uniform(-1, 1) * breadth + speed * np.arange(n)
    size = float(rng.uniform(0.4, 0.75))
    foot = np.full(n, rng.uniform(0.7, 0.9))
    phase = rng.random() + 0.09 * np.arange(n)
    return Walker(person, heading, x, foot, np.full(n, size), phase)


def _pass_by(
    length: int, ramp: int, resting: float, breadth: float, rng: np.random.Generator
) -> np.ndarray:
    """In from one side in `ramp` frames, about `resting` for a while, out on either side."""
    x = resting + _shake(length, 0.008, rng)
    away = 0.9 * breadth + 0.25
    if ramp:
        way = np.arange(ramp, 0, -1) / (ramp + 1)
        x[:ramp] += rng.choice([-1, 1]) * away * way
        x[length - ramp :] += rng.choice([-1, 1]) * away * way[::-1]
    return x


def _shake(n: int, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth random motion about 0 with standard deviation `strength`: an AR(1) walk, [n]."""
    steps = rng.normal(0, strength, n)
    for i in range(1, n):
        steps[i] = 0.8 * steps[i - 1] + 0.6 * steps[i]
    return steps


def _one_of(rng: np.random.Generator, people: tuple[int, ...]) -> int:
    return people[int(rng.integers(len(people)))]
