"""Who stands against whom: queries, and gallery columns shared by several protocols.

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

from tacan.evaluation.protocol import Labels, Protocol
from tacan.records import DISTRACTOR_PID

__all__ = ["Contest", "SamePid", "make_contest"]

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SamePid:
    """The columns of one query's pid: `columns` [S] ascending, the `group` of each, and whether
    each is a right answer, `is_right` [S] (another camera), or ignored."""

    columns: Rows
    group: Rows
    is_right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Contest:
    """Q queries against C columns for P protocols.

    query_rows [Q], column_rows [C]
        Row numbers of the features.
    bounds [g + 1]
        Group j is the columns `bounds[j]:bounds[j + 1]`.
    counts_in
        bool [P, Q, g]: whether, for a protocol and a query, a group is in the ranking.
    """

    protocols: tuple[Protocol, ...]
    query_rows: Rows
    column_rows: Rows
    bounds: Rows
    counts_in: NDArray[np.bool_]
    query_pids: Rows
    query_camids: Rows
    column_camids: Rows
    columns_of_pid: dict[int, Rows]

    def same_pid(self, query: int) -> SamePid:
        """The columns that are neither for nor against `query` merely by their distance."""
        columns = self.columns_of_pid.get(int(self.query_pids[query]), _NONE)
        return SamePid(
            columns=columns,
            group=np.searchsorted(self.bounds, columns, side="right") - 1,
            is_right=self.column_camids[columns] != self.query_camids[query],
        )


_NONE: Rows = np.empty(0, dtype=np.int64)


def make_contest(labels: Labels, protocols: Sequence[Protocol]) -> Contest:
    """Sorts the galleries of `protocols` into groups. Raises `FeaturesError`, see `Protocol`."""
    for protocol in protocols:
        protocol.check(labels)
    masks = np.stack([protocol.ranked(labels) for protocol in protocols])
    rows = np.flatnonzero(masks.any(axis=0))
    splits_cameras = any(protocol.own_camera == "all" for protocol in protocols)
    cameras = labels.camids if splits_cameras else np.zeros(len(labels.camids), dtype=np.int64)
    # Later keys sort first: by camera, then by membership, then by row.
    order = np.lexsort((rows, *~masks[:, rows], cameras[rows]))
    rows = rows[order]
    key = np.vstack([masks[:, rows], cameras[rows]])
    starts = np.flatnonzero(np.r_[True, (key[:, 1:] != key[:, :-1]).any(axis=0)])
    queries = np.flatnonzero(labels.is_query)
    return Contest(
        protocols=tuple(protocols),
        query_rows=queries,
        column_rows=rows,
        bounds=np.r_[starts, len(rows)].astype(np.int64),
        counts_in=_groups_that_count(protocols, masks, rows[starts], labels, queries),
        query_pids=labels.pids[queries],
        query_camids=labels.camids[queries],
        column_camids=labels.camids[rows],
        columns_of_pid=_columns_of_pid(labels.pids[rows]),
    )


def _groups_that_count(
    protocols: Sequence[Protocol],
    masks: NDArray[np.bool_],
    group_rows: Rows,
    labels: Labels,
    queries: Rows,
) -> NDArray[np.bool_]:
    other = labels.camids[group_rows][None, :] != labels.camids[queries][:, None]
    everywhere = np.ones_like(other)
    return np.stack(
        [
            (other if protocol.own_camera == "all" else everywhere) & mask[group_rows][None, :]
            for protocol, mask in zip(protocols, masks, strict=True)
        ]
    )


def _columns_of_pid(pids: Rows) -> dict[int, Rows]:
    order = np.argsort(pids, kind="stable")
    values, starts = np.unique(pids[order], return_index=True)
    parts = np.split(order, starts[1:])
    return {
        int(pid): columns
        for pid, columns in zip(values, parts, strict=True)
        if pid > DISTRACTOR_PID
    }
