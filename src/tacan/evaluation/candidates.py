"""Queries and the gallery items they are ranked against, shared by several protocols.

The columns of all protocols are the union of their galleries, sorted into groups: columns of a
group belong to the same protocols (and, where a protocol asks for it, to the same camera). What
a protocol needs is then a sum over whole groups, so that one pass over the distances serves all
of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.errors import FeaturesError
from tacan.evaluation.protocol import Labels, Protocol
from tacan.records import DISTRACTOR_PID

__all__ = ["Candidates", "ColumnLists", "select_candidates"]

MOST_NUMBERS = 1 << 28
"""Most numbers of one array: 2 GB of them."""

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ColumnLists:
    """Some columns for each query, end to end.

    Query i's are `columns[offsets[i]:offsets[i + 1]]`; `offsets` is [Q + 1].
    """

    columns: Rows
    offsets: Rows

    def of(self, query: int) -> Rows:
        return self.columns[self.offsets[query] : self.offsets[query + 1]]

    @property
    def queries(self) -> Rows:
        """The query that each column is for."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Q queries against C columns for P protocols.

    query_rows [Q], column_rows [C]
        Row numbers of the features.
    bounds [g + 1]
        Group j is the columns `bounds[j]:bounds[j + 1]`.
    counts_in
        bool [P, Q, g]: whether, for a protocol and a query, a group is in the ranking.
    positives, same_camera
        The columns of each query's pid: those of another camera, which are its right answers,
        and those of its own camera, which no protocol ranks.
    """

    protocols: tuple[Protocol, ...]
    query_rows: Rows
    column_rows: Rows
    bounds: Rows
    counts_in: NDArray[np.bool_]
    positives: ColumnLists
    same_camera: ColumnLists

    def group_of(self, columns: Rows) -> Rows:
        return np.searchsorted(self.bounds, columns, side="right") - 1


def select_candidates(labels: Labels, protocols: Sequence[Protocol]) -> Candidates:
    """Sorts the galleries of `protocols` into groups.

    Raises `FeaturesError` for what `Protocol` refuses, and for more pairs of a query and a gallery
    item of one person, or more cameras, than memory holds.
    """
    for protocol in protocols:
        protocol.check(labels)
    masks = np.stack([protocol.ranked(labels) for protocol in protocols])
    rows = np.flatnonzero(masks.any(axis=0))
    splits_cameras = any(protocol.same_camera == "all" for protocol in protocols)
    cameras = labels.camids if splits_cameras else np.zeros(len(labels.camids), dtype=np.int64)
    # The last key counts first: columns stand by camera, then by membership, then by row.
    order = np.lexsort((rows, *~masks[:, rows], cameras[rows]))
    rows = rows[order]
    key = np.vstack([masks[:, rows], cameras[rows]])
    starts = np.flatnonzero(np.r_[True, (key[:, 1:] != key[:, :-1]).any(axis=0)])
    queries = np.flatnonzero(labels.is_query)
    _check_sizes(len(protocols), len(queries), n_groups=len(starts))
    positives, same_camera = _same_pid(labels, queries, rows)
    return Candidates(
        protocols=tuple(protocols),
        query_rows=queries,
        column_rows=rows,
        bounds=np.r_[starts, len(rows)].astype(np.int64),
        counts_in=_groups_that_count(protocols, masks, rows[starts], labels, queries),
        positives=positives,
        same_camera=same_camera,
    )


def _check_sizes(n_protocols: int, n_queries: int, *, n_groups: int) -> None:
    if n_protocols * n_queries * n_groups > MOST_NUMBERS:
        raise FeaturesError(
            f"queries times groups of cameras must be at most {MOST_NUMBERS // n_protocols:,}",
            got=f"{n_queries:,} times {n_groups:,}",
            remedy="Mark fewer queries; is each camera one camera?",
        )


def _groups_that_count(
    protocols: Sequence[Protocol], masks: Mask, group_rows: Rows, labels: Labels, queries: Rows
) -> Mask:
    other = labels.camids[group_rows][None, :] != labels.camids[queries][:, None]
    everywhere = np.ones_like(other)
    return np.stack(
        [
            (other if protocol.same_camera == "all" else everywhere) & mask[group_rows][None, :]
            for protocol, mask in zip(protocols, masks, strict=True)
        ]
    )


def _same_pid(labels: Labels, queries: Rows, rows: Rows) -> tuple[ColumnLists, ColumnLists]:
    """The columns of each query's pid, in another camera and in its own."""
    pids = labels.pids[rows]
    order = np.argsort(pids, kind="stable")
    wanted = labels.pids[queries]
    first = np.searchsorted(pids[order], wanted, side="left")
    number = np.searchsorted(pids[order], wanted, side="right") - first
    number[wanted <= DISTRACTOR_PID] = 0
    if number.sum() > MOST_NUMBERS / 8:
        raise FeaturesError(
            f"queries and gallery may have {MOST_NUMBERS // 8:,} pairs of one person at most",
            got=f"{int(number.sum()):,}",
            remedy="Mark fewer queries; are the pids those of single people?",
        )
    query = np.repeat(np.arange(len(queries)), number)
    within = np.arange(len(query)) - np.repeat(np.cumsum(number) - number, number)
    columns = order[first[query] + within]
    is_positive = labels.camids[rows[columns]] != labels.camids[queries[query]]
    return (
        _end_to_end(columns[is_positive], query[is_positive], len(queries)),
        _end_to_end(columns[~is_positive], query[~is_positive], len(queries)),
    )


def _end_to_end(columns: Rows, query: Rows, n_queries: int) -> ColumnLists:
    number = np.bincount(query, minlength=n_queries)
    return ColumnLists(columns, np.r_[0, np.cumsum(number)])
