"""Where a point of the world falls in a picture: a pinhole camera, and windows cut out of it.

The world is in metres, x east, y north, z up. In front of a camera x runs to the right, y down
and z (the depth) away from it. Pixels run to the right and down; the middle of the first pixel is
(0.5, 0.5), so that a box (x1, y1, x2, y2) holds x2 - x1 pixels across.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

__all__ = ["Lens", "looking"]


@dataclass(frozen=True, slots=True)
class Lens:
    """A pinhole camera.

    Attributes
    ----------
    position
        Where it hangs, float64 [3], in metres.
    rotation
        World to camera, float64 [3, 3]: its rows are the camera's right, down and forward.
    focal
        Focal lengths in pixels, across and down; they differ in a squeezed window.
    centre
        The pixel (x, y) that the camera looks at straight ahead; it may lie outside the picture.
    width, height
        The picture's size in pixels.
    """

    position: np.ndarray
    rotation: np.ndarray
    focal: tuple[float, float]
    centre: tuple[float, float]
    width: int
    height: int

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels float64 [n, 2] and depths float64 [n] of world points [n, 3].

        A point behind the camera has a negative depth and its pixel means nothing.
        """
        seen = (np.asarray(points, dtype=np.float64) - self.position) @ self.rotation.T
        depth = seen[:, 2]
        safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
        return seen[:, :2] / safe[:, None] * np.array(self.focal) + np.array(self.centre), depth

    def pixel_of(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Pixel (x, y) and depth of one world point: as `project`, and faster for few points."""
        left, low, up = self.position.tolist()
        x, y, z = x - left, y - low, z - up
        (a, b, c), (d, e, f), (g, h, i) = self.rotation.tolist()
        depth = g * x + h * y + i * z
        safe = depth if abs(depth) >= 1e-9 else 1e-9
        return (
            self.focal[0] * (a * x + b * y + c * z) / safe + self.centre[0],
            self.focal[1] * (d * x + e * y + f * z) / safe + self.centre[1],
            depth,
        )

    def window(self, box: tuple[float, float, float, float], *, height: int, width: int) -> Lens:
        """The part of the picture within `box` (x1, y1, x2, y2), as `height` x `width` pixels.

        The box may reach beyond the picture's edges.
        """
        across, down = width / (box[2] - box[0]), height / (box[3] - box[1])
        focal = self.focal[0] * across, self.focal[1] * down
        centre = (self.centre[0] - box[0]) * across, (self.centre[1] - box[1]) * down
        return Lens(self.position, self.rotation, focal, centre, width=width, height=height)

    def resized(self, *, height: int, width: int) -> Lens:
        """The whole picture as `height` x `width` pixels."""
        return self.window((0.0, 0.0, self.width, self.height), height=height, width=width)


def looking(
    position: tuple[float, float, float],
    *,
    yaw: float,
    pitch: float,
    fov: float,
    height: int,
    width: int,
    roll: float = 0.0,
) -> Lens:
    """A camera at `position` with square pixels that looks along `yaw` and `pitch`.

    Angles are in radians: `yaw` on the ground from east towards north, `pitch` below the horizon,
    `roll` clockwise about the way it looks, `fov` from the picture's upper to its lower edge.

    >>> lens = looking((0.0, 0.0, 3.0), yaw=0.0, pitch=0.0, fov=1.0, height=100, width=200)
    >>> lens.project(np.array([[5.0, 0.0, 3.0]]))
    (array([[100.,  50.]]), array([5.]))
    """
    east, north = math.cos(yaw), math.sin(yaw)
    level, below = math.cos(pitch), math.sin(pitch)
    forward = np.array([level * east, level * north, -below])
    right = np.array([north, -east, 0.0])
    down = np.cross(forward, right)
    turned = math.cos(roll) * right + math.sin(roll) * down
    down = math.cos(roll) * down - math.sin(roll) * right
    focal = height / 2 / math.tan(fov / 2)
    return Lens(
        position=np.array(position, dtype=np.float64),
        rotation=np.stack([turned, down, forward]),
        focal=(focal, focal),
        centre=(width / 2, height / 2),
        width=width,
        height=height,
    )
