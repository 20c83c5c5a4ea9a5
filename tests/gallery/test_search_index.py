from __future__ import annotations

import numpy as np
import pytest

from tacan.gallery.columns import Columns
from tacan.gallery.search_index import align
from tacan.gallery.store import Version
from tacan.gallery.vector_cache_files import Vectors
from tacan.retrieval.exact import ExactIndex, squared_lengths


def columns_of(ids):
    ids = np.array(ids, np.int64)
    names = [name for name in Columns.__dataclass_fields__ if name not in ("ids", "cameras")]
    return Columns(ids=ids, cameras={"door": 1}, **dict.fromkeys(names, 10 * ids))


def vectors_of(ids, cut):
    matrix = np.array(ids, np.float32)[:, None] * np.ones(3, np.float32)
    index = ExactIndex((matrix[:cut], matrix[cut:]), squared_lengths(matrix))
    return Vectors(Version(4, max(ids)), np.array(ids, np.int64), index)


@pytest.mark.parametrize(
    ("in_columns", "in_vectors"),
    [
        ([1, 2, 3, 5], [1, 2, 3, 5]),
        ([1, 2, 3, 5, 6], [1, 2, 3, 5]),  # added between the two readings
        ([1, 3, 5], [1, 2, 3, 5]),  # deleted between the two
        ([1, 3, 5, 6, 7], [1, 2, 3, 5]),  # both
        ([2, 6], [1, 2, 3, 5]),
        ([6, 7], [1, 2, 3, 5]),
    ],
)
@pytest.mark.parametrize("cut", [0, 2, 4])
def test_a_row_is_one_tracklet_whatever_was_written_in_between(in_columns, in_vectors, cut):
    index = align(columns_of(in_columns), vectors_of(in_vectors, cut))
    both = sorted(set(in_columns) & set(in_vectors))
    assert index.version == Version(4, 5)
    assert index.columns.ids.tolist() == both
    assert index.columns.source_ids.tolist() == [10 * number for number in both]
    assert len(index.vectors) == len(both)
    assert index.vectors.matrix()[:, 0].tolist() == both
    assert index.vectors.squares.tolist() == [3 * number**2 for number in both]
    query = np.zeros(3, np.float32)
    found = index.vectors.nearest(query, np.ones(len(both), bool), 2, metric="euclidean")
    assert index.columns.ids[found.indices].tolist() == both[:2]
    np.testing.assert_allclose(found.distances, np.array(both[:2]) * 3**0.5)
