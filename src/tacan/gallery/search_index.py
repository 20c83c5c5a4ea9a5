"""What a search over a gallery reads: the columns it is filtered by, and the vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tacan.gallery.store import Columns, Version
from tacan.retrieval.index import Vectors

__all__ = ["SearchIndex", "aligned"]


@dataclass(frozen=True, slots=True, eq=False)
class SearchIndex:
    """One version of a gallery: row i of `columns` and row i of `vectors` are one tracklet."""

    version: Version
    columns: Columns
    vectors: Vectors


def aligned(version: Version, columns: Columns, vectors: Vectors) -> SearchIndex:
    """Both restricted to the ids that both have: another process may write between two reads."""
    if not np.array_equal(columns.ids, vectors.ids):
        kept = np.isin(vectors.ids, columns.ids)
        if not kept.all():
            vectors = vectors.chosen(kept)
        columns = columns.rows(np.isin(columns.ids, vectors.ids))
    return SearchIndex(version, columns, vectors)
