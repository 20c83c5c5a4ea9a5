"""The people of a population, dressed once and posed for every frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from tacan.synthetic.people.body import Body, build_body
from tacan.synthetic.people.population import Person
from tacan.synthetic.rendering.lens import Lens
from tacan.synthetic.rendering.materials import Materials
from tacan.synthetic.rendering.raster import coverage
from tacan.synthetic.rendering.solids import Solids

__all__ = ["BodyCache", "Painted", "pixels_alone"]

Painted = tuple[Solids, Materials]
"""Something visible: its solids, and the materials that they name."""


@dataclass
class BodyCache:
    """People whose bodies are made when first needed, and kept."""

    people: tuple[Person, ...]
    _bodies: dict[int, Body] = field(default_factory=dict)

    def pose(
        self,
        person: int,
        *,
        phase: float,
        heading: float,
        place: tuple[float, float],
        pace: float,
        arms: str,
        nod: float,
        owner: int,
    ) -> Painted:
        """Person number `person` in the world; the other arguments are those of `Body.posed`."""
        if person not in self._bodies:
            self._bodies[person] = build_body(self.people[person])
        body = self._bodies[person]
        solids = body.posed(
            phase=phase, heading=heading, place=place, pace=pace, arms=arms, nod=nod, owner=owner
        )
        return solids, body.materials


def pixels_alone(body: Solids, lens: Lens, box: tuple[float, float, float, float]) -> int:
    """How many pixels somebody would fill on the grid of `lens`, if it went on for ever.

    `box` (x1, y1, x2, y2) holds them, in shares of the picture's width and height.
    """
    x1, y1 = math.floor(box[0] * lens.width) - 1, math.floor(box[1] * lens.height) - 1
    x2, y2 = math.ceil(box[2] * lens.width) + 1, math.ceil(box[3] * lens.height) + 1
    centre = lens.centre[0] - x1, lens.centre[1] - y1
    wide = Lens(lens.position, lens.rotation, lens.focal, centre, width=x2 - x1, height=y2 - y1)
    return int(np.count_nonzero(coverage(body, wide)))
