"""Vectors of many tracklets, as an exact search reads them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Vectors", "squared_lengths"]


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """N vectors with their ids, as few blocks of memory as they lie in.

    `blocks` are float32 [n, D] whose rows one after the other are those of `ids` int64 [N], which
    rise; `squares` float32 [N] are their squared lengths. There is at least one block.
    """

    ids: NDArray[np.int64]
    squares: NDArray[np.float32]
    blocks: tuple[NDArray[np.float32], ...]

    def __len__(self) -> int:
        return len(self.ids)

    def matrix(self) -> NDArray[np.float32]:
        """All rows as one array [N, D], without a copy where that is possible."""
        return self.blocks[0] if len(self.blocks) == 1 else np.concatenate(self.blocks)

    def rows(self, places: NDArray[np.intp]) -> NDArray[np.float32]:
        """The rows [n, D] at these places [n]."""
        found = np.empty((len(places), self.blocks[0].shape[1]), np.float32)
        first = 0
        for block in self.blocks:
            here = (places >= first) & (places < first + len(block))
            found[here] = block[places[here] - first]
            first += len(block)
        return found

    def chosen(self, mask: NDArray[np.bool_]) -> Vectors:
        """The rows where `mask` bool [N] is true, copied into one block."""
        rows = self.rows(np.flatnonzero(mask))
        return Vectors(self.ids[mask], self.squares[mask], (rows,))


def squared_lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """|x|^2 of each row of [N, D]: float32 [N]."""
    with np.errstate(over="ignore"):
        return np.einsum("nd,nd->n", vectors, vectors)
