"""What grounds and walls look like close by: cells such as bricks, slabs and windows, and stains.

Every surface is the same few ingredients in other amounts: a grid of cells with joints between,
cells of a second colour, panes set into cells, and noise of three sizes. `Texture` names the
amounts; `albedo` is compiled and evaluates one point.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import numpy as np
from numba import njit

from tacan.synthetic.rendering.compiled import LEAN

__all__ = ["Texture", "albedo", "smooth_noise"]


RGB = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Texture:
    """One kind of surface. Colours are linear, lengths in metres.

    Attributes
    ----------
    base, second, joint_colour
        Colours of the cells, of the other cells and panes, and of the joints.
    across, up
        Size of a cell.
    bond
        Share of a cell by which each row is shifted against the one below.
    joint
        Breadth of the joints.
    variation
        How much cells differ in brightness.
    second_share
        Share of the cells that have the second colour; 2 makes a chequerboard.
    pane
        Share of a cell's breadth and height that a pane of the second colour takes; 0 for none.
    cross
        Breadth of two diagonal joints in each cell; 0 for none.
    fine, middle, coarse
        Strength of grain of 2 cm, of blotches of 25 cm, and of stains of 2 m.
    glow
        Share of the panes that shine, as lit windows and lamps do.
    seed
        Which of all such surfaces.
    """

    base: RGB
    second: RGB = (0.1, 0.1, 0.1)
    joint_colour: RGB = (0.1, 0.1, 0.1)
    across: float = 1.0
    up: float = 1.0
    bond: float = 0.0
    joint: float = 0.0
    variation: float = 0.1
    second_share: float = 0.0
    pane: float = 0.0
    cross: float = 0.0
    fine: float = 0.1
    middle: float = 0.08
    coarse: float = 0.12
    glow: float = 0.0
    seed: float = 0.0

    def row(self) -> np.ndarray:
        """The numbers that `albedo` reads, float64 [22]."""
        flat: list[float] = []
        for value in astuple(self):
            flat.extend(value if isinstance(value, tuple) else (value,))
        return np.array(flat)


@njit(**LEAN)
def _hash(x: int, y: int, seed: int) -> float:
    """A number from 0 to 1 for a cell of a grid."""
    h = (x * 374761393 + y * 668265263 + seed * 2147483647 + 1013904223) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 2246822519) & 0xFFFFFFFF
    return ((h ^ (h >> 15)) & 0xFFFFFF) / 16777215.0


@njit(**LEAN)
def smooth_noise(x: float, y: float, seed: int) -> float:
    """Value noise from -1 to 1 with one knot for each unit."""
    ix, iy = math.floor(x), math.floor(y)
    fx, fy = x - ix, y - iy
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    i, j = int(ix), int(iy)
    low = _hash(i, j, seed) * (1 - fx) + _hash(i + 1, j, seed) * fx
    high = _hash(i, j + 1, seed) * (1 - fx) + _hash(i + 1, j + 1, seed) * fx
    return 2 * (low * (1 - fy) + high * fy) - 1


@njit(**LEAN)
def _line(distance: float, breadth: float, footprint: float) -> float:
    """How much of a pixel `footprint` metres wide a line takes whose middle is so far off."""
    reach = 0.5 * (breadth + footprint)
    if breadth <= 0 or distance > reach:
        return 0.0
    return min(1.0, breadth / max(footprint, 1e-6)) * min(1.0, (reach - distance) / footprint + 0.2)


@njit(**LEAN)
def albedo(u: float, v: float, footprint: float, t: np.ndarray, out: np.ndarray) -> None:
    """Writes the colour at (u, v) metres on the texture row `t` to `out` [3].

    `footprint` is the size of a pixel there, in metres: what is finer is averaged away.
    """
    across, up, bond, joint = t[9], t[10], t[11], t[12]
    seed = int(t[21])
    j = math.floor(v / up)
    shifted = u / across + bond * j
    i = math.floor(shifted)
    fu, fv = shifted - i, v / up - j
    kept = min(1.0, 0.6 * min(across, up) / footprint)
    chance = _hash(int(i), int(j), seed)
    other = (int(i) + int(j)) % 2 == 0 if t[14] >= 2 else chance < t[14]
    start = 3 if other and t[14] > 0 else 0
    shade = 1 + kept * t[13] * (2 * _hash(int(i), int(j), seed + 1) - 1)
    margin = 0.5 * (1 - t[15])
    pane = t[15] > 0 and margin < fu < 1 - margin and margin < fv < 1 - 0.7 * margin
    if pane:
        start = 3
        shade = 0.5 + 0.9 * _hash(int(i), int(j), seed + 2) + 0.35 * (fv - 0.5)
        if _hash(int(i), int(j), seed + 3) < t[20]:
            shade = 6.0
    distance = min(min(fu, 1 - fu) * across, min(fv, 1 - fv) * up)
    line = _line(distance, joint, footprint)
    if t[16] > 0:
        diagonal = min(abs(fu - fv), abs(fu + fv - 1)) * 0.7 * min(across, up)
        line = max(line, _line(diagonal, t[16], footprint))
    grain = 1 + t[19] * smooth_noise(0.4 * u + 0.3 * v, 0.4 * v - 0.3 * u, seed + 4)
    if footprint < 0.5:
        grain += 0.7 * t[18] * smooth_noise(3.8 * u + 1.2 * v, 3.8 * v - 1.2 * u, seed + 5)
        grain += 0.5 * t[18] * smooth_noise(7 * u - 6 * v, 7 * v + 6 * u, seed + 7)
    if footprint < 0.1:
        grain += t[17] * smooth_noise(45 * u, 45 * v, seed + 6) * min(1.0, 0.02 / footprint)
    shade = shade * max(grain, 0.15)
    for k in range(3):
        out[k] = max(0.0, shade * ((1 - line) * t[start + k]) + line * t[6 + k] * grain)
