"""A network in a file, as either runtime loads it: nothing is checked or named for a use yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LoadedFile", "UnfitFileError"]


class UnfitFileError(Exception):
    """A runtime can't load or run a file; the message says what it found."""


@dataclass(frozen=True)
class LoadedFile:
    """What a network takes and gives, and a function that runs it."""

    input_shapes: Sequence[Sequence[int | None]]
    """The shape of each input; None is a size left open."""
    outputs: Sequence[str]
    """The names of its outputs."""
    run: Callable[[NDArray[np.float32], int], NDArray[Any]]
    """The one input and the number of an output -> that output. It may be called from threads.
    Raises `UnfitFileError` where the network fails at its work."""
