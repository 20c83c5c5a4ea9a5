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

from tacan.evaluation.candidates import Candidates
from tacan.evaluation.counting import count_wrong_before
from tacan.progress import Progress, silent
from tacan.retrieval.comparison import Comparison

__all__ = ["HitRanks", "rank_hits"]

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class HitRanks:
    """The ranks of the right answers under one protocol, end to end.

    Query i's are `ranks[offsets[i]:offsets[i + 1]]`, ascending; `offsets` is [Q + 1].
    """

    ranks: Counts
    offsets: Counts


def rank_hits(
    candidates: Candidates, comparison: Comparison, *, progress: Progress = silent
) -> tuple[HitRanks, ...]:
    """Ranks the right answers of every query under each protocol of `candidates`.

    Progress is in queries.
    """
    before = count_wrong_before(candidates, comparison, progress=progress)
    queries = candidates.positives.queries
    groups = candidates.group_of(candidates.positives.columns)
    return tuple(_ranks(before, queries, groups, counts_in) for counts_in in candidates.counts_in)


def _ranks(
    before: Counts, queries: Counts, groups: Counts, counts_in: NDArray[np.bool_]
) -> HitRanks:
    """One protocol's ranks from the counts of wrong answers in each group."""
    takes_part = counts_in[queries, groups]
    query = queries[takes_part]
    counts = (before[takes_part] * counts_in[query]).sum(axis=1)
    # The counts rise with the distance, so that sorting them sorts the right answers.
    counts = counts[np.lexsort((counts, query))]
    offsets = np.r_[0, np.cumsum(np.bincount(query, minlength=len(counts_in)))]
    number = np.arange(1, len(counts) + 1) - np.repeat(offsets[:-1], np.diff(offsets))
    return HitRanks(counts + number, offsets)
