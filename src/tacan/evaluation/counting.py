"""How many wrong answers stand at or before each right one.

A pass over a query's row of distances for each of its right answers: comparing and counting
10,000 numbers takes about a microsecond, and right answers are few. Where rough values leave it
open on which side of a right answer a wrong one stands, the pair is noted and settled exactly.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tacan.errors import FeaturesError
from tacan.evaluation.candidates import MOST_NUMBERS, Candidates
from tacan.progress import Progress, silent
from tacan.retrieval.comparison import Comparison

__all__ = ["count_wrong_before"]

QUERIES_AT_ONCE = 512
PAIRS_AT_ONCE = 1 << 15
ROW_IN_DOUBT = 1 / 16
"""From this share of doubtful columns on, a query's whole row is computed exactly."""

Rows = NDArray[np.int64]
Row = NDArray[np.floating]


def count_wrong_before(
    candidates: Candidates, comparison: Comparison, *, progress: Progress = silent
) -> Rows:
    """[R, g]: the wrong answers of each of g groups at or before each of R right answers.

    Right answers are those of `candidates.positives`, in its order. Progress is in queries.
    """
    n_queries = len(candidates.query_rows)
    tally = _Tally(candidates, comparison)
    for start in range(0, n_queries, QUERIES_AT_ONCE):
        stop = min(start + QUERIES_AT_ONCE, n_queries)
        for query, row in enumerate(comparison.rough(start, stop), start=start):
            tally.add(query, row)
        progress(stop, n_queries)
    tally.settle()
    return tally.before


class _Tally:
    """The counts so far, and the pairs whose order is still in doubt."""

    def __init__(self, candidates: Candidates, comparison: Comparison) -> None:
        self.candidates = candidates
        self.comparison = comparison
        edges = [int(edge) for edge in candidates.bounds]
        self.groups = [slice(*pair) for pair in pairwise(edges)]
        shape = len(candidates.positives.columns), len(self.groups)
        if shape[0] * shape[1] > MOST_NUMBERS:
            raise FeaturesError(
                f"right answers times groups of cameras must be at most {MOST_NUMBERS:,}",
                got=f"{shape[0]:,} times {shape[1]:,}",
                remedy="Mark fewer queries.",
            )
        self.before = np.zeros(shape, dtype=np.int64)
        self._beaten = np.empty(len(candidates.column_rows), dtype=np.bool_)
        self._doubts: list[tuple[int, int, Rows]] = []
        self._n_doubts = 0

    def add(self, query: int, distances: Row) -> None:
        """Counts for all right answers of `query`, given its row [C]."""
        positives = self.candidates.positives.of(query)
        if not len(positives):
            return
        values = distances[positives]
        row = self._without_own_pid(query, distances)
        first = int(self.candidates.positives.offsets[query])
        if self.comparison.error is None:
            self._count(first, row, values)
            return
        error = row.dtype.type(self.comparison.error[query])
        doubts = self._count_what_is_sure(first, row, values - error, values + error)
        if sum(len(columns) for _, columns in doubts) > ROW_IN_DOUBT * len(row):
            self._count_exactly(query, first, positives)
            return
        for k, columns in doubts:
            self._doubts.append((query, k, columns))
            self._n_doubts += len(columns)
        if self._n_doubts > PAIRS_AT_ONCE:
            self.settle()

    def settle(self) -> None:
        """Compares the doubtful pairs exactly, and counts those that stand before."""
        if not self._doubts:
            return
        queries, ks, parts = zip(*self._doubts, strict=True)
        self._doubts, self._n_doubts = [], 0
        sizes = [len(columns) for columns in parts]
        query, k, columns = np.array(queries), np.array(ks), np.concatenate(parts)
        positives = self.candidates.positives.columns[k]
        limits = self.comparison.limit(self.comparison.exact(query, positives))
        values = self.comparison.exact(np.repeat(query, sizes), columns)
        closer = values <= np.repeat(limits, sizes)
        place = (np.repeat(k, sizes)[closer], self.candidates.group_of(columns[closer]))
        np.add.at(self.before, place, 1)

    def _without_own_pid(self, query: int, distances: Row) -> Row:
        """A copy of the row in which only wrong answers can be counted."""
        row = distances.copy()
        row[self.candidates.positives.of(query)] = np.inf
        row[self.candidates.same_camera.of(query)] = np.inf
        return row

    def _count(self, first: int, row: Row, limits: Row) -> None:
        for k, limit in enumerate(limits, start=first):
            np.less_equal(row, limit, out=self._beaten)
            for group, part in enumerate(self.groups):
                self.before[k, group] = np.count_nonzero(self._beaten[part])

    def _count_what_is_sure(
        self, first: int, row: Row, lows: Row, highs: Row
    ) -> list[tuple[int, Rows]]:
        """Counts up to `lows`; returns the columns between `lows` and `highs`, if any."""
        self._count(first, row, lows)
        sure = self.before[first : first + len(lows)].sum(axis=1)
        doubts = []
        for k, high in enumerate(highs):
            np.less_equal(row, high, out=self._beaten)
            if np.count_nonzero(self._beaten) > sure[k]:
                doubts.append((first + k, np.flatnonzero(self._beaten & (row > lows[k]))))
        return doubts

    def _count_exactly(self, query: int, first: int, positives: Rows) -> None:
        exact = self.comparison.exact_row(query)
        row = self._without_own_pid(query, exact)
        self._count(first, row, self.comparison.limit(exact[positives]))
