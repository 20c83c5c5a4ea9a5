"""The ranks of the right answers, by counting instead of sorting.

With d_1 <= d_2 <= ... the distances of a query's right answers, the k-th of them stands at

    r_k = k + number of wrong answers with distance <= d_k,

for at equal distance every wrong answer stands before every right one. Wrong answers are the
columns of the ranking that are of another pid. Nothing is ever sorted but the right answers, of
which there are few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.evaluation.comparison import Comparison
from tacan.evaluation.contest import Contest, SamePid
from tacan.progress import Progress, silent

__all__ = ["HitRanks", "rank_hits"]

QUERIES_AT_ONCE = 128

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class HitRanks:
    """The ranks of the right answers under one protocol, end to end.

    Query i's are `ranks[offsets[i]:offsets[i + 1]]`, ascending; `offsets` is [Q + 1].
    """

    ranks: Counts
    offsets: Counts


def rank_hits(
    contest: Contest, comparison: Comparison, *, progress: Progress = silent
) -> tuple[HitRanks, ...]:
    """Ranks the right answers of every query under each protocol of `contest`.

    Progress is in queries.
    """
    n_queries = len(contest.query_rows)
    found: list[list[Counts]] = [[] for _ in contest.protocols]
    beaten = np.empty(len(contest.column_rows), dtype=np.bool_)
    for start in range(0, n_queries, QUERIES_AT_ONCE):
        stop = min(start + QUERIES_AT_ONCE, n_queries)
        block = comparison.rough(start, stop)
        for query in range(start, stop):
            same = contest.same_pid(query)
            row = block[query - start]
            before = _wrong_before(row, query, same, contest.bounds, comparison, beaten)
            _add_ranks(found, contest, query, same, before)
        progress(stop, n_queries)
    return tuple(_end_to_end(ranks) for ranks in found)


def _wrong_before(
    row: NDArray[np.floating],
    query: int,
    same: SamePid,
    bounds: Counts,
    comparison: Comparison,
    beaten: NDArray[np.bool_],
) -> Counts:
    """[n_right, g]: the wrong answers of each group at or before each right answer."""
    right = same.columns[same.is_right]
    error = comparison.error(query)
    values = row[same.columns].astype(np.float64)
    lows = (values[same.is_right] - error).astype(row.dtype)
    highs = (values[same.is_right] + error).astype(row.dtype)
    n_groups = len(bounds) - 1
    edges = [int(edge) for edge in bounds]
    counts = np.zeros((len(right), n_groups), dtype=np.int64)
    for k in range(len(right)):
        np.less_equal(row, lows[k], out=beaten)
        for group in range(n_groups):
            counts[k, group] = np.count_nonzero(beaten[edges[group] : edges[group + 1]])
        beaten_same = beaten[same.columns]
        if beaten_same.any():
            counts[k] -= np.bincount(same.group[beaten_same], minlength=n_groups)
        if error:
            doubtful = np.flatnonzero((row <= highs[k]) & ~beaten)
            doubtful = doubtful[~np.isin(doubtful, same.columns)]
            if len(doubtful):
                limit = comparison.limit(comparison.exact(query, right[k : k + 1]))
                closer = doubtful[comparison.exact(query, doubtful) <= limit]
                groups = np.searchsorted(bounds, closer, side="right") - 1
                counts[k] += np.bincount(groups, minlength=n_groups)
    return counts


def _add_ranks(
    found: list[list[Counts]], contest: Contest, query: int, same: SamePid, before: Counts
) -> None:
    """Sums `before` over each protocol's groups, and turns counts into ranks."""
    groups_of_right = same.group[same.is_right]
    for ranks, counts_in in zip(found, contest.counts_in[:, query], strict=True):
        counts = before[counts_in[groups_of_right]][:, counts_in].sum(axis=1)
        # The counts rise with the distance, so that sorting them sorts the right answers.
        counts.sort()
        ranks.append(counts + np.arange(1, len(counts) + 1))


def _end_to_end(ranks: list[Counts]) -> HitRanks:
    offsets = np.cumsum([0, *map(len, ranks)], dtype=np.int64)
    return HitRanks(np.concatenate(ranks) if ranks else np.empty(0, np.int64), offsets)
