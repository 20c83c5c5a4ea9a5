"""Paints what a camera sees of a place when nobody is there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from tacan.synthetic.places.fixtures import standing
from tacan.synthetic.places.ground_plans import Place
from tacan.synthetic.places.textures import albedo, smooth_noise
from tacan.synthetic.places.walls import FACING, WHICH, nearest_wall, survey, walls_about
from tacan.synthetic.rendering.compiled import KERNEL, LEAN
from tacan.synthetic.rendering.lens import Lens
from tacan.synthetic.rendering.light import Light
from tacan.synthetic.rendering.raster import draw

__all__ = ["Backdrop", "paint_backdrops", "sunlit"]

_BLOCK = 16
"""Neighbours in a line for which walls are looked up together."""
_GROUND, _CEILING, _WALL, _SKY = range(4)
"""What a ray meets."""


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


def paint_backdrops(place: Place, lens: Lens, lights: Sequence[Light]) -> list[Backdrop]:
    """The empty `place` in each of `lights`. The same for every call, and for each light alone.

    What a pixel shows is found once for all lights: that takes most of the time.
    """
    colours = np.zeros((len(lights), lens.height, lens.width, 3), dtype=np.float32)
    ground = np.zeros((lens.height, lens.width), dtype=np.float32)
    _paint(
        lens.position,
        lens.rotation,
        np.array([*lens.focal, *lens.centre]),
        *_surfaces(place),
        place.shade,
        np.array([(x.sun_direction, x.sun_colour, x.sky_colour, x.ground_colour) for x in lights]),
        colours,
        ground,
    )
    return [
        _finished(place, lens, light, colour, ground)
        for light, colour in zip(lights, colours, strict=True)
    ]


def _surfaces(place: Place) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Textures, strips and walls of a place, one a row, and how high its ceiling is (0: none)."""
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
    return np.stack([texture.row() for texture in textures]), strips, walls, ceiling


def _finished(
    place: Place, lens: Lens, light: Light, colour: np.ndarray, ground: np.ndarray
) -> Backdrop:
    """The backdrop of a painted place, with the things that stand there drawn in."""
    if place.fixtures:
        solids, materials = standing(place.fixtures)
        picture = draw(solids, materials, lens, light, backdrop=colour, ground=ground > 0.5)
        colour = picture.colour.astype(np.float32)
        ground = np.where(picture.owner < 0, ground, 0).astype(np.float32)
    luminance = colour @ np.array([0.25, 0.65, 0.10], dtype=np.float32)
    return Backdrop(np.dstack([colour, ground]), float(np.median(luminance)))


def sunlit(points: np.ndarray, place: Place) -> np.ndarray:
    """How much of the sun reaches ground points [n, 2], float64 [n], 0 to 1."""
    return np.array([_sunlit(x, y, place.shade) for x, y in points], dtype=np.float64)


@njit(**LEAN)
def _sunlit(x: float, y: float, shade: np.ndarray) -> float:
    if shade[0] <= 0:
        return 1.0
    seed = int(shade[4])
    cover = smooth_noise(x / shade[1], y / shade[1], seed)
    cover += 0.35 * smooth_noise(3.1 * x / shade[1], 3.1 * y / shade[1], seed + 1)
    return 1 - shade[0] * min(max((cover - shade[2]) * shade[3] + 0.5, 0.0), 1.0)


@njit(**KERNEL)
def _paint(
    position, rotation, inner, textures, strips, walls, ceiling, shade, lights, colours, ground
):
    rows, columns = ground.shape
    found = np.empty(3)
    bands = _bands(strips)
    table = survey(walls, position, rotation, inner, lights[:, 0])
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
                    what = _GROUND
                    share = _see_ground(position, rx, ry, rz, inner, textures, bands, shade, found)
                else:
                    which = 0 if wall < 0 else 1 + len(strips) + int(table[wall, WHICH])
                    what, share = _see_above(
                        position, rx, ry, rz, inner, textures, which, depth, u, ceiling, found
                    )
                _add_light(what, share, wall, found, table, lights, colours, y, x)
                if part == 1:
                    ground[y, x] = 1.0 if what == _GROUND else 0.0


@njit(**LEAN)
def _add_light(what, share, wall, found, table, lights, colours, y, x):
    """Adds half the light of one ray to the pixel (x, y) of each picture in `colours`."""
    for i in range(len(lights)):
        up = lights[i, 0, 2]
        facing = table[wall, FACING + i] if what == _WALL else 0.0
        for k in range(3):
            sun, sky, below = lights[i, 1, k], lights[i, 2, k], lights[i, 3, k]
            if what == _GROUND:
                level = found[k] * (sun * (share * up) + sky)
            elif what == _CEILING:
                level = found[k] * (0.5 * sun + below + 0.2 * sky)
            elif what == _WALL:
                level = found[k] * (sun * facing + 0.5 * (sky + below) * share)
            else:
                level = sky * share + 0.1 * sun
            colours[i, y, x, k] += 0.5 * level


@njit(**LEAN)
def _see_ground(position, rx, ry, rz, inner, textures, bands, shade, out):
    """Writes the ground's own colour along one ray to `out` [3]; how much of the sun is there."""
    depth = -position[2] / rz
    gx, gy = position[0] + depth * rx, position[1] + depth * ry
    slant = max(-rz / math.sqrt(rx**2 + ry**2 + rz**2), 0.05)
    albedo(gx, gy, depth / inner[0] / math.sqrt(slant), textures[_strip(gx, gy, bands)], out)
    return _sunlit(gx, gy, shade)


@njit(**LEAN)
def _see_above(position, rx, ry, rz, inner, textures, which, depth, u, ceiling, out):
    """What one ray meets: ceiling, wall or sky; and how open a wall or how bright the sky is there.

    The own colour of ceiling or wall is written to `out` [3]. `which` is the row in `textures` of
    the nearest wall (0: there is none), `u` the metres along it.
    """
    if ceiling > 0 and rz > 0 and (ceiling - position[2]) / rz < depth:
        depth = (ceiling - position[2]) / rz
        px, py = position[0] + depth * rx, position[1] + depth * ry
        albedo(px, py, depth / inner[0], textures[-1], out)
        return _CEILING, 1.0
    if which > 0:
        height = position[2] + depth * rz
        albedo(u, height, depth / inner[0], textures[which], out)
        return _WALL, 0.6 + 0.4 * min(1.0, height / 1.2)
    rise = rz / math.sqrt(rx**2 + ry**2 + rz**2)
    return _SKY, 1.6 - 0.7 * min(max(rise, 0.0) * 2, 1.0)


@njit(**KERNEL)
def _bands(strips):
    """For each strip the cosine and sine of its angle, its first and last metre, and its dash."""
    bands = np.empty((len(strips), 5))
    for i in range(len(strips)):
        bands[i, 0], bands[i, 1] = math.cos(strips[i, 0]), math.sin(strips[i, 0])
        bands[i, 2:] = strips[i, 1:]
    return bands


@njit(**LEAN)
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
