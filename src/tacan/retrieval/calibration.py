"""How sure a match is, judged by pairs that are certainly different people.

Two tracklets that one camera saw at the same time, at different places of its picture, are two
people. How near such pairs come tells what a small distance is worth in this very gallery, with
this model, without anybody having named a face.

With n such pairs, k of them at most as far apart as a match:

- p_value = (k + 1) / (n + 1), an estimate (from above, if anything) of how often two different
  people are that near: it is never 0, since n pairs can't show that;
- expected_false_matches = p_value x the number of tracklets searched: how many other people are
  to be expected as near as this match or nearer.

The level: `sure` where expected_false_matches <= 0.05, `likely` where it is <= 0.5, else
`unsure`; `unknown` with fewer than 100 pairs. Pairs of one camera share its light and its
background, and so lie nearer than different people in two cameras do: the judgement errs on the
careful side. It knows nothing of people who dress alike on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["LIKELY", "MINIMUM_PAIRS", "SURE", "Calibration", "Certainty"]

MINIMUM_PAIRS = 100
SURE = 0.05
LIKELY = 0.5

Level = Literal["sure", "likely", "unsure", "unknown"]


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sure a match is.

    level
        In one word.
    n_pairs
        The pairs of certainly different people that it is judged by.
    n_closer
        Those that are at most as far apart as the match.
    p_value, expected_false_matches
        See the module; None where the level is `unknown`.
    """

    level: Level
    n_pairs: int
    n_closer: int
    p_value: float | None = None
    expected_false_matches: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The distances float64 [n], ascending, of pairs that are certainly different people."""

    metric: str
    distances: NDArray[np.float64]

    def certainty(self, distance: float, *, n_searched: int) -> Certainty:
        """How sure a match at this distance among `n_searched` tracklets is.

        >>> hundred = Calibration("euclidean", np.linspace(0.5, 1.5, 100))
        >>> [hundred.certainty(distance, n_searched=5).level for distance in (0.1, 1.0)]
        ['sure', 'unsure']
        """
        n = len(self.distances)
        n_closer = int(np.searchsorted(self.distances, distance, side="right"))
        if n < MINIMUM_PAIRS:
            return Certainty("unknown", n, n_closer)
        p_value = (n_closer + 1) / (n + 1)
        expected = p_value * n_searched
        level: Level = "sure" if expected <= SURE else "likely" if expected <= LIKELY else "unsure"
        return Certainty(level, n, n_closer, p_value, expected)
