"""What surfaces look like: colours and procedural patterns, as arrays that compiled code reads.

A pattern is evaluated in pattern coordinates (metres; x to the wearer's right, y forward, z up),
which are attached to the solid and move with it. How each is painted stands in `paint.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tacan.synthetic.rendering.solids import Solids

__all__ = [
    "NUMBERS",
    "OVERLAY",
    "OVERLAYS",
    "PATTERN",
    "PATTERNS",
    "Materials",
    "assemble",
    "linear",
    "material",
]

PATTERNS: dict[str, int] = {
    "plain": 0,
    "bands": 1,
    "stripes": 2,
    "checks": 3,
    "two-tone": 4,
    "print": 5,
    "camouflage": 6,
    "open": 7,
    "denim": 8,
    "face": 9,
    "windows": 10,
    "speckle": 11,
    "leaves": 12,
    "quilted": 13,
    "logo": 14,
}
"""Pattern numbers by name.

plain: the first colour. bands: horizontal, `scale` metres from one to the next. stripes: vertical.
checks: both. two-tone: the second colour below height `level`. print: a drawing of the second and
third colour in front (`scale` wide, about height `level`), or behind where `scale` is negative.
camouflage: blotches of three colours. open: a jacket whose front, `scale` wide, shows the second
colour. denim: paler on the thighs, darker at the seams. face: eyes, brows, mouth; second colour
hair, third lips. windows: dark panes (second colour), for cars and walls. speckle: fine dots of
the second colour. leaves: coarse light and dark. quilted: seams across, as on a down jacket.
logo: a small print on one side of the chest.
"""

PATTERN, OVERLAY, NUMBERS = 12, 13, 14
"""Columns of `Materials.packed`, after the colours."""

OVERLAYS: dict[str, int] = {"none": 0, "straps": 1, "sling": 2, "belt": 3, "tie": 4, "vest": 5}
"""What lies on top of a pattern, in the fourth colour; `overlay_at` and `overlay_width` place it.

straps: two straps of a backpack in front, at |x| = `overlay_at`. sling: one from a shoulder to
the other hip (a negative `overlay_at`: the other way round). belt: at height `overlay_at`.
tie: down the middle in front. vest: bright bands of a safety vest.
"""


@dataclass(frozen=True, slots=True)
class Materials:
    """m materials.

    Attributes
    ----------
    colours
        First, second, third and overlay colour, linear, 0 to 1, float64 [m, 4, 3].
    pattern, overlay
        Values of `PATTERNS` and `OVERLAYS`, int32 [m].
    numbers
        float64 [m, 8]: scale, level, overlay_at, overlay_width (metres), folds (how much creases
        change the brightness, 0 to 0.5), grain (the same for fine weave), gloss (0 to 1), seed
        (any number; equal seeds give equal creases and drawings).
    """

    colours: np.ndarray
    pattern: np.ndarray
    overlay: np.ndarray
    numbers: np.ndarray

    def __len__(self) -> int:
        return len(self.pattern)

    def packed(self) -> np.ndarray:
        """All in one table for compiled code, float64 [m, 22]: see PATTERN, OVERLAY, NUMBERS."""
        columns = (self.colours.reshape(-1, PATTERN), self.pattern[:, None], self.overlay[:, None])
        return np.concatenate([*columns, self.numbers], axis=1)

    @staticmethod
    def join(parts: Sequence[Materials]) -> Materials:
        """All materials of all parts in order."""
        if not parts:
            return Materials(
                np.empty((0, 4, 3)),
                np.empty(0, dtype=np.int32),
                np.empty(0, dtype=np.int32),
                np.empty((0, 8)),
            )
        return Materials(
            colours=np.concatenate([part.colours for part in parts]),
            pattern=np.concatenate([part.pattern for part in parts]),
            overlay=np.concatenate([part.overlay for part in parts]),
            numbers=np.concatenate([part.numbers for part in parts]),
        )


def material(
    *colours: Sequence[float] | np.ndarray,
    pattern: str = "plain",
    scale: float = 0.1,
    level: float = 0.0,
    overlay: str = "none",
    overlay_at: float = 0.0,
    overlay_width: float = 0.03,
    folds: float = 0.12,
    grain: float = 0.05,
    gloss: float = 0.0,
    seed: float = 0.0,
) -> Materials:
    """One material. Colours are linear; missing ones are the first again.

    >>> len(material((0.2, 0.2, 0.2), (0.8, 0.1, 0.1), pattern="bands", scale=0.06))
    1
    """
    given = [np.asarray(colour, dtype=np.float64) for colour in colours]
    given += [given[0]] * (4 - len(given))
    numbers = (scale, level, overlay_at, overlay_width, folds, grain, gloss, seed)
    return Materials(
        colours=np.stack(given)[None],
        pattern=np.array([PATTERNS[pattern]], dtype=np.int32),
        overlay=np.array([OVERLAYS[overlay]], dtype=np.int32),
        numbers=np.array([numbers], dtype=np.float64),
    )


def assemble(parts: Sequence[tuple[Solids, Materials]]) -> tuple[Solids, Materials]:
    """Several things with their own materials as one world: rows of materials are renumbered."""
    if len(parts) == 1:
        return parts[0]
    solids = Solids.join([own for own, _ in parts])
    first = np.cumsum([0, *(len(table) for _, table in parts)])[:-1]
    rows = solids.material + np.repeat(first, [len(own) for own, _ in parts])
    tables = Materials.join([table for _, table in parts])
    return replace(solids, material=rows.astype(np.int32)), tables


def linear(colour: Sequence[float] | np.ndarray) -> np.ndarray:
    """Linear light, float64, of sRGB levels of 0 to 255 (any shape).

    >>> linear((0, 255, 188)).round(2)
    array([0. , 1. , 0.5])
    """
    level = np.asarray(colour, dtype=np.float64) / 255.0
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
