"""Dresses a body at rest: limbs and clothes as solids on bones.

Measures are shares of the body's height, from tables of human proportions; girths follow the
build. What a garment hides isn't built: a sleeve is the arm.
"""

from __future__ import annotations

import numpy as np

from tacan.synthetic.people.bags import add_bag
from tacan.synthetic.people.fitting import SIDES, Fitting, hip, shoulder
from tacan.synthetic.people.garments import Garment
from tacan.synthetic.people.heads import add_head
from tacan.synthetic.people.population import Person
from tacan.synthetic.people.pose import BONES
from tacan.synthetic.rendering.materials import Materials, linear, material
from tacan.synthetic.rendering.solids import FRUSTUM, Solids

__all__ = ["dress"]


def dress(person: Person) -> tuple[Solids, Materials, np.ndarray, np.ndarray]:
    """Solids at rest, their materials, the bone of each, int64 [n], and joints [bones, 3]."""
    fit = Fitting(person)
    skin = fit.look(material(linear(person.skin), folds=0.0, grain=0.03))
    upper = fit.look(_cloth(person, person.outer or person.top, top=True))
    sleeve = upper
    if person.sleeve_colour is not None:
        sleeve = fit.look(material(linear(person.sleeve_colour), seed=person.top.seed))
    lower = fit.look(_cloth(person, person.bottom, top=False))
    shoe = fit.look(material(linear(person.shoes.colours[0]), folds=0.0, gloss=0.04))
    _legs(fit, skin=skin, lower=lower, shoe=shoe)
    _trunk(fit, upper=upper, lower=lower)
    _arms(fit, skin=skin, sleeve=sleeve)
    add_head(fit, skin=skin, upper=upper)
    add_bag(fit)
    kinds, frames, places, sizes, looks, bones = zip(*fit.rows, strict=True)
    solids = Solids.of(kinds, frames, places, sizes, looks)
    joints = _joints(person) * person.height
    return solids, Materials.join(fit.looks), np.array(bones), joints


def _joints(person: Person) -> np.ndarray:
    wide, narrow = shoulder(person), hip(person)
    joints = np.zeros((len(BONES), 3))
    joints[BONES["pelvis"]] = joints[BONES["skirt"]] = 0, 0, 0.53
    joints[BONES["chest"]] = 0, 0, 0.60
    joints[BONES["head"]] = 0, 0.0, 0.86
    for side, name in SIDES:
        joints[BONES[f"{name} arm"]] = side * wide, 0, 0.808
        joints[BONES[f"{name} forearm"]] = side * wide, 0, 0.63
        joints[BONES[f"{name} hanging"]] = side * wide, 0, 0.45
        joints[BONES[f"{name} thigh"]] = side * narrow, 0, 0.52
        joints[BONES[f"{name} shank"]] = side * narrow, 0, 0.275
        joints[BONES[f"{name} foot"]] = side * narrow, 0, 0.045
    return joints


def _cloth(person: Person, garment: Garment, *, top: bool) -> Materials:
    """The garment's look on this body, with the straps of a bag over it."""
    h = person.height
    low, high = (0.5, 0.8) if top else (0.1, 0.5)
    overlay, at, width = "none", 0.0, 0.03
    if top and person.bag.kind == "backpack":
        overlay, at, width = "straps", 0.055 * h, 0.045
    elif top and person.bag.kind == "shoulder bag":
        overlay, at, width = "sling", 0.68 * h * (1 if person.bag.seed % 2 else -1), 0.035
    pattern, second = garment.pattern, garment.colours[1]
    scale, level = garment.scale, (low + (high - low) * garment.level) * h
    if garment.kind == "open jacket":
        pattern, second, scale = "open", person.top.colours[0], 0.12 + 0.8 * garment.scale
    elif garment.kind == "down jacket":
        pattern, scale = "quilted", 0.09
    elif pattern == "denim":
        level = 0.4 * h
    elif pattern in ("print", "logo"):
        level = 0.725 * h
    soft = {"down jacket": 0.08, "slim": 0.1, "coat": 0.1, "long coat": 0.1}
    return material(
        linear(garment.colours[0]),
        linear(second),
        linear(garment.colours[2]),
        linear(person.bag.colours[0]),
        pattern=pattern,
        scale=scale,
        level=level,
        overlay=overlay,
        overlay_at=at,
        overlay_width=width,
        folds=soft.get(garment.kind, 0.17),
        seed=garment.seed,
    )


def _legs(fit: Fitting, *, skin: int, lower: int, shoe: int) -> None:
    person = fit.person
    kind, g, apart = person.bottom.kind, person.build**0.8, hip(person)
    wide = {"trousers": 1.0, "slim": 0.86}.get(kind, 0.84)
    bare = kind not in ("trousers", "slim")
    long_skirt = kind == "long skirt"
    thigh = (0.053 + 0.003 * person.woman) * g
    for side, name in SIDES:
        x = side * apart
        look = skin if kind in ("skirt", "long skirt", "dress") else lower
        knee = (0.038 if kind == "trousers" else 0.034) * g
        fit.limb(f"{name} thigh", (x, 0, 0.505), (x, 0, 0.285), (thigh, knee), look)
        calf = skin if bare else lower
        end = 0.022 if bare else 0.029 * wide if kind == "slim" else 0.033
        fit.limb(f"{name} shank", (x, 0, 0.272), (x, 0, 0.06), (0.035 * g * wide, end), calf)
        if bare or kind == "slim":
            fit.ball(f"{name} shank", (x, -0.008, 0.205), (0.031 * g, 0.034 * g, 0.062), calf)
        if kind == "shorts":
            fit.limb(
                f"{name} thigh", (x, 0, 0.30), (x, 0, 0.50), (0.048 * g, 0.058 * g), lower,
                kind=FRUSTUM,
            )  # fmt: skip
        if person.shoes.kind == "boots" and not long_skirt:
            fit.limb(f"{name} shank", (x, 0, 0.05), (x, 0, 0.15), (0.03, 0.034 * g), shoe)
        size = 1.15 if person.shoes.kind == "trainers" else 1.0
        fit.limb(
            f"{name} foot", (x, -0.02, 0.022), (x, 0.09, 0.016), (0.023 * size, 0.016 * size), shoe,
            stretch=(1.15, 1.0),
        )  # fmt: skip


def _trunk(fit: Fitting, *, upper: int, lower: int) -> None:
    """Hips, waist, chest and shoulders; then what falls from the waist."""
    person = fit.person
    w, g = person.woman, person.build
    worn = person.outer or person.top
    thick = {"down jacket": 0.013, "coat": 0.007, "long coat": 0.007, "hoodie": 0.005}
    t = thick.get(worn.kind, 0.004 if worn.kind != "shirt" else 0.0)
    hips, waist, chest = (0.066 + 0.004 * w) * g, (0.063 - 0.006 * w) * g, (0.066 - 0.004 * w) * g
    joint = shoulder(person)
    fit.limb(
        "pelvis", (0, -0.004, 0.51), (0, 0, 0.58), (hips, waist - 0.002), lower, stretch=(1.40, 1.0)
    )
    fit.limb(
        "chest",
        (0, 0, 0.565),
        (0, 0.004, 0.69),
        (waist + t, chest + t),
        upper,
        stretch=(1.40, 1.02),
    )
    fit.limb(
        "chest", (0, 0.004, 0.69), (0, 0, 0.765), (chest + t, 0.058 * g + t), upper,
        stretch=(1.5, 1.05),
    )  # fmt: skip
    for side, _ in SIDES:
        fit.limb(
            "chest", (0.02 * side, -0.002, 0.822), (side * (joint - 0.004), 0, 0.795),
            (0.034 + t, 0.029 + t), upper, stretch=(1.2, 1.2),
        )  # fmt: skip
    fit.limb(
        "chest", (0, -0.006, 0.79), (0, -0.002, 0.845), (0.056, 0.03), upper, stretch=(1.35, 0.95)
    )
    if w > 0.5 and worn.kind not in ("down jacket", "coat", "long coat"):
        fit.ball("chest", (0, 0.045 * g, 0.725), (0.075 * g, 0.036 * g, 0.036), upper)
    _hem(fit, hips=hips + t, waist=waist + t, upper=upper, lower=lower)


def _hem(fit: Fitting, *, hips: float, waist: float, upper: int, lower: int) -> None:
    person = fit.person
    worn, kind = person.outer or person.top, person.bottom.kind
    low = {
        "coat": 0.37, "long coat": 0.27, "jacket": 0.47, "down jacket": 0.475, "hoodie": 0.485,
        "open jacket": 0.465, "jumper": 0.49, "loose shirt": 0.455, "shirt": 0.5,
    }[worn.kind]  # fmt: skip
    tucked = worn.kind == "shirt" and (worn.seed % 3 == 0 or kind in ("skirt", "long skirt"))
    if kind == "dress" or not tucked:
        bone = "skirt" if low < 0.44 else "pelvis"
        flare = 0.01 + 0.12 * max(0.0, 0.47 - low)
        fit.limb(
            bone, (0, -0.004, low), (0, 0, 0.60), (hips + flare, waist + 0.003), upper,
            stretch=(1.42, 1.04), kind=FRUSTUM,
        )  # fmt: skip
    if kind in ("skirt", "long skirt", "dress"):
        hem = {"skirt": 0.31, "long skirt": 0.12, "dress": 0.30}[kind]
        hem += 0.05 * (person.bottom.level - 0.5)
        flare = 0.008 + 0.12 * (0.5 - hem) * (0.5 + person.bottom.level)
        fit.limb(
            "skirt", (0, -0.004, hem), (0, 0, 0.56), (hips + flare, waist + 0.006), lower,
            stretch=(1.4, 1.08), kind=FRUSTUM,
        )  # fmt: skip


def _arms(fit: Fitting, *, skin: int, sleeve: int) -> None:
    person = fit.person
    g, x0 = person.build**0.7 * (1 - 0.08 * person.woman), shoulder(person)
    worn = person.outer or person.top
    t = {"down jacket": 0.012, "coat": 0.006, "long coat": 0.006}.get(worn.kind, 0.003)
    t = t if person.sleeves == "long" else 0.0
    upper = sleeve if person.sleeves == "long" else skin
    for side, name in SIDES:
        x = side * x0
        fit.limb(f"{name} arm", (x, 0, 0.79), (x, 0, 0.635), (0.030 * g + t, 0.025 * g + t), upper)
        fit.limb(f"{name} forearm", (x, 0, 0.63), (x, 0, 0.49), (0.025 * g + t, 0.018 + t), upper)
        fit.ball(f"{name} forearm", (x, 0.004, 0.452), (0.014, 0.022, 0.042), skin)
        if person.sleeves == "short":
            fit.limb(
                f"{name} arm", (x, 0, 0.70), (x, 0, 0.795), (0.036 * g, 0.033 * g), sleeve,
                kind=FRUSTUM,
            )  # fmt: skip
