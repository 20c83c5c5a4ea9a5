"""A body that is being dressed: solids on bones, in shares of the body's height."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tacan.synthetic.people.population import Person
from tacan.synthetic.people.pose import BONES
from tacan.synthetic.rendering.materials import Materials
from tacan.synthetic.rendering.solids import BOX, ELLIPSOID, ROUND, with_axis

__all__ = ["SIDES", "Fitting", "hip", "shoulder"]

SIDES = ((-1, "left"), (1, "right"))


@dataclass
class Fitting:
    """A body that is being dressed: what is on it so far. Points are in shares of its height."""

    person: Person
    rows: list[tuple[int, np.ndarray, np.ndarray, tuple[float, float, float], int, int]] = field(
        default_factory=list
    )
    looks: list[Materials] = field(default_factory=list)

    def look(self, one: Materials) -> int:
        """The number of a new material."""
        self.looks.append(one)
        return len(self.looks) - 1

    def limb(
        self,
        bone: str,
        start: tuple[float, float, float],
        end: tuple[float, float, float],
        radii: tuple[float, float],
        look: int,
        *,
        stretch: tuple[float, float] = (1.0, 1.0),
        kind: int = ROUND,
    ) -> None:
        """A round cone (or frustum) from `start` to `end`; its section is stretched in x and y."""
        h = self.person.height
        a, b = np.array(start) * h, np.array(end) * h
        frame = with_axis(b - a, stretch=stretch)
        length = float(np.linalg.norm(b - a))
        self.rows.append((kind, frame, a, (radii[0] * h, radii[1] * h, length), look, BONES[bone]))

    def ball(
        self,
        bone: str,
        centre: tuple[float, float, float],
        half: tuple[float, float, float],
        look: int,
        *,
        pitch: float = 0.0,
    ) -> None:
        """An ellipsoid with half axes `half`, its front lowered by `pitch` radians."""
        self._lump(ELLIPSOID, bone, centre, half, look, pitch)

    def box(
        self,
        bone: str,
        centre: tuple[float, float, float],
        half: tuple[float, float, float],
        look: int,
        *,
        pitch: float = 0.0,
    ) -> None:
        """A box with half edges `half`, its front lowered by `pitch` radians."""
        self._lump(BOX, bone, centre, half, look, pitch)

    def _lump(self, kind, bone, centre, half, look, pitch) -> None:
        h = self.person.height
        cos, sin = np.cos(pitch), np.sin(pitch)
        frame = np.array([[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, -sin, cos]])
        frame = frame * (np.array(half) * h)
        place = np.array(centre) * h
        self.rows.append((kind, frame, place, (1.0, 1.0, 1.0), look, BONES[bone]))


def shoulder(person: Person) -> float:
    """How far a shoulder joint lies from the middle, in heights."""
    return (0.112 - 0.012 * person.woman) * person.build**0.4


def hip(person: Person) -> float:
    """How far a hip joint lies from the middle, in heights."""
    return 0.05 * person.build**0.5
