"""What a search of a gallery runs over: what tracklets are chosen by, and their vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tacan.gallery.columns import Columns
from tacan.gallery.store import Version
from tacan.gallery.vector_cache_files import Vectors
from tacan.retrieval.exact import ExactIndex
from tacan.retrieval.vector_index import VectorIndex

__all__ = ["SearchIndex", "align"]


@dataclass(frozen=True, slots=True, eq=False)
class SearchIndex:
    """Row i of `columns` and row i of `vectors` are one tracklet; `version` is that of the store
    which the vectors were read from."""

    version: Version
    columns: Columns
    vectors: VectorIndex


def align(columns: Columns, vectors: Vectors) -> SearchIndex:
    """Both restricted to the ids that both have: another process may write in between."""
    index = vectors.index
    if not np.array_equal(columns.ids, vectors.ids):
        kept = np.isin(vectors.ids, columns.ids)
        if not kept.all():
            index = ExactIndex((index.rows(np.flatnonzero(kept)),), index.squares[kept])
        columns = columns.rows(np.isin(columns.ids, vectors.ids))
    return SearchIndex(vectors.version, columns, index)
