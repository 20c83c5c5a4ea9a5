"""What comes between a camera and the person it follows: things, others, and their long waits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tacan.synthetic.people.walking import Walker, follow
from tacan.synthetic.places.objects import screens
from tacan.synthetic.places.placed_cameras import Camera
from tacan.synthetic.random_choices import between, one_of, shake

__all__ = [
    "PART",
    "Placed",
    "Span",
    "crowd_around",
    "hide_behind_people",
    "hide_behind_thing",
    "stand_before",
]

PART = ("bin", "pole", "car", "bench", "bike", "low hedge", "trolley", "pole", "pillar", "board")
"""Kinds of things that hide a part of a person, or all of them for a moment."""

_DRIVEN = ("van", "van", "board", "wall", "tree")
_MOST_HIDDEN = 0.75
"""What stands still may hide the target in at most this share of the frames."""

_HALF, _TALL = 0.42, 1.95
"""Half the breadth and the height of what must be hidden to hide anybody, in metres."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A thing in frames `start` to `start + k`: what `build_thing` needs, and where it stands.

    `place` is float64 [k, 2], `turn` its long side's direction in radians from east.
    """

    kind: str
    size: tuple[float, float]
    seed: int
    start: int
    place: np.ndarray
    turn: float

    def shown(self, frame: int) -> bool:
        return self.start <= frame < self.start + len(self.place)


@dataclass(frozen=True, slots=True)
class Span:
    """Frames `start` to `start + length`, the first and last `ramp` of them coming and going."""

    start: int
    length: int
    ramp: int

    def within(self, n: int) -> np.ndarray:
        """The frames of a tracklet of `n` that the span holds, int64."""
        return np.arange(max(self.start, 0), min(self.start + self.length, n))

    def offset(self, away: float, rng: np.random.Generator) -> np.ndarray:
        """How far off something is that comes from a side and goes to one, [length]."""
        x = np.zeros(self.length)
        if self.ramp:
            way = np.arange(self.ramp, 0, -1) / (self.ramp + 1)
            x[: self.ramp] = rng.choice([-1, 1]) * away * way
            x[self.length - self.ramp :] = rng.choice([-1, 1]) * away * way[::-1]
        return x


@dataclass(frozen=True, slots=True)
class _Sight:
    """Ground coordinates of one camera: `ahead` and `aside` are unit vectors, `eye` its foot."""

    eye: np.ndarray
    height: float
    ahead: np.ndarray
    aside: np.ndarray

    def seen(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Metres ahead of the camera and to its right, each [k]."""
        return (places - self.eye) @ self.ahead, (places - self.eye) @ self.aside

    def at(self, ahead: np.ndarray, aside: np.ndarray) -> np.ndarray:
        return self.eye + np.outer(ahead, self.ahead) + np.outer(aside, self.aside)

    def needed(self, nearness: np.ndarray) -> float:
        """How tall a thing must be that hides people at `nearness`: its depth by theirs."""
        return float(np.max(self.height + (_TALL - self.height) * nearness))


def _sight(camera: Camera, places: np.ndarray) -> _Sight:
    eye = camera.lens.position[:2]
    way = places.mean(axis=0) - eye
    ahead = way / np.hypot(*way)
    aside = np.array([ahead[1], -ahead[0]])
    return _Sight(eye, float(camera.lens.position[2]), ahead, aside)


def hide_behind_thing(
    target: Walker, camera: Camera, span: Span, rng: np.random.Generator
) -> Placed:
    """Something large before the target through the whole span.

    Where the target walks across it stands still; where they come or go it passes by.
    """
    frames = span.within(len(target.phase))
    sight = _sight(camera, target.place[frames])
    ahead, aside = sight.seen(target.place[frames])
    gap = between(rng, (0.5, 0.9))
    still = np.ptp(ahead) < 0.5 + 0.7 * np.ptp(aside) and np.ptp(aside) < 8.0
    depth = float(ahead.min()) - gap
    near = depth / ahead
    first, last = float(np.min((aside - _HALF) * near)), float(np.max((aside + _HALF) * near))
    if not still or _hidden(target, sight, depth, (first, last)) > _MOST_HIDDEN:
        return _pass_by(target, sight, span, gap, rng)
    length = last - first
    size = (length, sight.needed(near) * between(rng, (1.0, 1.2)))
    kind = one_of(rng, screens(length))
    place = sight.at(np.full(1, depth), np.full(1, (first + last) / 2))
    n = len(target.phase)
    return Placed(kind, size, _seed(rng), 0, np.repeat(place, n, axis=0), _across(sight, rng))


def _hidden(target: Walker, sight: _Sight, depth: float, edges: tuple[float, float]) -> float:
    """The share of all frames in which something `depth` ahead hides half of the target."""
    ahead, aside = sight.seen(target.place)
    at = aside * depth / ahead
    return float(np.mean((ahead > depth) & (at > edges[0]) & (at < edges[1])))


def _pass_by(
    target: Walker, sight: _Sight, span: Span, gap: float, rng: np.random.Generator
) -> Placed:
    frames = span.within(len(target.phase))
    ahead, aside = sight.seen(target.place[frames])
    near = (ahead - gap) / ahead
    length = between(rng, (0.95, 2.6))
    shift = span.offset(length / 2 + 0.7, rng)[frames - span.start]
    rest = shake(len(frames), 0.02, rng)
    place = sight.at(ahead - gap, aside * near + shift + rest)
    size = (length, sight.needed(near) * between(rng, (1.02, 1.3)))
    return Placed(
        one_of(rng, _DRIVEN), size, _seed(rng), int(frames[0]), place, _across(sight, rng)
    )


def hide_behind_people(
    target: Walker,
    camera: Camera,
    span: Span,
    people: tuple[int, ...],
    rng: np.random.Generator,
) -> list[Walker]:
    """Two or three who walk along right before the target through the whole span."""
    frames = span.within(len(target.phase))
    sight = _sight(camera, target.place[frames])
    ahead, aside = sight.seen(target.place[frames])
    shift = span.offset(1.2, rng)[frames - span.start]
    walkers = []
    for side in one_of(rng, ((-0.2, 0.2), (-0.24, 0.22), (-0.28, 0.02, 0.3))):
        gap = between(rng, (0.4, 0.75)) + shake(len(frames), 0.02, rng)
        x = aside * (ahead - gap) / ahead + shift + side + shake(len(frames), 0.02, rng)
        place = sight.at(ahead - gap, x)
        walkers.append(follow(one_of(rng, people), int(frames[0]), place, fps=camera.fps, rng=rng))
    return walkers


def crowd_around(
    target: Walker, camera: Camera, people: tuple[int, ...], rng: np.random.Generator
) -> list[Walker]:
    """Three to six who go about as the target does, at their own pace: two or three of them nearer
    to the camera, where they hide parts of the target, the others behind."""
    n = len(target.phase)
    sight = _sight(camera, target.place)
    ahead, aside = sight.seen(target.place)
    walkers = []
    for nearer in [True] * int(rng.integers(2, 4)) + [False] * int(rng.integers(1, 4)):
        way = between(rng, (-1.0, 1.0)) * np.linspace(-0.5, 0.5, n)
        apart = rng.normal(0, 0.4) + way + shake(n, 0.02, rng)
        gap = between(rng, (0.4, 1.6)) if nearer else -between(rng, (0.4, 2.5))
        depth = np.maximum(ahead - gap + shake(n, 0.02, rng), 1.0)
        place = sight.at(depth, aside * depth / ahead + apart)
        walkers.append(follow(one_of(rng, people), 0, place, fps=camera.fps, rng=rng))
    return walkers


def stand_before(target: Walker, camera: Camera, rng: np.random.Generator) -> Placed:
    """Something that the target passes behind, low or narrow, near the middle of some frame."""
    frame = int(rng.integers(len(target.phase)))
    sight = _sight(camera, target.place)
    ahead, aside = sight.seen(target.place[frame : frame + 1])
    kind = one_of(rng, PART)
    depth = ahead - between(rng, (0.45, 1.2)) - (0.9 if kind == "car" else 0.0)
    x = aside * depth / ahead + rng.choice([-1, 1]) * between(rng, (0.0, 0.6))
    size = (between(rng, (0.3, 1.0)), between(rng, (0.9, 1.9)))
    place = np.repeat(sight.at(depth, x), len(target.phase), axis=0)
    return Placed(kind, size, _seed(rng), 0, place, _across(sight, rng))


def _across(sight: _Sight, rng: np.random.Generator) -> float:
    """The direction of a thing that stands across a sight, give or take some degrees."""
    return float(np.arctan2(sight.aside[1], sight.aside[0]) + rng.normal(0, 0.06))


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
