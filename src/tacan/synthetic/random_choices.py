"""Small random choices that the makers of places, cameras and plans share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

__all__ = ["between", "one_of", "shake"]

T = TypeVar("T")


def between(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    """A number between two limits, evenly."""
    return float(rng.uniform(*limits))


def one_of(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of the choices, all alike."""
    return choices[int(rng.integers(len(choices)))]


def shake(n: int, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth random motion about 0 with standard deviation `strength`: an AR(1) walk, [n]."""
    steps = rng.normal(0, strength, n)
    for i in range(1, n):
        steps[i] = 0.8 * steps[i - 1] + 0.6 * steps[i]
    return steps
