"""YOLOX networks (Ge et al., 2021): rows of box, objectness and classes over three grids.

Their own tools export them with boxes not yet decoded, or decoded; both have one shape, and are
told apart by their values. Legend: a anchors (cells of the grids), c classes.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["STRIDES", "decode_grid", "grid_cells", "is_decoded"]

STRIDES = (8, 16, 32)


@lru_cache(maxsize=16)
def grid_cells(width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The place (column, row) [a, 2] of each anchor in its grid, and that grid's stride [a, 1]."""
    cells: list[NDArray[np.float32]] = []
    strides: list[NDArray[np.float32]] = []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([columns, rows], -1).reshape(-1, 2).astype(np.float32))
        strides.append(np.full((cells[-1].shape[0], 1), stride, np.float32))
    return np.concatenate(cells), np.concatenate(strides)


def decode_grid(
    raw: NDArray[np.float32],
    *,
    width: int,
    height: int,
    chosen: NDArray[np.int64] | slice = slice(None),
) -> NDArray[np.float32]:
    """Boxes x1, y1, x2, y2 [a, 4] in pixels of the input, of the network's rows [a, 4 + 1 + c].

    Of `chosen` rows alone, [k, 4], where some are.

    Cell (i, j) of the grid of stride s holds (x, y, w, h): the box is centred at ((x + i) s,
    (y + j) s) and measures exp(w) s by exp(h) s. The grids follow each other, row by row.
    """
    cells, strides = (each[chosen] for each in grid_cells(width, height))
    rows = raw[chosen, :4]
    centres = (rows[:, :2] + cells) * strides
    halves = np.exp(np.minimum(rows[:, 2:], 10)) * strides / 2
    return np.concatenate([centres - halves, centres + halves], axis=1).astype(np.float32)


def is_decoded(rows: NDArray[np.float32], *, width: int, height: int) -> bool:
    """Whether the rows [a, 4 + 1 + c] hold boxes in pixels already, x and y being their centres.

    A box lies about its cell. So x and y of undecoded rows are small everywhere, and those of
    decoded ones are close to the cell's own place; the smaller median decides.
    """
    cells, strides = grid_cells(width, height)
    places = rows[:, :2]
    as_raw = np.median(np.abs(places))
    as_decoded = np.median(np.abs(places / strides - cells))
    return bool(as_decoded < as_raw)
