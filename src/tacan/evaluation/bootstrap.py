"""How sure a number is: resampling the queries that count.

The intervals say what other queries of the same kind, against the same gallery, would have
given. They say nothing about another training run, another gallery or other cameras. Queries of
one person resemble each other, so that the intervals are, if anything, too narrow.

Resampling n queries that all agree gives an interval of no width, though other queries need not
agree. Rates (Rank-n) therefore have the exact interval of Clopper and Pearson (1934). And where
every query has the same value v, at least a share p = (a/2)^(1/n) of all queries has it at the
level 1 - a, so that the mean lies between p v + (1 - p) lowest and p v + (1 - p) highest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation.evaluation import Evaluation
from tacan.evaluation.source import Source
from tacan.features.features_file import Features

__all__ = [
    "Difference",
    "Interval",
    "bootstrap",
    "check_comparable",
    "check_level",
    "compare_evaluations",
    "rate_interval",
]

N_RESAMPLES = 5000
RESAMPLES_AT_ONCE = 250

MEASURES: dict[str, Callable[[Evaluation], NDArray[np.float64]]] = {
    "mAP": lambda result: result.average_precision,
    "mINP": lambda result: result.inp,
    "Rank-1": lambda result: _within(result, 1),
    "Rank-5": lambda result: _within(result, 5),
    "Rank-10": lambda result: _within(result, 10),
    "Rank-20": lambda result: _within(result, 20),
}
"""Measures that are means over the queries, as the function that gives each query's part."""


def _within(result: Evaluation, rank: int) -> NDArray[np.float64]:
    return (result.first_rank <= rank).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Interval:
    """A measure's value over `n` queries, and the bounds between which it lies with confidence
    `level`."""

    value: float
    low: float
    high: float
    level: float
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of two sources on the same queries.

    `difference` is second - first, with the bootstrap interval `low` to `high` at `level`;
    `p_value` is the two-sided probability of at least this difference if each query's two values
    could as well be exchanged.
    """

    measure: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    level: float
    p_value: float


def bootstrap(
    result: Evaluation,
    *,
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> dict[str, Interval]:
    """The interval of each measure: exact for rates, and the percentiles over resampled queries for
    means. Deterministic in `seed`."""
    parts = np.stack([part(result)[result.counts] for part in MEASURES.values()], axis=1)
    bounds = _percentiles(parts, level, n_resamples, seed)
    bounds = _with_room_for_others(bounds, parts, level, lowest=0)
    for place, name in enumerate(MEASURES):
        if name.startswith("Rank-"):
            bounds[place] = rate_interval(int(parts[:, place].sum()), len(parts), level=level)
    return {
        name: Interval(float(value), float(low), float(high), level, len(parts))
        for name, value, (low, high) in zip(MEASURES, parts.mean(axis=0), bounds, strict=True)
    }


def compare_evaluations(
    first: Evaluation,
    second: Evaluation,
    *,
    level: float = 0.95,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> tuple[Difference, ...]:
    """`second` against `first`, query by query, for each measure.

    Both must come from the same queries in the same order, see `check_comparable`.
    """
    parts = [
        np.stack([part(result)[first.counts] for part in MEASURES.values()], axis=1)
        for result in (first, second)
    ]
    differences = parts[1] - parts[0]
    bounds = _percentiles(differences, level, n_resamples, seed)
    # Where two sources differ for no query at all, 0 is said plainly.
    differ = np.asarray(differences.any(axis=0))
    wide = _with_room_for_others(bounds, differences, level, lowest=-1)
    bounds = np.where(differ[:, None], wide, bounds)
    p_values = _exchanged(differences, n_resamples, seed)
    means = zip(*(part.mean(axis=0) for part in parts), strict=True)
    return tuple(
        Difference(name, float(a), float(b), float(b - a), float(low), float(high), level, float(p))
        for name, (a, b), (low, high), p in zip(MEASURES, means, bounds, p_values, strict=True)
    )


def rate_interval(count: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """The exact interval (Clopper and Pearson) of a rate of which `count` of `n` were met.

    >>> low, high = rate_interval(17, 17)
    >>> round(low, 3), high
    (0.805, 1.0)
    """
    from scipy.special import betaincinv  # takes a tenth of a second to import

    tail = (1 - level) / 2
    low = float(betaincinv(count, n - count + 1, tail)) if count > 0 else 0.0
    high = float(betaincinv(count + 1, n - count, 1 - tail)) if count < n else 1.0
    return low, high


def check_comparable(first: Source, second: Source) -> None:
    """Raises `FeaturesError` unless both hold the same tracklets in the same order."""
    pairs: list[tuple[str, NDArray[Any], NDArray[Any]]] = [
        ("pids", first.pids, second.pids),
        ("camids", first.camids, second.camids),
        ("is_query", first.is_query, second.is_query),
        ("is_gallery", first.is_gallery, second.is_gallery),
    ]
    if isinstance(first, Features) and isinstance(second, Features):
        ids = first.tracklet_ids, second.tracklet_ids
        if ids[0] is not None and ids[1] is not None:
            pairs.append(("tracklet_ids", ids[0], ids[1]))
    for name, one, other in pairs:
        if not np.array_equal(one, other):
            raise FeaturesError(
                "two files must hold the same tracklets in the same order to be compared",
                got=f"`{name}` that differ (lengths {len(one):,} and {len(other):,})",
                remedy="Make both from the same list of tracklets.",
            )


def check_level(level: float) -> None:
    """Raises `ConfigError` for a level of confidence outside (0, 1)."""
    if not 0 < level < 1:
        fault = f"the level of confidence must be between 0 and 1; got {level}"
        raise ConfigError([fault], source="--confidence")


def _percentiles(
    parts: NDArray[np.float64], level: float, n_resamples: int, seed: int
) -> NDArray[np.float64]:
    """[measures, 2]: the percentiles of the means of `parts` [n, measures] over resamples."""
    check_level(level)
    rng = np.random.default_rng(seed)
    n = len(parts)
    means = []
    for start in range(0, n_resamples, RESAMPLES_AT_ONCE):
        size = min(RESAMPLES_AT_ONCE, n_resamples - start)
        times = rng.multinomial(n, np.full(n, 1 / n), size=size)
        means.append(times @ parts / n)
    tails = [(1 - level) / 2, (1 + level) / 2]
    return np.quantile(np.concatenate(means), tails, axis=0).T


def _with_room_for_others(
    bounds: NDArray[np.float64], parts: NDArray[np.float64], level: float, *, lowest: float
) -> NDArray[np.float64]:
    """`bounds` [measures, 2], widened where all of `parts` [n, measures] are one value; parts lie
    between `lowest` and 1."""
    share = ((1 - level) / 2) ** (1 / len(parts))
    agree = np.asarray((parts == parts[:1]).all(axis=0))
    wide = share * parts[0][:, None] + (1 - share) * np.array([lowest, 1.0])
    return np.where(agree[:, None], wide, bounds)


def _exchanged(
    differences: NDArray[np.float64], n_resamples: int, seed: int
) -> NDArray[np.float64]:
    """[measures]: two-sided p-values of the mean under random exchange of the two sources."""
    rng = np.random.default_rng(seed)
    found = np.abs(differences.sum(axis=0)) - 1e-12
    as_large = np.ones(differences.shape[1])
    for start in range(0, n_resamples, RESAMPLES_AT_ONCE):
        size = min(RESAMPLES_AT_ONCE, n_resamples - start)
        signs = 2.0 * rng.integers(0, 2, (size, len(differences))) - 1
        as_large += (np.abs(signs @ differences) >= found).sum(axis=0)
    return as_large / (n_resamples + 1)
