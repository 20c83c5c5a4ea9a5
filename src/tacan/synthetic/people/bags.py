"""Bags, each where it is carried, so that it shows only from there."""

from __future__ import annotations

from tacan.synthetic.people.fitting import Fitting, shoulder
from tacan.synthetic.rendering.materials import linear, material
from tacan.synthetic.rendering.solids import FRUSTUM

__all__ = ["add_bag"]


def add_bag(fit: Fitting) -> None:
    """The person's bag, if any. Its straps are painted on the clothes."""
    person = fit.person
    kind, h = person.bag.kind, person.height
    if kind == "none":
        return
    look = fit.look(
        material(
            linear(person.bag.colours[0]),
            linear(person.bag.colours[1]),
            pattern="two-tone" if person.bag.seed % 3 == 0 else "plain",
            level=(0.66 if kind == "backpack" else 0.42) * h,
            folds=0.1,
            seed=person.bag.seed,
        )
    )
    side = 1 if person.bag.seed % 2 else -1
    name = "right" if side > 0 else "left"
    x = side * shoulder(person)
    if kind == "backpack":
        size = 0.85 + 0.4 * person.bag.level
        back = -0.062 * person.build - 0.035 * size
        fit.limb(
            "chest", (0, back, 0.74 - 0.11 * size), (0, back + 0.008, 0.755),
            (0.052 * size, 0.046 * size), look, stretch=(1.55, 0.95),
        )  # fmt: skip
        fit.ball("chest", (0, back - 0.035 * size, 0.66), (0.06 * size, 0.03, 0.045), look)
    elif kind == "shoulder bag":
        fit.box("pelvis", (1.13 * x, -0.02, 0.5), (0.022, 0.085, 0.06), look)
    elif kind == "handbag":
        fit.box(f"{name} hanging", (x, 0.0, 0.35), (0.03, 0.08, 0.055), look)
        fit.limb(f"{name} hanging", (x, 0.0, 0.40), (x, 0.0, 0.45), (0.012, 0.006), look)
    elif kind == "carrier bag":
        fit.limb(
            f"{name} hanging", (x, 0, 0.25), (x, 0, 0.44), (0.075, 0.02), look,
            stretch=(0.55, 1.0), kind=FRUSTUM,
        )  # fmt: skip
    else:
        fit.box("pelvis", (1.25 * x, -0.24, 0.17), (0.085, 0.05, 0.13), look)
        fit.limb("pelvis", (1.25 * x, -0.23, 0.28), (1.1 * x, -0.06, 0.46), (0.008, 0.008), look)
