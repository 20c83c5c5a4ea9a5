"""The tracklets of a gallery as one looks through them: newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tacan.gallery.columns import Columns, select_rows
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import StoredTracklet, TrackletFilter

__all__ = ["Place", "TrackletPage", "browse"]


class Place(NamedTuple):
    """Where a page ends: the start in microseconds, `UNKNOWN_TIMESTAMP` where it is not known, and
    the id of its last tracklet. It stays a place when tracklets come or go."""

    start: int
    id: int


@dataclass(frozen=True, slots=True)
class TrackletPage:
    """Some tracklets, newest first; those of unknown time come last, by falling id.

    n_chosen
        How many meet the conditions, on this page or another.
    next_place
        What the next page follows; None on the last one.
    """

    tracklets: tuple[StoredTracklet, ...]
    n_chosen: int
    next_place: Place | None


def browse(
    gallery: Gallery,
    conditions: TrackletFilter | None = None,
    *,
    only: Collection[int] | None = None,
    after: Place | None = None,
    limit: int = 60,
) -> TrackletPage:
    """The `limit` tracklets that follow the place `after`, or the first ones.

    `only` holds the ids of those that count, where not all do. Raises `GalleryError` for unknown
    cameras.
    """
    columns = gallery.index().columns
    mask = select_rows(columns, conditions or TrackletFilter())
    if only is not None:
        mask &= np.isin(columns.ids, np.fromiter(only, np.int64, len(only)))
    n_chosen = int(mask.sum())
    if after is not None:
        same = (columns.starts == after.start) & (columns.ids < after.id)
        mask &= (columns.starts < after.start) | same
    rows = _newest(columns, np.flatnonzero(mask), limit + 1)
    shown = rows[:limit]
    tracklets = gallery.store.tracklets(columns.ids[shown].tolist())
    last = None
    if len(rows) > limit:
        last = Place(int(columns.starts[shown[-1]]), int(columns.ids[shown[-1]]))
    return TrackletPage(tracklets, n_chosen, last)


def _newest(columns: Columns, rows: np.ndarray, count: int) -> np.ndarray:
    """The first `count` of `rows` by falling start, then by falling id."""
    order = np.lexsort((columns.ids[rows], columns.starts[rows]))[::-1]
    return rows[order[:count]]
