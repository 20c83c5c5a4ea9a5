"""Heads: face, hair, hats and hoods."""

from __future__ import annotations

import numpy as np

from tacan.synthetic.people.fitting import Fitting
from tacan.synthetic.rendering.materials import linear, material

__all__ = ["add_head"]


def add_head(fit: Fitting, *, skin: int, upper: int) -> None:
    """Neck, head and what grows or is worn on it; `skin` and `upper` are materials."""
    person = fit.person
    hair_look = fit.look(material(linear(person.hair), folds=0.12, grain=0.12, gloss=0.02))
    bald = person.hair_style == "bald"
    lips = linear(person.skin) * np.array([0.62, 0.42, 0.42])
    face = fit.look(
        material(
            linear(person.skin),
            linear(person.skin if bald else person.hair),
            lips,
            linear(person.hair),
            pattern="face",
            scale=0.115 * person.height,
            level=0.925 * person.height,
            overlay_at=2.0 if bald else 0.36,
            overlay_width=person.beard,
            folds=0.0,
            grain=0.03,
        )
    )
    fit.limb("chest", (0, -0.003, 0.81), (0, 0.006, 0.885), (0.034, 0.03), skin)
    fit.ball("head", (0, 0.010, 0.936), (0.043, 0.053, 0.062), face)
    fit.ball("head", (0, 0.022, 0.900), (0.033, 0.037, 0.036), face)
    if not bald:
        _hair(fit, hair_look)
    if person.hood and (person.outer or person.top).kind in ("hoodie", "jacket", "down jacket"):
        fit.ball("head", (0, -0.006, 0.932), (0.056, 0.056, 0.074), upper)
    elif person.hat != "none":
        _hat(fit, fit.look(material(linear(person.hat_colour), seed=3.0)))


def _hair(fit: Fitting, look: int) -> None:
    style = fit.person.hair_style
    puff = {"cropped": 0.0, "short": 0.004}.get(style, 0.006)
    fit.ball(
        "head", (0, -0.006, 0.948), (0.046 + puff, 0.052 + puff, 0.054 + puff), look, pitch=-0.25
    )
    if style in ("long", "bob"):
        low = 0.80 if style == "long" else 0.868
        fit.limb(
            "head", (0, -0.018, 0.94), (0, -0.028, low), (0.046, 0.042), look, stretch=(1.15, 0.85)
        )
    elif style == "ponytail":
        fit.limb("head", (0, -0.055, 0.955), (0, -0.075, 0.85), (0.02, 0.012), look)
    elif style == "bun":
        fit.ball("head", (0, -0.045, 0.985), (0.026, 0.026, 0.025), look)


def _hat(fit: Fitting, look: int) -> None:
    hat = fit.person.hat
    if hat == "scarf":
        fit.ball("head", (0, -0.004, 0.938), (0.052, 0.058, 0.068), look, pitch=-0.2)
        fit.limb("chest", (0, 0.0, 0.83), (0, 0.0, 0.875), (0.052, 0.044), look)
        return
    fit.ball("head", (0, -0.003, 0.966), (0.051, 0.058, 0.045), look, pitch=-0.1)
    if hat == "cap":
        fit.ball("head", (0, 0.065, 0.958), (0.038, 0.042, 0.006), look, pitch=0.15)
    elif hat == "hat":
        fit.ball("head", (0, 0.004, 0.962), (0.088, 0.096, 0.008), look)
