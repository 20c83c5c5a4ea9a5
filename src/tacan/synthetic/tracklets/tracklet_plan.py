"""Plans one tracklet: how its person walks, who and what comes between, what the tracker does.

A plan is numbers only, frame by frame; nothing is drawn here. Lengths are in metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tacan.synthetic.people.walking import Walker, walk
from tacan.synthetic.places.placed_cameras import Camera
from tacan.synthetic.random_choices import between
from tacan.synthetic.tracklets.bystanders import bystanders
from tacan.synthetic.tracklets.dataset_plan import Part
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings
from tacan.synthetic.tracklets.occluders import (
    Placed,
    Span,
    crowd_around,
    hide_behind_people,
    hide_behind_thing,
    stand_before,
)
from tacan.synthetic.tracklets.tracker_errors import Errors, make_errors, make_fragment

__all__ = ["Scene", "plan_scene", "scene_rng"]

_STREAM, _STREAM_CROWD = 31, 32


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that one tracklet's pictures show.

    `hour` is one of the camera's lights and `level` multiplies its exposure; the `target` is
    whom the tracker follows, a way without a person where it follows nobody.
    """

    camid: int
    n_frames: int
    hour: int
    level: float
    target: Walker
    others: tuple[Walker, ...]
    things: tuple[Placed, ...]
    errors: Errors


def scene_rng(settings: DatasetSettings, part: Part, *, stream: int) -> np.random.Generator:
    """The generator of one tracklet, which no other tracklet's existence changes."""
    return np.random.default_rng([settings.seed, stream, *part.key])


def plan_scene(
    settings: DatasetSettings, part: Part, camera: Camera, passers: tuple[int, ...]
) -> Scene:
    """The plan of `part` as `camera` sees it; `passers` are the people who may come between."""
    rng = scene_rng(settings, part, stream=_STREAM)
    target = _target(part, camera, rng)
    people = tuple(person for person in passers if person != part.person) or passers
    others = bystanders(target, camera, people, rng)
    things: list[Placed] = []
    before: list[Walker] = []
    lost = None
    if part.kind in ("identity", "stranger"):
        if rng.random() < settings.occluded_share:
            span = _long_span(part.n_frames, rng)
            choice = rng.random()
            if choice < 0.12:
                lost = span.within(part.n_frames)
            elif choice < 0.36 and people:
                before = hide_behind_people(target, camera, span, people, rng)
            else:
                things.append(hide_behind_thing(target, camera, span, rng))
        if rng.random() < 0.3:
            things.append(stand_before(target, camera, rng))
        crowd_rng = scene_rng(settings, part, stream=_STREAM_CROWD)
        if people and crowd_rng.random() < settings.crowded_share:
            before += crowd_around(target, camera, people, crowd_rng)
    errors = make_errors(part.n_frames, camera.boxing, neighbours=len(others), lost=lost, rng=rng)
    if part.kind == "fragment":
        errors = make_fragment(part.n_frames, errors, rng)
    return Scene(
        camid=part.camid,
        n_frames=part.n_frames,
        hour=int(rng.integers(len(camera.lights))),
        level=float(np.exp(rng.normal(0, 0.12))),
        target=target,
        others=(*others, *before),
        things=tuple(things),
        errors=errors,
    )


def _target(part: Part, camera: Camera, rng: np.random.Generator) -> Walker:
    """Most go the camera's usual way; some come back along it, some cross it anyhow."""
    way = rng.random()
    heading = math.radians(camera.side + float(rng.normal(0, 14))) - math.pi / 2
    if way < 0.2:
        heading += math.pi
    elif way < 0.35:
        heading = between(rng, (-math.pi, math.pi))
    zone = camera.zone
    angle, out = between(rng, (-math.pi, math.pi)), 0.6 * zone.radius * math.sqrt(rng.random())
    middle = (zone.x + out * math.cos(angle), zone.y + out * math.sin(angle))
    return walk(
        part.person,
        part.n_frames,
        fps=camera.fps,
        zone=zone,
        heading=heading,
        middle=middle,
        rng=rng,
    )


def _long_span(n: int, rng: np.random.Generator) -> Span:
    """A stretch of 35 to 70 % of the frames, somewhere in the tracklet."""
    length = max(1, round(n * rng.uniform(0.35, 0.7)))
    ramp = min(length // 4, int(rng.integers(1, 4)))
    return Span(int(rng.integers(-ramp, n - length + 1 + ramp)), length, ramp)
