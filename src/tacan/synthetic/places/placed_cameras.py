"""Where people are seen: cameras that hang, look and fail as differently as real ones do."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tacan.synthetic.places.degradations import Look, make_look
from tacan.synthetic.places.ground_plans import PLACES, Place, make_place
from tacan.synthetic.random_choices import between, one_of
from tacan.synthetic.rendering.lens import Lens, looking
from tacan.synthetic.rendering.light import Light, make_light

__all__ = ["Boxing", "Camera", "Zone", "make_cameras"]

SIDES = (0.0, 180.0, 90.0, -90.0, 35.0, -145.0, -40.0, 140.0, 65.0)
"""Degrees that people are turned away from the lens: 0 shows the front, 180 the back."""

_STREAM = 12
_FRAMES = ((480, 640), (480, 640), (360, 640), (432, 768), (480, 704))
"""Heights and widths of sensors, in pixels."""


@dataclass(frozen=True, slots=True)
class Zone:
    """The round of ground that a camera watches people in: middle (x, y) and radius in metres."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Boxing:
    """How a camera's detector and tracker draw their boxes.

    `loose` multiplies height and breadth, `shake` is the standard deviation of the box's errors
    as shares of its size, `aspect` the breadth for each unit of height (0: as it comes), and
    `clipped` tells whether boxes end at the picture's edges.
    """

    loose: tuple[float, float]
    shake: float
    aspect: float
    clipped: bool


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera: where it hangs, what it watches, in which lights, and its own faults.

    `side` is the usual heading of people in degrees away from the lens, `fps` how many pictures
    it takes in a second, and `crowd` how many others are about on average.
    """

    camid: int
    place: Place
    lens: Lens
    lights: tuple[Light, ...]
    look: Look
    zone: Zone
    boxing: Boxing
    side: float
    fps: float
    crowd: float


def make_cameras(count: int, *, seed: int) -> tuple[Camera, ...]:
    """`count` cameras with numbers from 1. More cameras leave the first unchanged."""
    order = np.random.default_rng([seed, _STREAM]).permutation(len(PLACES))
    kinds = [tuple(PLACES)[i] for i in order]
    return tuple(
        _make_camera(camid, kinds[(camid - 1) % len(kinds)], seed=seed)
        for camid in range(1, count + 1)
    )


def _make_camera(camid: int, kind: str, *, seed: int) -> Camera:
    rng = np.random.default_rng([seed, _STREAM, camid])
    indoors = PLACES[kind].ceiling > 0
    lens, zone = _hang(rng, indoors=indoors)
    place = make_place(
        kind,
        rng,
        bounds=_surroundings(kind, zone, rng),
        keep_free=(zone.x, zone.y, zone.radius),
        ahead=zone.y,
    )
    return Camera(
        camid=camid,
        place=place,
        lens=lens,
        lights=tuple(make_light(mood, rng) for mood in place.moods),
        look=make_look(rng),
        zone=zone,
        boxing=_boxing(rng),
        side=SIDES[(camid - 1) % len(SIDES)] + between(rng, (-15, 15)),
        fps=float(np.exp(between(rng, (math.log(6), math.log(20))))),
        crowd=float(one_of(rng, (0.2, 0.6, 1.2, 2.0))),
    )


def _hang(rng: np.random.Generator, *, indoors: bool) -> tuple[Lens, Zone]:
    """A camera over the origin that looks north at the middle of its zone."""
    frame_height, frame_width = one_of(rng, _FRAMES)
    height = between(rng, (2.2, 3.3)) if indoors else float(np.exp(rng.uniform(0.8, 2.08)))
    nearest = max(3.5, 1.25 * (height - 1.0))
    away = float(np.exp(between(rng, (math.log(nearest), math.log(11.0 if indoors else 20.0)))))
    tall = float(np.exp(between(rng, (math.log(60.0), math.log(230.0)))))
    fov = 2 * math.atan(frame_height / 2 / (tall / 1.7 * math.hypot(away, height - 1.0)))
    fov = min(max(fov, 0.22), 1.2)
    breadth = away * math.tan(fov / 2) * frame_width / frame_height
    lens = looking(
        (0.0, 0.0, height),
        yaw=math.pi / 2 + float(rng.normal(0, 0.1)) * fov,
        pitch=math.atan2(height - 0.9, away) + float(rng.normal(0, 0.05)) * fov,
        roll=float(rng.normal(0, 0.025)),
        fov=fov,
        height=frame_height,
        width=frame_width,
    )
    return lens, Zone(0.0, away, min(max(0.6 * breadth, 0.8), 0.45 * away))


def _surroundings(
    kind: str, zone: Zone, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """The free ground about a zone, as x1, y1, x2, y2."""
    room = zone.radius + (0.8 if kind == "corridor" else between(rng, (1.5, 8.0)))
    behind = zone.radius + between(rng, (1.2, 14.0))
    return (-room, -4.0, room, zone.y + behind)


def _boxing(rng: np.random.Generator) -> Boxing:
    loose = between(rng, (0.94, 1.18))
    return Boxing(
        loose=(loose, loose * between(rng, (0.9, 1.2))),
        shake=between(rng, (0.01, 0.05)),
        aspect=one_of(rng, (0.0, 0.0, 0.5, 0.45)),
        clipped=bool(rng.random() < 0.7),
    )
