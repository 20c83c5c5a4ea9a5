"""One place with several cameras, each with its own part of the ground to watch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tacan.synthetic.places.degradations import Look, make_look
from tacan.synthetic.places.ground_plans import PLACES, Place, make_place
from tacan.synthetic.places.placed_cameras import Zone
from tacan.synthetic.random_choices import between, one_of
from tacan.synthetic.rendering.lens import Lens, looking
from tacan.synthetic.rendering.light import Light, make_light
from tacan.synthetic.scenes.scene_settings import SceneSettings

__all__ = ["Site", "View", "make_site"]

_STREAM = 61
_KINDS = ("street", "plaza", "park", "car park", "hall", "arcade")
_DEEP = 18.0
"""How deep a site is from its southern to its northern side, in metres."""

_APART = 11.0
"""Metres from one camera's zone to the next."""


@dataclass(frozen=True, slots=True)
class View:
    """One camera of a site: its name, lens, faults, and the ground that it watches."""

    name: str
    lens: Lens
    look: Look
    zone: Zone


@dataclass(frozen=True, slots=True)
class Site:
    """A place in one light, and its cameras from west to east."""

    place: Place
    light: Light
    views: tuple[View, ...]


def make_site(settings: SceneSettings) -> Site:
    """The site of some videos: zones side by side from west to east, watched from all sides."""
    rng = np.random.default_rng([settings.seed, _STREAM])
    kind = one_of(rng, _KINDS)
    half = _APART * settings.cameras / 2 + 2.0
    bounds = (-half, -_DEEP / 2, half, _DEEP / 2)
    place = make_place(kind, rng, bounds=bounds, keep_free=(0.0, 0.0, 0.0), ahead=bounds[1])
    views = tuple(_view(number, kind, settings, rng) for number in range(settings.cameras))
    return Site(
        place=replace(place, fixtures=_out_of_the_way(place, views)),
        light=make_light(place.moods[0], rng),
        views=views,
    )


def _view(number: int, kind: str, settings: SceneSettings, rng: np.random.Generator) -> View:
    x = _APART * (number - (settings.cameras - 1) / 2)
    zone = Zone(x, between(rng, (-1.0, 1.0)), 4.0)
    indoors = PLACES[kind].ceiling > 0
    height = between(rng, (2.3, 2.9)) if indoors else between(rng, (2.6, 5.0))
    side = 1 if number % 2 else -1
    eye = (x + between(rng, (-5.0, 5.0)), side * (_DEEP / 2 - 0.5))
    away = math.hypot(zone.x - eye[0], zone.y - eye[1])
    tall = between(rng, (0.22, 0.34)) * settings.height
    fov = 2 * math.atan(settings.height / 2 / (tall / 1.7 * math.hypot(away, height - 1.0)))
    lens = looking(
        (eye[0], eye[1], height),
        yaw=math.atan2(zone.y - eye[1], zone.x - eye[0]),
        pitch=math.atan2(height - 1.0, away),
        roll=float(rng.normal(0, 0.015)),
        fov=min(max(fov, 0.3), 1.2),
        height=settings.height,
        width=settings.width,
    )
    return View(f"camera{number + 1}", lens, make_look(rng), zone)


def _out_of_the_way(place: Place, views: tuple[View, ...]):
    """The fixtures that leave the middle free to walk, and stand before no lens."""
    return tuple(
        fixture
        for fixture in place.fixtures
        if abs(fixture.y) > 5.5
        and abs(fixture.x) < place.bounds[2] - 1.0
        and all(math.dist((fixture.x, fixture.y), view.lens.position[:2]) > 4.0 for view in views)
    )
