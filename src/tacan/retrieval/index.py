"""What a search runs over: what tracklets are chosen by, and their vectors, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tacan.gallery.store import Columns
from tacan.gallery.vector_files import Vectors

__all__ = ["SearchIndex", "aligned"]


@dataclass(frozen=True, slots=True, eq=False)
class SearchIndex:
    """What a search runs over: row i of `columns` and row i of `vectors` are one tracklet."""

    columns: Columns
    vectors: Vectors


def aligned(columns: Columns, vectors: Vectors) -> SearchIndex:
    """Both restricted to the ids that both have: another process may write in between."""
    if not np.array_equal(columns.ids, vectors.ids):
        kept = np.isin(vectors.ids, columns.ids)
        if kept.all():
            return SearchIndex(columns.rows(np.isin(columns.ids, vectors.ids)), vectors)
        places = np.flatnonzero(kept)
        vectors = Vectors(
            vectors.version, vectors.ids[kept], vectors.squares[kept], (vectors.rows(places),)
        )
        columns = columns.rows(np.isin(columns.ids, vectors.ids))
    return SearchIndex(columns, vectors)
