"""Draws one walking person, seen from any side, as a flat figure.

The skeleton is solid: joints at (right, forward, up) in body heights, projected along the
heading. Only the clothes are flat. Nothing here knows of scenes, cameras or data sets.
"""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from tacan.synthetic.canvas import Canvas, Joint, along
from tacan.synthetic.colours import Colour, shade
from tacan.synthetic.people import Person

__all__ = ["SPRITE_ASPECT", "draw_figure"]

SPRITE_ASPECT = 0.8
"""Width of a figure's picture as a share of its height: room for a full stride."""

_STRIDE = 0.46
"""How far a thigh swings from hanging down, in radians."""


def draw_figure(person: Person, *, heading: float, phase: float, height: int) -> Image.Image:
    """An RGBA picture, `height` by `SPRITE_ASPECT * height`, with the soles at its lower edge.

    `heading` in degrees: 0 walks towards the lens, 90 to the right, 180 away. `phase` in steps
    of two: 0 and 1 are the same moment of the gait.
    """
    turn = math.radians(heading)
    image = Image.new("RGBA", (round(SPRITE_ASPECT * height), height))
    canvas = Canvas(ImageDraw.Draw(image), height, SPRITE_ASPECT, math.cos(turn), math.sin(turn))
    _draw_legs(canvas, person, phase)
    if person.bottom_kind == "skirt":
        _draw_skirt(canvas, person, phase)
    pieces = [(0.0, lambda: _draw_torso(canvas, person))]
    for side in (-1, 1):
        nearness = canvas.nearness((side * 0.14, 0.0, 0.0)) + 0.01
        pieces.append((nearness, lambda side=side: _draw_arm(canvas, person, phase, side)))
    if person.bag == "backpack":
        nearness = canvas.nearness((0.0, -0.1, 0.0))
        pieces.append((nearness, lambda: _draw_backpack(canvas, person)))
    if person.bag == "shoulder":
        nearness = canvas.nearness((0.13, 0.0, 0.0)) + 0.005
        pieces.append((nearness, lambda: _draw_shoulder_bag(canvas, person)))
    for _, draw in sorted(pieces, key=lambda piece: piece[0]):
        draw()
    _draw_head(canvas, person)
    return image


def _draw_legs(canvas: Canvas, person: Person, phase: float) -> None:
    bare = person.bottom_kind != "trousers"
    build = person.build
    for side in sorted((-1, 1), key=lambda side: canvas.nearness((side * 0.06, 0.0, 0.0))):
        far = canvas.nearness((side * 0.06, 0.0, 0.0)) < -0.02
        swing = 2 * math.pi * phase + (math.pi if side > 0 else 0.0)
        hip: Joint = (side * 0.058 * build, 0.0, 0.51)
        angle = _STRIDE * math.sin(swing)
        bent = angle - 0.12 - 0.75 * max(0.0, math.cos(swing))
        knee = along(hip, 0.245, angle)
        ankle = along(knee, 0.235, bent)
        toe = (ankle[0], ankle[1] + 0.075 * math.cos(bent), ankle[2] - 0.012)
        cloth = shade(person.bottom, 0.78 if far else 0.95 if side > 0 else 1.0)
        skin = shade(person.skin, 0.8 if far else 1.0)
        canvas.limb(knee, ankle, (0.068 * build, 0.048), skin if bare else cloth)
        canvas.limb(
            hip,
            knee,
            (0.105 * build, 0.074 * build),
            skin if person.bottom_kind == "skirt" else cloth,
        )
        canvas.limb(ankle, toe, (0.05, 0.04), shade(person.shoes, 0.8 if far else 1.0))


def _draw_skirt(canvas: Canvas, person: Person, phase: float) -> None:
    waist = canvas.breadth(0.085, 0.07) * person.build
    flare = 0.03 * abs(math.sin(2 * math.pi * phase)) * abs(canvas.sin)
    hem = canvas.breadth(0.125, 0.11) * person.build + flare
    canvas.quad((0.54, -waist, waist), (0.30, -hem, hem), person.bottom)


def _draw_torso(canvas: Canvas, person: Person) -> None:
    top = canvas.breadth(0.118, 0.07) * person.build
    low = canvas.breadth(0.092, 0.07) * person.build
    canvas.quad((0.855, -0.5 * top, 0.5 * top), (0.82, -top, top), person.top)
    canvas.quad((0.82, -top, top), (0.47, -low, low), person.top)
    canvas.quad((0.82, 0.62 * top, top), (0.47, 0.62 * low, low), shade(person.top, 0.86))
    _draw_pattern(canvas, person, top, low)
    if person.bag == "backpack" and canvas.cos > 0.2:
        for x in (-0.55, 0.45):
            canvas.quad(
                (0.85, x * top, (x + 0.14) * top),
                (0.6, x * low, (x + 0.14) * low),
                person.bag_colour,
            )


def _draw_pattern(canvas: Canvas, person: Person, top: float, low: float) -> None:
    if person.pattern in ("bands", "checks"):
        for band in range(4):
            _draw_band(canvas, (0.79 - 0.08 * band, 0.755 - 0.08 * band), top, low, person.accent)
    if person.pattern in ("stripes", "checks"):
        for x in (-0.85, -0.35, 0.15, 0.65):
            canvas.quad(
                (0.82, x * top, (x + 0.2) * top), (0.47, x * low, (x + 0.2) * low), person.accent
            )
    if person.pattern == "block":
        _draw_band(canvas, (0.82, 0.66), top, low, person.accent)
    front = 0.07 * canvas.sin
    if person.pattern == "print" and canvas.cos > 0.15:
        half = 0.055 * canvas.cos
        canvas.quad(
            (0.77, front - half, front + half), (0.66, front - half, front + half), person.accent
        )
    if person.pattern == "open" and canvas.cos > 0.15:
        half = 0.045 * canvas.cos
        canvas.quad(
            (0.85, front - half, front + half), (0.47, front - half, front + half), person.accent
        )


def _draw_band(
    canvas: Canvas, levels: tuple[float, float], top: float, low: float, fill: Colour
) -> None:
    upper, lower = (low + (top - low) * (level - 0.47) / 0.35 for level in levels)
    canvas.quad((levels[0], -upper, upper), (levels[1], -lower, lower), fill)


def _draw_arm(canvas: Canvas, person: Person, phase: float, side: int) -> None:
    swing = 2 * math.pi * phase + (0.0 if side > 0 else math.pi)
    angle = 0.8 * _STRIDE * math.sin(swing)
    shoulder: Joint = (side * 0.125 * person.build, 0.0, 0.80)
    elbow = along(shoulder, 0.165, angle)
    elbow = (elbow[0] + side * 0.02, elbow[1], elbow[2])
    hand = along(elbow, 0.15, angle + 0.35)
    far = canvas.nearness(shoulder) < -0.03
    cloth = shade(person.top, 0.72 if far else 0.9)
    skin = shade(person.skin, 0.8 if far else 0.97)
    canvas.limb(elbow, hand, (0.05, 0.038), cloth if person.long_sleeves else skin)
    canvas.limb(shoulder, elbow, (0.07 * person.build, 0.055), cloth)
    canvas.disc(canvas.point(hand), 0.021, 0.024, skin)
    if person.bag == "handbag" and side < 0:
        x, y = canvas.point((hand[0], hand[1], hand[2] - 0.075))
        half, size = (0.035 + 0.05 * abs(canvas.sin)) * canvas.height, 0.055 * canvas.height
        canvas.draw.rectangle((x - half, y - size, x + half, y + size), fill=person.bag_colour)


def _draw_backpack(canvas: Canvas, person: Person) -> None:
    half = canvas.breadth(0.095, 0.06)
    x = -0.105 * canvas.sin
    canvas.quad(
        (0.83, x - 0.8 * half, x + 0.8 * half), (0.53, x - half, x + half), person.bag_colour
    )
    if canvas.cos < 0:
        canvas.quad(
            (0.66, x - 0.7 * half, x + 0.7 * half),
            (0.55, x - 0.7 * half, x + 0.7 * half),
            shade(person.bag_colour, 1.3),
        )


def _draw_shoulder_bag(canvas: Canvas, person: Person) -> None:
    chest = 0.085 * person.build * canvas.cos
    strap = [canvas.flat(-chest, 0.84), canvas.flat(chest, 0.5)]
    canvas.draw.line(strap, fill=person.bag_colour, width=max(1, canvas.height // 48))
    if canvas.nearness((0.13, 0.0, 0.0)) > -0.1:
        half = canvas.breadth(0.035, 0.085)
        x = 0.125 * canvas.cos
        canvas.quad((0.55, x - half, x + half), (0.42, x - half, x + half), person.bag_colour)


def _draw_head(canvas: Canvas, person: Person) -> None:
    neck = canvas.flat(0.008 * canvas.sin, 0.865)
    head = canvas.flat(0.018 * canvas.sin, 0.925)
    hair = person.skin if person.hair_style == "bald" else person.hair
    canvas.disc(neck, 0.03, 0.035, shade(person.skin, 0.85))
    if person.hair_style == "long":
        behind = canvas.flat(-0.016 * canvas.sin, 0.875)
        canvas.disc(behind, 0.062, 0.085, shade(hair, 0.9))
        if canvas.cos > 0:
            canvas.disc(neck, 0.028, 0.03, shade(person.skin, 0.85))
    if person.hair_style == "bun":
        canvas.disc(
            canvas.flat(-0.05 * canvas.sin, 0.965 + 0.02 * abs(canvas.cos)), 0.027, 0.027, hair
        )
    canvas.disc(head, 0.053, 0.066, hair)
    if canvas.cos > -0.5:
        shown = min(1.0, (canvas.cos + 0.5) / 1.0)
        face = canvas.flat((0.018 + 0.03 * (1 - 0.5 * shown)) * canvas.sin, 0.912)
        canvas.disc(face, 0.026 + 0.019 * shown, 0.05, person.skin)
    if person.hair_style == "cap":
        x, y = canvas.flat(0.018 * canvas.sin, 0.935)
        r = 0.058 * canvas.height
        canvas.draw.pieslice((x - r, y - r, x + r, y + r), 180, 360, fill=person.accent)
        visor = canvas.flat(0.075 * canvas.sin, 0.94)
        if canvas.cos > -0.6:
            canvas.disc(visor, 0.02 + 0.02 * abs(canvas.cos), 0.009, shade(person.accent, 0.7))
