"""What a search runs over: N vectors, of which some are chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Nearest", "VectorIndex"]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The row numbers [n] of the nearest vectors, nearest first, and their distances in float64."""

    indices: NDArray[np.intp]
    distances: NDArray[np.float64]


class VectorIndex(Protocol):
    """N vectors [D] by row number. `exact.ExactIndex` is the one that ships."""

    def __len__(self) -> int: ...

    def rows(self, indices: NDArray[np.intp]) -> NDArray[np.float32]:
        """The vectors [n, D] of these row numbers [n]."""
        ...

    def matrix(self) -> NDArray[np.float32]:
        """All vectors [N, D]."""
        ...

    def nearest(
        self,
        query: NDArray[np.float32],
        chosen: NDArray[np.bool_],
        count: int,
        *,
        metric: str,
    ) -> Nearest:
        """The `count` nearest vectors (fewer if fewer are chosen) to `query` [D].

        Only rows with `chosen` bool [N] are looked at. At equal distance the lower row number
        comes first.
        """
        ...
