"""Paints what a camera sees of a place when nobody is there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from tacan.synthetic.fixtures import standing
from tacan.synthetic.lens import Lens
from tacan.synthetic.light import Light
from tacan.synthetic.places import Place
from tacan.synthetic.raster import draw
from tacan.synthetic.textures import albedo, smooth_noise
from tacan.synthetic.walls import FACING, WHICH, nearest_wall, survey, walls_about

__all__ = ["Backdrop", "paint_backdrop", "sunlit"]

_JIT = {"cache": True, "error_model": "numpy"}
_BLOCK = 16
"""Neighbours in a line for which walls are looked up together."""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """An empty place as one camera sees it in one light.

    Attributes
    ----------
    layers
        Linear light in three channels, and which pixels show the ground (0 or 1) in the fourth,
        float32 [H, W, 4].
    brightness
        The middle (median) of its luminance, which the camera's exposure goes by.
    """

    layers: np.ndarray
    brightness: float


def paint_backdrop(place: Place, lens: Lens, light: Light) -> Backdrop:
    """The empty `place`. The same for every call."""
    colour = np.zeros((lens.height, lens.width, 3), dtype=np.float32)
    ground = np.zeros((lens.height, lens.width), dtype=np.float32)
    textures = [place.ground, *(strip.texture for strip in place.strips)]
    textures += [wall.texture for wall in place.walls]
    walls = np.array(
        [(*wall.start, *wall.end, wall.low, wall.high) for wall in place.walls], dtype=np.float64
    ).reshape(-1, 6)
    strips = np.array(
        [(s.angle, s.first, s.last, s.dash) for s in place.strips], dtype=np.float64
    ).reshape(-1, 4)
    ceiling = 0.0
    if place.ceiling is not None:
        ceiling = place.ceiling[0]
        textures.append(place.ceiling[1])
    _paint(
        lens.position,
        lens.rotation,
        np.array([*lens.focal, *lens.centre]),
        np.stack([texture.row() for texture in textures]),
        strips,
        walls,
        ceiling,
        place.shade,
        np.stack([light.sun_direction, light.sun_colour, light.sky_colour, light.ground_colour]),
        colour,
        ground,
    )
    if place.fixtures:
        colour, ground = _with_fixtures(place, lens, light, colour, ground)
    luminance = colour @ np.array([0.25, 0.65, 0.10], dtype=np.float32)
    return Backdrop(np.dstack([colour, ground]), float(np.median(luminance)))


def _with_fixtures(
    place: Place, lens: Lens, light: Light, colour: np.ndarray, ground: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    solids, materials = standing(place.fixtures)
    picture = draw(solids, materials, lens, light, backdrop=colour, ground=ground > 0.5)
    free = picture.owner < 0
    return picture.colour.astype(np.float32), np.where(free, ground, 0).astype(np.float32)


def sunlit(points: np.ndarray, place: Place) -> np.ndarray:
    """How much of the sun reaches ground points [n, 2], float64 [n], 0 to 1."""
    return np.array([_sunlit(x, y, place.shade) for x, y in points], dtype=np.float64)


@njit(**_JIT)
def _sunlit(x: float, y: float, shade: np.ndarray) -> float:
    if shade[0] <= 0:
        return 1.0
    seed = int(shade[4])
    cover = smooth_noise(x / shade[1], y / shade[1], seed)
    cover += 0.35 * smooth_noise(3.1 * x / shade[1], 3.1 * y / shade[1], seed + 1)
    return 1 - shade[0] * min(max((cover - shade[2]) * shade[3] + 0.5, 0.0), 1.0)


@njit(**_JIT)
def _paint(
    position, rotation, inner, textures, strips, walls, ceiling, shade, light, colour, ground
):
    rows, columns = ground.shape
    found = np.empty(3)
    bands = _bands(strips)
    table = survey(walls, position, rotation, inner, light[0])
    near = np.empty(len(table), dtype=np.int64)
    count = 0
    for y in range(rows):
        for x in range(columns):
            if x % _BLOCK == 0:
                count = walls_about(table, x, x + _BLOCK, y, near)
            for part in range(2):
                across = (x + 0.25 + 0.5 * part - inner[2]) / inner[0]
                down = (y + 0.25 + 0.5 * part - inner[3]) / inner[1]
                rx = across * rotation[0, 0] + down * rotation[1, 0] + rotation[2, 0]
                ry = across * rotation[0, 1] + down * rotation[1, 1] + rotation[2, 1]
                rz = across * rotation[0, 2] + down * rotation[1, 2] + rotation[2, 2]
                depth, wall, u = nearest_wall(table, near, count, position, rx, ry, rz)
                if rz < 0 and -position[2] / rz < depth:
                    _see_ground(position, rx, ry, rz, inner, textures, bands, shade, light, found)
                    flat = 1.0
                else:
                    _see_above(
                        position,
                        rx,
                        ry,
                        rz,
                        inner,
                        textures,
                        len(strips),
                        table,
                        depth,
                        wall,
                        u,
                        ceiling,
                        light,
                        found,
                    )
                    flat = 0.0
                for k in range(3):
                    colour[y, x, k] += 0.5 * found[k]
                if part == 1:
                    ground[y, x] = flat


@njit(**_JIT)
def _see_ground(position, rx, ry, rz, inner, textures, bands, shade, light, out):
    """Writes the light of the ground along one ray to `out` [3]."""
    depth = -position[2] / rz
    gx, gy = position[0] + depth * rx, position[1] + depth * ry
    slant = max(-rz / math.sqrt(rx**2 + ry**2 + rz**2), 0.05)
    albedo(gx, gy, depth / inner[0] / math.sqrt(slant), textures[_strip(gx, gy, bands)], out)
    lit = _sunlit(gx, gy, shade) * light[0, 2]
    for k in range(3):
        out[k] *= light[1, k] * lit + light[2, k]


@njit(**_JIT)
def _see_above(
    position, rx, ry, rz, inner, textures, n_strips, table, depth, wall, u, ceiling, light, out
):
    """Writes the light of a wall, the ceiling or the sky along one ray to `out` [3].

    `wall` is the row of the nearest wall in `table` or -1, `u` the metres along it.
    """
    if ceiling > 0 and rz > 0 and (ceiling - position[2]) / rz < depth:
        depth = (ceiling - position[2]) / rz
        px, py = position[0] + depth * rx, position[1] + depth * ry
        albedo(px, py, depth / inner[0], textures[-1], out)
        for k in range(3):
            out[k] *= 0.5 * light[1, k] + light[3, k] + 0.2 * light[2, k]
    elif wall >= 0:
        height = position[2] + depth * rz
        albedo(u, height, depth / inner[0], textures[1 + n_strips + int(table[wall, WHICH])], out)
        corner = 0.6 + 0.4 * min(1.0, height / 1.2)
        for k in range(3):
            around = 0.5 * (light[2, k] + light[3, k])
            out[k] *= light[1, k] * table[wall, FACING] + around * corner
    else:
        rise = rz / math.sqrt(rx**2 + ry**2 + rz**2)
        for k in range(3):
            out[k] = light[2, k] * (1.6 - 0.7 * min(max(rise, 0.0) * 2, 1.0)) + 0.1 * light[1, k]


@njit(**_JIT)
def _bands(strips):
    """For each strip the cosine and sine of its angle, its first and last metre, and its dash."""
    bands = np.empty((len(strips), 5))
    for i in range(len(strips)):
        bands[i, 0], bands[i, 1] = math.cos(strips[i, 0]), math.sin(strips[i, 0])
        bands[i, 2:] = strips[i, 1:]
    return bands


@njit(**_JIT)
def _strip(x, y, bands):
    """The texture of the ground at (x, y): the last strip that holds it, or the ground's own."""
    texture = 0
    for i in range(len(bands)):
        across = x * bands[i, 0] + y * bands[i, 1]
        if bands[i, 2] <= across <= bands[i, 3]:
            along = y * bands[i, 0] - x * bands[i, 1]
            if bands[i, 4] <= 0 or math.floor(along / bands[i, 4]) % 2 == 0:
                texture = 1 + i
    return texture
