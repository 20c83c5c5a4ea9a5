"""What everything visible is made of: solids of four kinds, as arrays that compiled code reads.

A solid is a simple shape in its own coordinates, put into the world by an affine map: world point
= place + frame @ own point. The map may stretch, so that a round cone gets the oval section of a
chest. The shapes, with sizes (a, b, c):

ROUND     the hull of two balls, radius a about (0, 0, 0) and b about (0, 0, c): limbs
FRUSTUM   a cut cone with flat ends, radius a at z = 0 and b at z = c: skirts, coats, poles
ELLIPSOID the ball of radius 1; the sizes are ignored
BOX       |x| <= a, |y| <= b, |z| <= c
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

__all__ = ["BOX", "ELLIPSOID", "FRUSTUM", "ROUND", "SCENERY", "Solids", "upright", "with_axis"]

ROUND, FRUSTUM, ELLIPSOID, BOX = range(4)

SCENERY = 0
"""The owner of what is nobody's: poles, cars, walls."""


@dataclass(frozen=True, slots=True)
class Solids:
    """n solids.

    Attributes
    ----------
    kind
        ROUND, FRUSTUM, ELLIPSOID or BOX, int32 [n].
    frame
        Own coordinates to world directions, float64 [n, 3, 3]: its columns are the solid's axes.
        It must be invertible.
    place
        Where the own origin lies in the world, float64 [n, 3], in metres.
    size
        What the kind makes of it, float64 [n, 3].
    texture
        Own coordinates to those that patterns are painted in, float64 [n, 3, 4]: pattern point =
        texture[:, :3] @ own point + texture[:, 3]. It moves with the solid. Pattern coordinates
        are metres: x to the wearer's right, y forward, z up.
    material
        Row of the `Materials` that go with them, int32 [n].
    owner
        Whose it is, int32 [n]: a positive number of the drawing's choice, or SCENERY.
    """

    kind: np.ndarray
    frame: np.ndarray
    place: np.ndarray
    size: np.ndarray
    texture: np.ndarray
    material: np.ndarray
    owner: np.ndarray

    def __len__(self) -> int:
        return len(self.kind)

    @staticmethod
    def of(
        kind: Sequence[int] | np.ndarray,
        frame: Sequence[np.ndarray] | np.ndarray,
        place: Sequence[object] | np.ndarray,
        size: Sequence[object] | np.ndarray,
        material: Sequence[int] | np.ndarray,
        *,
        owner: int = SCENERY,
    ) -> Solids:
        """Solids whose patterns are painted in the world as it is now: texture = (frame, place)."""
        frames = np.asarray(frame, dtype=np.float64).reshape(-1, 3, 3)
        places = np.asarray(place, dtype=np.float64).reshape(-1, 3)
        return Solids(
            kind=np.asarray(kind, dtype=np.int32).reshape(-1),
            frame=frames,
            place=places,
            size=np.asarray(size, dtype=np.float64).reshape(-1, 3),
            texture=np.concatenate([frames, places[:, :, None]], axis=2),
            material=np.asarray(material, dtype=np.int32).reshape(-1),
            owner=np.full(len(places), owner, dtype=np.int32),
        )

    @staticmethod
    def join(parts: Sequence[Solids]) -> Solids:
        """All solids of all parts in order. Their materials must already be rows of one table."""
        if not parts:
            return Solids.of([], [], [], [], [])
        columns = (field.name for field in fields(Solids))
        return Solids(
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in columns}
        )

    def moved(self, turn: float, offset: tuple[float, float, float]) -> Solids:
        """Turned by `turn` radians about the z axis (east towards north), then shifted."""
        turned = upright(turn)
        return replace(
            self, frame=turned @ self.frame, place=self.place @ turned.T + np.asarray(offset)
        )

    def owned(self, owner: int) -> Solids:
        """The same solids as `owner`'s."""
        return replace(self, owner=np.full(len(self), owner, dtype=np.int32))

    def picked(self, rows: np.ndarray) -> Solids:
        """Some of the solids: `rows` is a mask bool [n] or a list of indices."""
        return Solids(**{field.name: getattr(self, field.name)[rows] for field in fields(Solids)})


def upright(turn: float) -> np.ndarray:
    """The frame, float64 [3, 3], of something that stands upright, turned by `turn` radians."""
    cos, sin = np.cos(turn), np.sin(turn)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def with_axis(
    axis: np.ndarray, *, right: np.ndarray | None = None, stretch: tuple[float, float] = (1.0, 1.0)
) -> np.ndarray:
    """A frame, float64 [3, 3], whose z axis runs along `axis` [3], with unit length.

    The x axis is as near to `right` (the world's x axis where none is given) as can be; where the
    two are parallel it is any. x and y are stretched by `stretch`.
    """
    z = np.asarray(axis, dtype=np.float64)
    z = z / np.linalg.norm(z)
    wish = np.array([1.0, 0.0, 0.0]) if right is None else np.asarray(right, dtype=np.float64)
    x = wish - (wish @ z) * z
    if np.linalg.norm(x) < 1e-6:
        x = np.cross(np.array([0.0, 1.0, 0.0]) if abs(z[1]) < 0.9 else np.array([1.0, 0, 0]), z)
    x = x / np.linalg.norm(x)
    return np.column_stack([stretch[0] * x, stretch[1] * np.cross(z, x), z])
