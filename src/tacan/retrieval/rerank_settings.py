"""The numbers of k-reciprocal re-ranking, apart from its code, which is slow to import."""

from __future__ import annotations

from dataclasses import dataclass

from tacan.errors import ConfigError

__all__ = ["Reranking"]


@dataclass(frozen=True, slots=True)
class Reranking:
    """The three numbers of the method, with its authors' defaults.

    k1 is the number of neighbours that must agree, k2 how many of them are averaged over (at
    most k1), and `weight` the part of the plain distance in the result, from 0 to 1.

    Raises `ConfigError` that lists all that is out of range.
    """

    k1: int = 20
    k2: int = 6
    weight: float = 0.3

    def __post_init__(self) -> None:
        faults = []
        if self.k1 < 1:
            faults.append(f"k1 must be at least 1; got {self.k1}")
        if not 1 <= self.k2 <= max(self.k1, 1):
            faults.append(f"k2 must be from 1 to k1 = {self.k1}; got {self.k2}")
        if not 0 <= self.weight <= 1:
            faults.append(f"the weight must be from 0 to 1; got {self.weight}")
        if faults:
            raise ConfigError(faults, source="the re-ranking")
