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

__all__ = ["Backdrop", "cut", "paint_backdrop", "sunlit"]

_FAR = 1e6


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


@njit(cache=True)
def _sunlit(x: float, y: float, shade: np.ndarray) -> float:
    if shade[0] <= 0:
        return 1.0
    seed = int(shade[4])
    cover = smooth_noise(x / shade[1], y / shade[1], seed)
    cover += 0.35 * smooth_noise(3.1 * x / shade[1], 3.1 * y / shade[1], seed + 1)
    return 1 - shade[0] * min(max((cover - shade[2]) * shade[3] + 0.5, 0.0), 1.0)


@njit(cache=True)
def _paint(
    position, rotation, inner, textures, strips, walls, ceiling, shade, light, colour, ground
):
    rows, columns = ground.shape
    found = np.empty(3)
    for y in range(rows):
        for x in range(columns):
            for part in range(2):
                across = (x + 0.25 + 0.5 * part - inner[2]) / inner[0]
                down = (y + 0.25 + 0.5 * part - inner[3]) / inner[1]
                ray = across * rotation[0] + down * rotation[1] + rotation[2]
                flat = _look(
                    position, ray, inner, textures, strips, walls, ceiling, shade, light, found
                )
                for k in range(3):
                    colour[y, x, k] += 0.5 * found[k]
                if part == 1:
                    ground[y, x] = flat


@njit(cache=True)
def _look(position, ray, inner, textures, strips, walls, ceiling, shade, light, out):
    """Writes the light along one ray to `out` [3]; returns 1.0 where it meets the ground."""
    depth, wall, u = _nearest_wall(position, ray, walls)
    n_strips = len(strips)
    if ray[2] < 0 and -position[2] / ray[2] < depth:
        depth = -position[2] / ray[2]
        gx, gy = position[0] + depth * ray[0], position[1] + depth * ray[1]
        slant = max(-ray[2] / math.sqrt(ray[0] ** 2 + ray[1] ** 2 + ray[2] ** 2), 0.05)
        albedo(gx, gy, depth / inner[0] / math.sqrt(slant), textures[_strip(gx, gy, strips)], out)
        lit = _sunlit(gx, gy, shade) * light[0, 2]
        for k in range(3):
            out[k] *= light[1, k] * lit + light[2, k]
        return 1.0
    if ceiling > 0 and ray[2] > 0 and (ceiling - position[2]) / ray[2] < depth:
        depth = (ceiling - position[2]) / ray[2]
        px, py = position[0] + depth * ray[0], position[1] + depth * ray[1]
        albedo(px, py, depth / inner[0], textures[-1], out)
        for k in range(3):
            out[k] *= 0.5 * light[1, k] + light[3, k] + 0.2 * light[2, k]
        return 0.0
    if wall >= 0:
        height = position[2] + depth * ray[2]
        albedo(u, height, depth / inner[0], textures[1 + n_strips + wall], out)
        wx, wy = walls[wall, 2] - walls[wall, 0], walls[wall, 3] - walls[wall, 1]
        facing = (-wy * light[0, 0] + wx * light[0, 1]) / math.hypot(wx, wy)
        corner = 0.6 + 0.4 * min(1.0, height / 1.2)
        for k in range(3):
            around = 0.5 * (light[2, k] + light[3, k])
            out[k] *= light[1, k] * max(0.0, facing) + around * corner
        return 0.0
    rise = ray[2] / math.sqrt(ray[0] ** 2 + ray[1] ** 2 + ray[2] ** 2)
    for k in range(3):
        out[k] = light[2, k] * (1.6 - 0.7 * min(max(rise, 0.0) * 2, 1.0)) + 0.1 * light[1, k]
    return 0.0


@njit(cache=True)
def _nearest_wall(position, ray, walls):
    """Depth of the nearest wall that faces the camera, its row (-1: none), metres along it."""
    depth, found, along = _FAR, -1, 0.0
    for i in range(len(walls)):
        wx, wy = walls[i, 2] - walls[i, 0], walls[i, 3] - walls[i, 1]
        length = math.hypot(wx, wy)
        nx, ny = -wy / length, wx / length
        towards = nx * ray[0] + ny * ray[1]
        if towards > -1e-9:
            continue
        at = (nx * (walls[i, 0] - position[0]) + ny * (walls[i, 1] - position[1])) / towards
        if at <= 0.05 or at >= depth:
            continue
        height = position[2] + at * ray[2]
        if height < walls[i, 4] or height > walls[i, 5]:
            continue
        px = position[0] + at * ray[0] - walls[i, 0]
        py = position[1] + at * ray[1] - walls[i, 1]
        u = (px * wx + py * wy) / length
        if 0 <= u <= length:
            depth, found, along = at, i, u
    return depth, found, along


@njit(cache=True)
def _strip(x, y, strips):
    """The texture of the ground at (x, y): the last strip that holds it, or the ground's own."""
    texture = 0
    for i in range(len(strips)):
        cos, sin = math.cos(strips[i, 0]), math.sin(strips[i, 0])
        across = x * cos + y * sin
        if strips[i, 1] <= across <= strips[i, 2]:
            along = y * cos - x * sin
            if strips[i, 3] <= 0 or math.floor(along / strips[i, 3]) % 2 == 0:
                texture = 1 + i
    return texture


def cut(
    layers: np.ndarray, box: tuple[float, float, float, float], *, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Resamples `box` (x1, y1, x2, y2) of a backdrop's `layers` bilinearly to height x width.

    Returns light, float32 [height, width, 3], and which pixels show the ground, bool [height,
    width]. Beyond the backdrop's edges its outermost pixels go on.
    """
    colour = np.empty((height, width, 3), dtype=np.float32)
    ground = np.empty((height, width), dtype=np.bool_)
    _resample(layers, box[0], box[1], box[2], box[3], colour, ground)
    return colour, ground


@njit(cache=True, error_model="numpy")
def _resample(layers, x1, y1, x2, y2, colour, ground):
    rows, columns, _ = layers.shape
    height, width = ground.shape
    for y in range(height):
        # Pixels' middles lie at halves.
        v = min(max(y1 + (y2 - y1) * (y + 0.5) / height - 0.5, 0.0), rows - 1.0)
        row = int(v)
        below, lower = min(row + 1, rows - 1), np.float32(v - row)
        upper = np.float32(1) - lower
        for x in range(width):
            u = min(max(x1 + (x2 - x1) * (x + 0.5) / width - 0.5, 0.0), columns - 1.0)
            column = int(u)
            beside, right = min(column + 1, columns - 1), np.float32(u - column)
            left = np.float32(1) - right
            for k in range(3):
                colour[y, x, k] = upper * (
                    left * layers[row, column, k] + right * layers[row, beside, k]
                ) + lower * (left * layers[below, column, k] + right * layers[below, beside, k])
            share = upper * (left * layers[row, column, 3] + right * layers[row, beside, 3])
            share += lower * (left * layers[below, column, 3] + right * layers[below, beside, 3])
            ground[y, x] = share > 0.5
