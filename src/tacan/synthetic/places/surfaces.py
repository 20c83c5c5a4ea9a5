"""The stuff that grounds and walls are made of: textures sampled from natural ranges."""

from __future__ import annotations

import numpy as np

from tacan.synthetic.places.textures import RGB, Texture
from tacan.synthetic.random_choices import between, one_of

__all__ = ["GROUNDS", "facade", "front", "ground", "notice", "panelling"]

_HUES: dict[str, tuple[RGB, ...]] = {
    "grey": ((0.22, 0.22, 0.22), (0.30, 0.30, 0.31), (0.16, 0.165, 0.175), (0.4, 0.39, 0.37)),
    "dark": ((0.06, 0.06, 0.065), (0.10, 0.10, 0.10), (0.14, 0.135, 0.13), (0.09, 0.085, 0.09)),
    "sand": ((0.42, 0.36, 0.27), (0.5, 0.45, 0.37), (0.33, 0.28, 0.2), (0.6, 0.57, 0.5)),
    "brick": ((0.28, 0.12, 0.08), (0.34, 0.17, 0.11), (0.22, 0.12, 0.09), (0.3, 0.22, 0.16)),
    "green": ((0.06, 0.12, 0.03), (0.10, 0.17, 0.05), (0.14, 0.17, 0.07), (0.04, 0.08, 0.025)),
    "wood": ((0.36, 0.2, 0.09), (0.25, 0.13, 0.06), (0.48, 0.31, 0.16), (0.15, 0.08, 0.045)),
    "plaster": ((0.6, 0.58, 0.53), (0.68, 0.68, 0.68), (0.55, 0.48, 0.36), (0.42, 0.46, 0.5)),
    "carpet": ((0.08, 0.09, 0.14), (0.13, 0.13, 0.135), (0.2, 0.06, 0.05), (0.1, 0.13, 0.11)),
    "bright": ((0.45, 0.05, 0.04), (0.04, 0.12, 0.4), (0.55, 0.38, 0.04), (0.05, 0.25, 0.1)),
    "glass": ((0.03, 0.04, 0.05), (0.08, 0.1, 0.12), (0.18, 0.21, 0.24), (0.02, 0.02, 0.025)),
}


def ground(kind: str, rng: np.random.Generator) -> Texture:
    """A floor or pavement of the kind `kind`, a name in `GROUNDS`."""
    return GROUNDS[kind](rng)


def _asphalt(rng: np.random.Generator) -> Texture:
    return Texture(
        base=_hue(rng, one_of(rng, ("dark", "grey"))),
        second=_hue(rng, "dark"),
        across=between(rng, (2.0, 7.0)),
        up=between(rng, (2.0, 7.0)),
        joint_colour=(0.05, 0.05, 0.05),
        joint=between(rng, (0.0, 0.03)),
        second_share=between(rng, (0.0, 0.12)),
        fine=between(rng, (0.15, 0.4)),
        middle=between(rng, (0.03, 0.15)),
        coarse=between(rng, (0.05, 0.3)),
        seed=_seed(rng),
    )


def _slabs(rng: np.random.Generator, hue: str = "") -> Texture:
    base = _hue(rng, hue or one_of(rng, ("grey", "sand", "grey", "brick")))
    return Texture(
        base=base,
        second=_darker(base, between(rng, (0.6, 1.3))),
        joint_colour=_darker(base, between(rng, (0.35, 0.8))),
        across=between(rng, (0.3, 1.0)),
        up=between(rng, (0.3, 0.7)),
        bond=one_of(rng, (0.0, 0.5, 0.33)),
        joint=between(rng, (0.01, 0.03)),
        variation=between(rng, (0.03, 0.25)),
        second_share=one_of(rng, (0.0, 0.15, 0.4)),
        fine=between(rng, (0.05, 0.2)),
        coarse=between(rng, (0.05, 0.25)),
        seed=_seed(rng),
    )


def _crossed(rng: np.random.Generator) -> Texture:
    size = between(rng, (2.0, 4.0))
    line = between(rng, (0.05, 0.25))
    return Texture(
        base=_hue(rng, one_of(rng, ("grey", "sand"))),
        joint_colour=_hue(rng, one_of(rng, ("brick", "dark", "grey"))),
        across=size,
        up=size,
        joint=between(rng, (0.1, 0.6)),
        cross=line if rng.random() < 0.6 else 0.0,
        variation=0.08,
        fine=between(rng, (0.1, 0.3)),
        middle=between(rng, (0.05, 0.15)),
        seed=_seed(rng),
    )


def _bricks(rng: np.random.Generator) -> Texture:
    base = _hue(rng, one_of(rng, ("brick", "grey", "sand")))
    return Texture(
        base=base,
        second=_hue(rng, one_of(rng, ("brick", "dark"))),
        joint_colour=_darker(base, between(rng, (0.4, 1.5))),
        across=0.21,
        up=0.105,
        bond=0.5,
        joint=0.012,
        variation=between(rng, (0.1, 0.35)),
        second_share=between(rng, (0.0, 0.3)),
        seed=_seed(rng),
    )


def _tiles(rng: np.random.Generator) -> Texture:
    size = between(rng, (0.2, 0.8))
    base = _hue(rng, one_of(rng, ("sand", "grey", "plaster", "dark")))
    return Texture(
        base=base,
        second=_darker(base, between(rng, (0.3, 1.2))),
        joint_colour=_darker(base, between(rng, (0.5, 1.2))),
        across=size,
        up=size,
        joint=between(rng, (0.005, 0.015)),
        variation=between(rng, (0.0, 0.12)),
        second_share=one_of(rng, (0.0, 0.0, 2.0, 0.1)),
        fine=0.04,
        middle=0.04,
        coarse=between(rng, (0.05, 0.25)),
        seed=_seed(rng),
    )


def _soft(rng: np.random.Generator, hue: str, fine: float) -> Texture:
    base = _hue(rng, hue)
    return Texture(
        base=base,
        second=_darker(base, between(rng, (0.6, 1.4))),
        across=between(rng, (0.4, 1.2)),
        up=between(rng, (0.4, 1.2)),
        second_share=one_of(rng, (0.0, 0.3, 2.0)) if hue == "carpet" else 0.0,
        variation=0.1 if hue == "carpet" else 0.0,
        fine=fine,
        middle=between(rng, (0.05, 0.25)) * (1.0 if fine > 0.3 else 0.3),
        coarse=between(rng, (0.05, 0.25)) * (1.0 if fine > 0.3 else 0.5),
        seed=_seed(rng),
    )


def _parquet(rng: np.random.Generator) -> Texture:
    base = _hue(rng, "wood")
    return Texture(
        base=base,
        joint_colour=_darker(base, 0.5),
        across=between(rng, (0.4, 1.5)),
        up=between(rng, (0.07, 0.16)),
        bond=between(rng, (0.3, 0.6)),
        joint=0.006,
        variation=between(rng, (0.1, 0.3)),
        fine=0.1,
        seed=_seed(rng),
    )


GROUNDS = {
    "asphalt": _asphalt,
    "concrete": lambda rng: _slabs(rng, "grey"),
    "slabs": _slabs,
    "crossed": _crossed,
    "bricks": _bricks,
    "tiles": _tiles,
    "terrazzo": lambda rng: _soft(rng, one_of(rng, ("grey", "sand", "plaster")), 0.25),
    "parquet": _parquet,
    "carpet": lambda rng: _soft(rng, "carpet", 0.2),
    "grass": lambda rng: _soft(rng, "green", 0.5),
    "gravel": lambda rng: _soft(rng, one_of(rng, ("sand", "grey")), 0.45),
}
"""Makers of grounds by name."""


def facade(rng: np.random.Generator) -> Texture:
    """The front of a house: plaster, brick or panels, with rows of windows."""
    base = _hue(rng, one_of(rng, ("plaster", "brick", "grey", "sand", "plaster")))
    return Texture(
        base=base,
        second=_hue(rng, "glass"),
        joint_colour=_darker(base, between(rng, (0.6, 1.2))),
        across=between(rng, (1.4, 3.5)),
        up=between(rng, (2.4, 3.4)),
        joint=between(rng, (0.0, 0.12)),
        variation=0.04,
        pane=between(rng, (0.35, 0.85)),
        glow=one_of(rng, (0.0, 0.0, 0.1)),
        seed=_seed(rng),
    )


def front(style: str, rng: np.random.Generator) -> Texture:
    """A wall of another kind: hedge, shops or panels."""
    if style == "hedge":
        return _soft(rng, "green", 0.6)
    if style == "shops":
        base = _hue(rng, one_of(rng, ("plaster", "bright", "dark", "wood", "grey")))
        return Texture(
            base=base,
            second=_hue(rng, "glass"),
            joint_colour=_darker(base, 0.6),
            across=between(rng, (1.2, 3.0)),
            up=between(rng, (2.8, 3.6)),
            joint=0.06,
            pane=between(rng, (0.75, 0.95)),
            glow=between(rng, (0.0, 0.25)),
            middle=0.2,
            seed=_seed(rng),
        )
    return panelling("wall", rng)


def panelling(use: str, rng: np.random.Generator) -> Texture:
    """What indoor walls and, with `use` "ceiling", ceilings are covered with."""
    if use == "ceiling":
        base = _hue(rng, "plaster")
        return Texture(
            base=base,
            second=(1.0, 1.0, 1.0),
            joint_colour=_darker(base, 0.6),
            across=between(rng, (0.6, 2.4)),
            up=between(rng, (0.6, 2.4)),
            joint=0.02,
            pane=between(rng, (0.15, 0.5)),
            glow=0.3,
            seed=_seed(rng),
        )
    base = _hue(rng, one_of(rng, ("plaster", "plaster", "wood", "grey", "sand")))
    return Texture(
        base=base,
        second=_darker(base, between(rng, (0.5, 1.3))),
        joint_colour=_darker(base, between(rng, (0.4, 0.9))),
        across=between(rng, (0.6, 2.5)),
        up=between(rng, (0.8, 3.2)),
        joint=between(rng, (0.0, 0.03)),
        variation=between(rng, (0.0, 0.12)),
        second_share=one_of(rng, (0.0, 0.0, 0.2)),
        fine=0.05,
        seed=_seed(rng),
    )


def notice(rng: np.random.Generator) -> tuple[float, float, float, Texture]:
    """A poster, sign, door or window: its breadth, lower and upper edge, and what it looks like."""
    kind = one_of(rng, ("poster", "poster", "door", "window", "board"))
    if kind == "door":
        base = _hue(rng, one_of(rng, ("wood", "grey", "dark", "bright", "glass")))
        size = (between(rng, (0.8, 1.8)), 0.0, between(rng, (2.0, 2.5)))
        return *size, Texture(
            base=base, second=_hue(rng, "glass"), across=0.9, up=2.2, joint=0.04,
            pane=one_of(rng, (0.0, 0.6)), seed=_seed(rng),
        )  # fmt: skip
    if kind == "window":
        low = between(rng, (0.6, 1.2))
        size = (between(rng, (0.8, 2.5)), low, low + between(rng, (0.8, 1.6)))
        return *size, Texture(
            base=_hue(rng, "glass"), across=0.8, up=1.2, joint=0.06,
            joint_colour=_hue(rng, "plaster"), middle=0.3, coarse=0.4, seed=_seed(rng),
        )  # fmt: skip
    low = between(rng, (0.5, 1.6))
    size = (between(rng, (0.4, 1.6)), low, low + between(rng, (0.5, 1.3)))
    cell = between(rng, (0.05, 0.4))
    return *size, Texture(
        base=_hue(rng, one_of(rng, ("plaster", "bright", "grey", "carpet"))),
        second=_hue(rng, one_of(rng, ("bright", "dark", "plaster"))),
        across=cell * between(rng, (1.0, 3.0)), up=cell, variation=0.2,
        second_share=between(rng, (0.0, 0.6)), joint=0.02,
        joint_colour=_hue(rng, "dark"), seed=_seed(rng),
    )  # fmt: skip


def _hue(rng: np.random.Generator, family: str) -> RGB:
    """A colour near one of its family."""
    base = np.array(one_of(rng, _HUES[family]))
    level = base * np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.05, 3))
    red, green, blue = (float(number) for number in np.clip(level, 0.01, 0.85))
    return red, green, blue


def _darker(colour: RGB, factor: float) -> RGB:
    red, green, blue = (min(0.9, factor * level) for level in colour)
    return red, green, blue


def _seed(rng: np.random.Generator) -> float:
    return float(rng.integers(1 << 20))
