"""Where to draw the line: what share is found, and what share is found wrongly, at a distance.

A match is reported where distance <= threshold. Two questions are asked of a threshold t.

Pairs (verification). Of all pairs of a query and a right answer, which share has distance <= t
(the true-positive rate, TPR); of all pairs of a query and a wrong answer, which share (FPR)?

Open set (identification). A person may be absent from the gallery. Every query is therefore
asked twice: with its right answers in the gallery, and with its pid taken out of it. Without
them, the query is matched falsely if its nearest item has distance <= t: the share of those is
the false-match rate. With them, it is found if a right answer is nearest, strictly before
every wrong one, and has distance <= t: the share of those among the queries that count is the
found rate.

Junk is left out of both. A query that is a distractor is compared with known people only,
because two distractors can be the same person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation.candidates import MOST_NUMBERS, Candidates, select_candidates
from tacan.evaluation.source import Source, distance_blocks, metric_of, protocol_of
from tacan.progress import Progress, silent
from tacan.records import DISTRACTOR_PID, JUNK_PID

__all__ = [
    "FALSE_POSITIVE_RATES",
    "Histogram",
    "OpenSet",
    "PairDistances",
    "RocCurve",
    "check_rate",
    "collect_pairs",
    "histogram",
    "open_set_threshold",
    "roc_curve",
    "true_positive_rate",
]

FALSE_POSITIVE_RATES = (0.0001, 0.001, 0.01, 0.1)
"""Where a true-positive rate is reported."""

N_BINS = 100
N_CURVE = 400
"""Points of a ROC curve, at equal steps of the logarithm."""

Distances = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class PairDistances:
    """The distances of one protocol's pairs.

    positives, negatives
        Ascending, one for each pair of a query and a right or a wrong answer. The wrong ones
        take four bytes a pair, 90 MB for MARS.
    nearest_positive, nearest_negative
        [n]: for each query that is not junk, the distance of its nearest right answer (infinite
        if it has none) and of its nearest wrong one.
    """

    positives: Distances
    negatives: Distances
    nearest_positive: Distances
    nearest_negative: Distances


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """The TPR at rising FPR, [n] each, from that of a single wrong pair up to 1."""

    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How many positive and negative pairs, [n] each, lie between two of the `edges` [n + 1]."""

    edges: NDArray[np.float64]
    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OpenSet:
    """A threshold, and what it does when people can be absent from the gallery.

    `false_match_rate` is over `n_query` queries asked without their right answers, `found_rate`
    over `n_valid_query` asked with them.
    """

    threshold: float
    false_match_rate: float
    found_rate: float
    n_query: int
    n_valid_query: int


def collect_pairs(
    source: Source, protocol: str, *, metric: str | None = None, progress: Progress = silent
) -> PairDistances:
    """All distances that the rates are made of. Progress is in queries."""
    metric = metric_of(source, metric)
    candidates = select_candidates(source, [protocol_of(source, protocol)])
    n_pairs = len(candidates.query_rows) * len(candidates.column_rows)
    if n_pairs > MOST_NUMBERS:
        raise FeaturesError(
            f"a threshold is sought among {MOST_NUMBERS:,} pairs of query and gallery at most",
            got=f"{n_pairs:,}",
            remedy="Mark fewer queries: a few thousand tell as much.",
        )
    pids = source.pids[candidates.query_rows]
    distractors = source.pids[candidates.column_rows] <= DISTRACTOR_PID
    positives, negatives, nearest = [], [], []
    for start, block in distance_blocks(source, candidates, metric=metric):
        for query, row in enumerate(block, start=start):
            if pids[query] == JUNK_PID:
                continue
            of_query = _split(candidates, query, row, distractors if pids[query] == 0 else None)
            positives.append(of_query[0])
            negatives.append(of_query[1])
            nearest.append([part.min(initial=np.inf) for part in of_query])
        progress(min(start + len(block), len(pids)), len(pids))
    if not nearest or not sum(map(len, negatives)) or not sum(map(len, positives)):
        raise FeaturesError(
            "a threshold must be drawn between right and wrong pairs",
            got=f"{sum(map(len, positives)):,} right and {sum(map(len, negatives)):,} wrong",
            remedy="Check pids, camids and roles.",
        )
    return PairDistances(
        positives=np.sort(np.concatenate(positives)),
        negatives=np.sort(np.concatenate(negatives)),
        nearest_positive=np.array(nearest, dtype=negatives[0].dtype)[:, 0],
        nearest_negative=np.array(nearest, dtype=negatives[0].dtype)[:, 1],
    )


def true_positive_rate(
    pairs: PairDistances, false_positive_rates: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The largest TPR whose FPR is at most each of the given ones."""
    allowed = _allowed(false_positive_rates, len(pairs.negatives))
    beyond = np.append(pairs.negatives, np.inf)[allowed]
    return np.searchsorted(pairs.positives, beyond, side="left") / len(pairs.positives)


def roc_curve(pairs: PairDistances) -> RocCurve:
    """The curve for a logarithmic axis, with `FALSE_POSITIVE_RATES` among its points."""
    least = 1 / len(pairs.negatives)
    reported = [rate for rate in FALSE_POSITIVE_RATES if rate >= least]
    rates = np.unique(np.r_[np.geomspace(least, 1, N_CURVE), reported])
    return RocCurve(rates, true_positive_rate(pairs, rates))


def histogram(pairs: PairDistances) -> Histogram:
    """Counts in 100 bins of equal width over all distances."""
    low = float(min(pairs.positives[0], pairs.negatives[0]))
    high = float(max(pairs.positives[-1], pairs.negatives[-1]))
    edges = np.linspace(low, high if high > low else low + 1, N_BINS + 1)
    positives, _ = np.histogram(pairs.positives, edges)
    negatives, _ = np.histogram(pairs.negatives, edges)
    return Histogram(edges, positives.astype(np.int64), negatives.astype(np.int64))


def open_set_threshold(pairs: PairDistances, false_match_rate: float) -> OpenSet:
    """The largest threshold whose false-match rate is at most the given one.

    >>> pairs = PairDistances(*map(np.array, ([1.0], [2.0], [1.0, np.inf], [2.0, 3.0])))
    >>> found = open_set_threshold(pairs, 0.5)
    >>> found.threshold < 3, found.false_match_rate, found.found_rate
    (True, 0.5, 1.0)

    Raises `ConfigError` for a rate outside [0, 1).
    """
    check_rate(false_match_rate)
    nearest = np.sort(pairs.nearest_negative)
    beyond = nearest[min(int(_allowed(false_match_rate, len(nearest))), len(nearest) - 1)]
    # A neighbour in the distances' own width, so that comparing in that width can't round it up.
    threshold = np.nextafter(beyond, nearest.dtype.type(-np.inf))
    counts = np.isfinite(pairs.nearest_positive)
    is_first = pairs.nearest_positive < pairs.nearest_negative
    found = is_first & (pairs.nearest_positive <= threshold)
    return OpenSet(
        threshold=float(threshold),
        false_match_rate=float((nearest <= threshold).mean()),
        found_rate=float(found[counts].mean()),
        n_query=len(nearest),
        n_valid_query=int(counts.sum()),
    )


def check_rate(false_match_rate: float) -> None:
    """Raises `ConfigError` for a rate outside [0, 1)."""
    if not 0 <= false_match_rate < 1:
        fault = f"the false-match rate must be at least 0 and below 1; got {false_match_rate}"
        raise ConfigError([fault], source="--threshold")


def _split(
    candidates: Candidates, query: int, row: Distances, left_out: NDArray[np.bool_] | None
) -> tuple[Distances, Distances]:
    """The distances of a query's right and of its wrong answers."""
    ranked = np.repeat(candidates.counts_in[0, query], np.diff(candidates.bounds))
    positives = candidates.positives.of(query)
    positives = positives[ranked[positives]]
    if left_out is not None:
        ranked &= ~left_out
    ranked[candidates.positives.of(query)] = False
    ranked[candidates.same_camera.of(query)] = False
    return row[positives], row[ranked]


def _allowed(rate: NDArray[np.float64] | float, n: int) -> NDArray[np.int64]:
    """How many of n may be wrong; the small addition undoes the rounding of, say, 0.29 * 100."""
    return np.minimum(np.floor(np.asarray(rate) * n + 1e-9), n).astype(np.int64)
