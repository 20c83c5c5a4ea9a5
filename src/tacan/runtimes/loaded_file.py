"""A network in a file, as each runtime loads it: nothing is checked or named for a use yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
    input_types: Sequence[np.dtype[Any]]
    """The type of the numbers of each input."""
    outputs: Sequence[str]
    """The names of its outputs."""
    run: Callable[[Sequence[NDArray[Any]], Sequence[int]], list[NDArray[Any]]]
    """All inputs, and the numbers of the outputs that are wanted -> those outputs. An input of
    other numbers is converted. It may be called from threads. Raises `UnfitFileError` where the
    network fails at its work."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What the file says about itself, such as the names of its classes."""
