"""How sure a match is, judged by pairs that are certainly different people.

Two tracklets that one camera saw at the same time, at different places of its picture, are two
people. How near such pairs come tells what a small distance is worth in this very gallery, with
this model, without anybody having named a face.

With n such pairs, k of them at most as far apart as a match at distance d:

- Counted, the share of different people who are that near is (k + 1) / (n + 1): from above, and
  never 0, since n pairs can't show that.
- Fitted, from 2,000 pairs on, it goes on below the closest. With t the distance of the m-th
  closest pair, m the larger of 20 and n / 20, the share is F(d) = (m + 1) / (n + 1) (d / t)^a for
  d < t. The power is Hill's (1975): 1/a = mean log(t / d_i) over the pairs below t, and a is taken
  lower by 1.64 of its standard errors a / sqrt(m). Distances end at 0, as this tail does. Fewer
  pairs come from few people, too few to say how it goes on.
- p_value is the fitted share where that is the smaller, but never below k / (n + 1), which was
  seen, and never below a hundredth of the counted share.
- expected_false_matches = p_value x the number of tracklets searched: how many other people are
  to be expected as near as this match or nearer.

The level: `sure` where expected_false_matches <= 0.05, `likely` where it is <= 0.5, else `unsure`.

Where there are fewer than 2,000 pairs, but 8 or more, the fitted share is that of the model's
prior, if it has one: the same statistic from generated scenes, scaled down where the gallery's own
pairs lie closer (by their median, and by the closest of them). It makes nothing `sure`. Without a
prior and with fewer than 100 pairs the level is `unknown`.

Pairs of one camera share its light and its background, and so lie nearer than different people in
two cameras do: the judgement errs on the careful side. It knows nothing of people who dress alike
on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["LIKELY", "MINIMUM_PAIRS", "MINIMUM_WITH_PRIOR", "SURE", "Calibration", "Certainty"]

MINIMUM_PAIRS = 100
MINIMUM_TO_FIT = 2000
MINIMUM_WITH_PRIOR = 8
SURE = 0.05
LIKELY = 0.5

PRIOR_PAIRS = 5
"""As how many of a gallery's own pairs its model's prior counts where a share is estimated."""

BULK = 0.05, 0.25
"""Shares between which different people lie as many do, and not as the few who look alike."""

POWER = {"cosine": 4.0, "euclidean": 8.0}
"""With which power of the distance the share of different people grows up to a half in most places:
the median over generated scenes and crowds for choosing. A cosine distance is half a square."""

TAIL_PAIRS, TAIL_SHARE = 20, 0.05
STANDARD_ERRORS = 1.64
MOST_BEYOND = 100
"""How many times below the counted share the fitted one may go."""

Level = Literal["sure", "likely", "unsure", "unknown"]
Basis = Literal["counted", "fitted", "prior"]


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
    basis
        What p_value rests on: `counted` pairs, which make it a bound, or an estimate, `fitted` to
        the gallery's own pairs or, for want of them, to the `prior`'s generated people.
    """

    level: Level
    n_pairs: int
    n_closer: int
    p_value: float | None = None
    expected_false_matches: float | None = None
    basis: Basis = "counted"

    @property
    def by_prior(self) -> bool:
        """Whether p_value rests on generated people."""
        return self.basis == "prior"


@dataclass(frozen=True, eq=False)
class Calibration:
    """The distances float64 [n], ascending, of pairs that are certainly different people; and the
    prior of the model that made the vectors, if it has one."""

    metric: str
    distances: NDArray[np.float64]
    prior: Calibration | None = None

    def certainty(self, distance: float, *, n_searched: int) -> Certainty:
        """How sure a match at this distance among `n_searched` tracklets is.

        >>> hundred = Calibration("euclidean", np.linspace(0.5, 1.5, 100))
        >>> [hundred.certainty(distance, n_searched=5).level for distance in (0.1, 1.0)]
        ['sure', 'unsure']
        """
        n, n_closer = len(self.distances), self._n_closer(distance)
        counted = (n_closer + 1) / (n + 1)
        fitted = counted
        basis: Basis = "counted"
        if n >= MINIMUM_TO_FIT:
            fitted, basis = self._fitted_share(distance), "fitted"
        elif self.prior is not None and n >= MINIMUM_WITH_PRIOR:
            fitted, basis = self._drawn_together(self.prior)._fitted_share(distance), "prior"
        elif n < MINIMUM_PAIRS:
            return Certainty("unknown", n, n_closer)
        p_value = max(n_closer / (n + 1), fitted)
        if p_value >= counted:
            p_value, basis = counted, "counted"
        level = _level(p_value * n_searched)
        if basis == "prior" and level == "sure" and counted * n_searched > SURE:
            level = "likely"
        return Certainty(level, n, n_closer, p_value, p_value * n_searched, basis)

    def distance_at(self, share: float) -> float | None:
        """The distance within which this share of different people are expected; None where too
        few pairs are known to say, fewer than one of which would be that share.

        The expected share is F(d) = (k + w P(d)) / (n + w), with P that of the prior, which counts
        as much as w = 5 pairs; without a prior it is (k + 1) / (n + 1). It is the best estimate,
        and no bound as p_value is.

        Counted so is a share of 5 % or more. Below, the closest pairs say more of the few people
        who happen to look alike than of a distance, so the rest goes on as a power of it that the
        bulk gives: F(d) = 0.05 (d / q)^a for d < q, with F(q) = 0.05, F(r) = 0.25 and
        a = log 5 / log(r / q).

        Nor do pairs of people who look alike, though they be many, draw it in for everybody: F(d)
        is at most 0.5 (d / m)^4, with F(m) = 0.5, as it is in most places (with the power 8 for
        Euclidean distances, which are roots).

        >>> alike, others = np.full(100, 0.1), np.linspace(0.8, 1.2, 900)
        >>> [
        ...     round(Calibration("cosine", distances).distance_at(0.03), 3)
        ...     for distances in (others, np.r_[alike, others])
        ... ]
        [0.796, 0.484]
        """
        n = len(self.distances)
        if not n + (self.prior is not None) or (self.prior is None and 1 / (n + 1) > share):
            return None
        return max(self._tail_distance(share), self._least_distance(share))

    def _tail_distance(self, share: float) -> float:
        if share >= BULK[0]:
            return self._counted_distance(share)
        low, high = map(self._counted_distance, BULK)
        if not 0 < low < high:
            return self._counted_distance(share)
        power = np.log(BULK[1] / BULK[0]) / np.log(high / low)
        return float(low * (share / BULK[0]) ** (1 / power))

    def _least_distance(self, share: float) -> float:
        median = self._counted_distance(0.5)
        return median * (2 * min(share, 0.5)) ** (1 / POWER[self.metric])

    def _counted_distance(self, share: float) -> float:
        n = len(self.distances)
        prior = np.zeros(0) if self.prior is None else self.prior.distances
        steps = np.unique(np.concatenate([self.distances, prior]))
        closer = np.searchsorted(self.distances, steps, side="right")
        if self.prior is None:
            expected = (closer + 1) / (n + 1)
        else:
            of_prior = np.searchsorted(prior, steps, side="right") / len(prior)
            expected = (closer + PRIOR_PAIRS * of_prior) / (n + PRIOR_PAIRS)
        beyond = np.flatnonzero(expected > share)
        return float(np.nextafter(steps[beyond[0]], -np.inf) if len(beyond) else steps[-1])

    def _n_closer(self, distance: float) -> int:
        return int(np.searchsorted(self.distances, distance, side="right"))

    def _drawn_together(self, prior: Calibration) -> Calibration:
        """The prior, scaled down so that neither its median nor its closest pair of as many as
        these lies farther than theirs."""
        shares = [0.5, 1 / (len(self.distances) + 1)]
        own = np.array([np.median(self.distances), self.distances[0]])
        scale = float((own / np.quantile(prior.distances, shares)).min())
        return prior if scale >= 1 else Calibration(self.metric, scale * prior.distances)

    def _fitted_share(self, distance: float) -> float:
        """The share of different people at most this far apart: counted, or by the tail."""
        n = len(self.distances)
        counted = (self._n_closer(distance) + 1) / (n + 1)
        n_tail, threshold, power = self._tail
        if distance >= threshold:
            return counted
        fitted = (n_tail + 1) / (n + 1) * (distance / threshold) ** power
        return max(fitted, counted / MOST_BEYOND)

    @cached_property
    def _tail(self) -> tuple[int, float, float]:
        """The number m of pairs below the threshold, the threshold t, and the power a."""
        n_tail = max(TAIL_PAIRS, round(TAIL_SHARE * len(self.distances)))
        threshold = float(self.distances[min(n_tail, len(self.distances)) - 1])
        below = self.distances[: n_tail - 1]
        below = below[(below > 0) & (below < threshold)]
        if not len(below):
            return n_tail, 0.0, 0.0
        power = 1 / float(np.log(threshold / below).mean())
        return n_tail, threshold, power * max(0.0, 1 - STANDARD_ERRORS / len(below) ** 0.5)


def _level(expected_false_matches: float) -> Level:
    if expected_false_matches <= SURE:
        return "sure"
    return "likely" if expected_false_matches <= LIKELY else "unsure"
