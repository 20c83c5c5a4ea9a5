"""Others who are about: companions, people who stand, and people who cross."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tacan.synthetic.people.walking import Walker, follow, walk
from tacan.synthetic.places.placed_cameras import Camera
from tacan.synthetic.random_choices import between, one_of, shake

__all__ = ["bystanders"]

_MOST = 3
_APART = 0.55
"""How near two people come to each other, in metres."""


def bystanders(
    target: Walker, camera: Camera, people: tuple[int, ...], rng: np.random.Generator
) -> tuple[Walker, ...]:
    """Some of `people` near the target; none walks through them or hides them for long."""
    count = min(int(rng.poisson(camera.crowd)), _MOST)
    others = []
    for _ in range(count if people else 0):
        person = one_of(rng, people)
        walker = (_companion if rng.random() < 0.35 else _passer)(person, target, camera, rng)
        if _is_free(walker, target, camera):
            others.append(walker)
    return tuple(others)


def _companion(person: int, target: Walker, camera: Camera, rng: np.random.Generator) -> Walker:
    """Somebody who walks beside the target all the way."""
    n = len(target.phase)
    beside = target.heading + rng.choice([-1, 1]) * math.pi / 2
    apart = between(rng, (0.6, 0.9)) + shake(n, 0.03, rng)
    along = between(rng, (-0.4, 0.4))
    places = target.place + apart[:, None] * np.stack([np.cos(beside), np.sin(beside)], axis=1)
    places += along * np.stack([np.cos(target.heading), np.sin(target.heading)], axis=1)
    walker = follow(person, 0, places, fps=camera.fps, rng=rng)
    return replace(walker, heading=target.heading, speed=target.speed)


def _passer(person: int, target: Walker, camera: Camera, rng: np.random.Generator) -> Walker:
    """Somebody with a way of their own, somewhere near the target's."""
    n = len(target.phase)
    x, y = target.place[n // 2]
    heading = float(target.heading[n // 2])
    turn = one_of(rng, (0.0, math.pi, between(rng, (-math.pi, math.pi))))
    middle = (float(x + rng.normal(0, 1.5)), float(y + rng.normal(0, 2.0)))
    return walk(
        person,
        n,
        fps=camera.fps,
        zone=camera.zone,
        heading=heading + turn + float(rng.normal(0, 0.2)),
        middle=middle,
        rng=rng,
    )


def _is_free(walker: Walker, target: Walker, camera: Camera) -> bool:
    """Whether two ways keep apart, and the walker covers the target in few frames only."""
    gaps = np.hypot(*(walker.place - target.place).T)
    if gaps.min() < _APART:
        return False
    eye = camera.lens.position[:2]
    mine, theirs = walker.place - eye, target.place - eye
    near, far = np.hypot(*mine.T), np.hypot(*theirs.T)
    cross = mine[:, 0] * theirs[:, 1] - mine[:, 1] * theirs[:, 0]
    covered = (near < far) & (np.abs(cross) / far < 0.35)
    return float(covered.mean()) < 0.2
