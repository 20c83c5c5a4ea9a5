"""The light of a place: one direct source, and what comes from all around."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tacan.synthetic.random_choices import between

__all__ = ["MOODS", "Light", "make_light"]


@dataclass(frozen=True, slots=True)
class Light:
    """Light on a scene, in linear colour where a white surface in full light is about 1.

    A surface of colour c with normal n shows
    ``c * (sun_colour * max(0, n . sun_direction) * lit + mix(ground_colour, sky_colour,
    (1 + n_z) / 2) * open)``, where `lit` and `open` (0 to 1) are the share of the sun and of the
    surroundings that other things leave it.

    Attributes
    ----------
    sun_direction
        Towards the sun (or the main lamp), float64 [3] of unit length, always above the ground.
    sun_colour, sky_colour, ground_colour
        Direct light, light from above and light from below, float64 [3], red, green, blue.
    softness
        Breadth of a shadow's soft edge for each metre between the thing and its shadow: 0.01 for
        the sun, above 0.5 for lamps along a ceiling.
    """

    sun_direction: np.ndarray
    sun_colour: np.ndarray
    sky_colour: np.ndarray
    ground_colour: np.ndarray
    softness: float


@dataclass(frozen=True, slots=True)
class Mood:
    """Ranges that lights of one kind are drawn from: colours are in kelvin, heights in degrees."""

    direct: tuple[float, float]
    ambient: tuple[float, float]
    direct_kelvin: tuple[float, float]
    ambient_kelvin: tuple[float, float]
    elevation: tuple[float, float]
    softness: tuple[float, float]


MOODS: dict[str, Mood] = {
    "sun": Mood((0.65, 1.0), (0.25, 0.45), (4800, 6200), (7500, 12000), (22, 68), (0.02, 0.06)),
    "overcast": Mood((0.05, 0.25), (0.6, 0.9), (6000, 7000), (6300, 8000), (35, 75), (0.5, 1.0)),
    "shade": Mood((0.0, 0.08), (0.45, 0.75), (6000, 7000), (7000, 10500), (40, 70), (0.6, 1.0)),
    "dusk": Mood((0.1, 0.5), (0.18, 0.4), (2600, 4200), (7000, 15000), (12, 28), (0.03, 0.4)),
    "warm lamps": Mood((0.3, 0.6), (0.3, 0.6), (2700, 3800), (2900, 4200), (55, 85), (0.3, 0.8)),
    "cool lamps": Mood((0.25, 0.6), (0.35, 0.7), (4200, 6800), (4200, 6500), (55, 85), (0.3, 0.8)),
}
"""Kinds of light by name; the last two are indoors."""


def make_light(mood: str, rng: np.random.Generator) -> Light:
    """A light of the kind `mood`, a name in `MOODS`."""
    kind = MOODS[mood]
    azimuth = between(rng, (0.0, 2 * math.pi))
    elevation = math.radians(between(rng, kind.elevation))
    level = math.cos(elevation)
    ambient = between(rng, kind.ambient) * _kelvin(between(rng, kind.ambient_kelvin))
    direct = between(rng, kind.direct) * _kelvin(between(rng, kind.direct_kelvin))
    bounce = np.array([1.0, 0.95, 0.88]) * between(rng, (0.25, 0.6))
    return Light(
        sun_direction=np.array(
            [level * math.cos(azimuth), level * math.sin(azimuth), math.sin(elevation)]
        ),
        sun_colour=direct,
        sky_colour=ambient,
        ground_colour=(ambient + 0.3 * direct) * bounce,
        softness=between(rng, kind.softness),
    )


def _kelvin(temperature: float) -> np.ndarray:
    """About the linear colour of a glowing body against a white of 6,200 K; its mean is 1.

    A power law through the black body's red and blue, with the half of it that a camera's white
    balance leaves.
    """
    warmth = (6200.0 / temperature) ** 0.5
    colour = np.array([warmth**0.75, warmth**0.05, warmth**-1.05])
    return colour / colour.mean()
