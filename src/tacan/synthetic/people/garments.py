"""What clothes look like in the street: kinds, colours and patterns, with the odds of each.

Colours are sampled around those that people really wear: mostly black, grey, navy, white, denim
and beige, with saturated ones among them. No two are equal, but many are close.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

__all__ = ["Colour", "Garment", "any_of", "draw_garment", "near_colour"]

Colour = tuple[int, int, int]
"""sRGB levels, 0 to 255."""

T = TypeVar("T")
_Odds = tuple[tuple[float, T], ...]

UPPER: _Odds[Colour] = (
    (0.21, (26, 26, 29)), (0.09, (58, 59, 64)), (0.08, (118, 119, 122)), (0.05, (172, 172, 172)),
    (0.12, (226, 225, 220)), (0.10, (32, 41, 66)), (0.05, (48, 78, 138)), (0.05, (136, 168, 204)),
    (0.04, (196, 178, 148)), (0.03, (112, 84, 60)), (0.03, (86, 88, 62)), (0.02, (52, 98, 68)),
    (0.04, (172, 38, 42)), (0.02, (96, 32, 44)), (0.025, (218, 150, 166)), (0.02, (222, 182, 62)),
    (0.015, (222, 112, 44)), (0.015, (112, 72, 130)), (0.02, (64, 152, 158)),
    (0.01, (198, 58, 122)),
)  # fmt: skip
LOWER: _Odds[Colour] = (
    (0.29, (27, 27, 30)), (0.17, (42, 52, 80)), (0.14, (72, 92, 128)), (0.05, (138, 158, 186)),
    (0.08, (78, 79, 84)), (0.05, (132, 132, 134)), (0.08, (176, 158, 128)), (0.03, (92, 72, 56)),
    (0.04, (34, 40, 58)), (0.02, (222, 220, 214)), (0.025, (88, 90, 66)), (0.01, (128, 40, 44)),
    (0.015, (198, 168, 160)),
)  # fmt: skip
SHOES: _Odds[Colour] = (
    (0.42, (28, 27, 27)), (0.24, (222, 222, 220)), (0.12, (98, 70, 50)), (0.08, (120, 120, 124)),
    (0.05, (40, 48, 78)), (0.05, (168, 44, 46)), (0.04, (186, 164, 132)),
)  # fmt: skip
BAGS: _Odds[Colour] = (
    (0.46, (30, 30, 32)), (0.12, (70, 72, 78)), (0.12, (38, 50, 88)), (0.1, (112, 74, 48)),
    (0.06, (164, 46, 46)), (0.06, (74, 84, 60)), (0.05, (196, 172, 140)), (0.03, (214, 96, 130)),
)  # fmt: skip
HAIR: _Odds[Colour] = (
    (0.42, (24, 20, 19)), (0.27, (58, 40, 29)), (0.11, (104, 74, 48)), (0.09, (172, 138, 90)),
    (0.08, (146, 143, 140)), (0.03, (112, 52, 30)),
)  # fmt: skip
SKIN: _Odds[Colour] = (
    (0.34, (228, 186, 160)), (0.26, (208, 162, 130)), (0.2, (172, 122, 90)), (0.12, (122, 82, 60)),
    (0.08, (78, 54, 44)),
)  # fmt: skip
PALETTES = {
    "upper": UPPER,
    "lower": LOWER,
    "shoes": SHOES,
    "bags": BAGS,
    "hair": HAIR,
    "skin": SKIN,
}

_UPPER_PATTERNS: _Odds[str] = (
    (0.60, "plain"), (0.07, "bands"), (0.03, "stripes"), (0.06, "checks"), (0.05, "two-tone"),
    (0.09, "print"), (0.05, "logo"), (0.02, "camouflage"), (0.03, "speckle"),
)  # fmt: skip
_SKIRT_PATTERNS: _Odds[str] = (
    (0.68, "plain"), (0.10, "speckle"), (0.08, "checks"), (0.06, "camouflage"), (0.04, "bands"),
    (0.04, "stripes"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Garment:
    """One piece of clothing.

    `kind` names the cut; `scale` is the pattern's period or breadth in metres; `level` the height
    of a print or a border, 0 to 1 of the garment; equal `seed`s crease and print alike.
    """

    kind: str
    colours: tuple[Colour, Colour, Colour]
    pattern: str = "plain"
    scale: float = 0.1
    level: float = 0.5
    seed: int = 0


def draw_garment(kind: str, palette: str, rng: np.random.Generator) -> Garment:
    """A garment of this cut in colours of `palette`: upper, lower, shoes, bags, hair or skin."""
    first = near_colour(palette, rng)
    second = near_colour("upper", rng)
    third = near_colour("upper", rng)
    pattern = "plain"
    if palette == "upper":
        pattern = any_of(rng, _UPPER_PATTERNS)
    elif kind in ("skirt", "long skirt"):
        pattern = any_of(rng, _SKIRT_PATTERNS)
    elif kind in ("trousers", "slim", "shorts") and first[2] > first[0] + 14:
        pattern = "denim"
        red, green, blue = (min(255, round(1.25 * level) + 8) for level in first)
        second = red, green, blue
    return Garment(
        kind=kind,
        colours=(first, second, third),
        pattern=pattern,
        scale=_scale(pattern, rng),
        level=float(rng.uniform(0.3, 0.75)),
        seed=int(rng.integers(1, 10_000)),
    )


def near_colour(palette: str, rng: np.random.Generator) -> Colour:
    """A colour near one of the palette's, which is picked by its odds."""
    red, green, blue = any_of(rng, PALETTES[palette])
    hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    hue = (hue + rng.normal(0, 0.022)) % 1.0
    saturation = min(max(saturation * rng.lognormal(0, 0.22), 0.0), 0.95)
    value = min(max(value * rng.lognormal(0, 0.13) + rng.normal(0, 0.012), 0.05), 0.93)
    levels = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(levels[0] * 255), round(levels[1] * 255), round(levels[2] * 255)


def any_of(rng: np.random.Generator, odds: _Odds[T]) -> T:
    """One of the values; their odds need not sum to 1."""
    sample = float(rng.random()) * sum(share for share, _ in odds)
    for share, value in odds:
        sample -= share
        if sample < 0:
            return value
    return odds[-1][1]


def _scale(pattern: str, rng: np.random.Generator) -> float:
    low, high = {
        "bands": (0.03, 0.14),
        "stripes": (0.025, 0.08),
        "checks": (0.04, 0.12),
        "print": (0.14, 0.28),
        "logo": (0.05, 0.1),
        "camouflage": (0.05, 0.14),
        "speckle": (0.015, 0.05),
    }.get(pattern, (0.08, 0.12))
    size = float(rng.uniform(low, high))
    return -size if pattern == "print" and rng.random() < 0.3 else size
