from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from tacan.datasets import load_dataset, read_mars_tables
from tacan.errors import DatasetLayoutError

from .conftest import MARS_QUERIES, MARS_TEST


def write_table(root: Path, rows: object) -> None:
    savemat(root / "info" / "tracks_test_info.mat", {"track_test_info": np.array(rows)})


def write_queries(root: Path, rows: list[int], dtype: type = np.uint16) -> None:
    queries = np.array([rows], dtype=dtype)
    savemat(root / "info" / "query_IDX.mat", {"query_IDX": queries})


def test_tables_without_names_or_images(mars_root: Path, tmp_path: Path) -> None:
    alone = tmp_path / "tables"
    alone.mkdir()
    for path in (mars_root / "info").glob("*.mat"):
        path.rename(alone / path.name)
    table = read_mars_tables(alone)
    assert len(table) == len(MARS_TEST)
    assert table.lengths.tolist() == [length for _, length in MARS_TEST]
    assert table.pids.tolist() == [-1, 0, 0, 2, 2, 4]
    assert table.camids.tolist() == [1, 1, 3, 1, 2, 5]
    assert (np.flatnonzero(table.is_query) + 1).tolist() == MARS_QUERIES
    assert table.is_gallery.all()
    assert table.starts[0] == 0
    assert {table.pids.dtype, table.camids.dtype, table.lengths.dtype} == {np.dtype(np.int64)}
    train = read_mars_tables(alone, "train")
    assert not train.is_query.any()
    assert not train.is_gallery.any()


def test_info_and_its_parent_are_the_same(mars_root: Path) -> None:
    one, other = read_mars_tables(mars_root), read_mars_tables(mars_root / "info")
    np.testing.assert_array_equal(one.pids, other.pids)
    np.testing.assert_array_equal(one.is_query, other.is_query)


def test_query_rows_of_an_unsigned_type_are_widened(mars_root: Path) -> None:
    write_queries(mars_root, [0])
    with pytest.raises(DatasetLayoutError, match="rows 0 to 0 for 6 tracklets"):
        read_mars_tables(mars_root)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([4, 7], "rows 4 to 7 for 6"),
        ([4, 4], "a row twice"),
        ([1, 4], "junk or a distractor"),
        ([2], "junk or a distractor"),
        ([], "none"),
    ],
)
def test_queries_that_cannot_be(mars_root: Path, rows: list[int], said: str) -> None:
    write_queries(mars_root, rows)
    with pytest.raises(DatasetLayoutError, match=said):
        read_mars_tables(mars_root)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[0, 4, 1, 1]], "a first frame below 1 .* row 1"),
        ([[1, 4, 1, 1], [9, 8, 1, 1]], "a last frame before the first in row 2"),
        ([[1, 4, 1, 1], [4, 8, 1, 1]], "overlap or go backwards in row 2"),
        ([[5, 8, 1, 1], [1, 4, 1, 1]], "overlap or go backwards in row 2"),
        ([[1, 4, -2, 1]], "a pid below -1 in row 1"),
        ([[1, 4, 1, 0]], "a camera below 1 in row 1"),
        ([[1, 4, 1]], "columns first, last, pid and camera"),
        ([[1.5, 4, 1, 1]], "whole numbers"),
        ([[1.0, np.nan, 1, 1]], "whole numbers"),
        ([["a", "b", "c", "d"]], "whole numbers"),
    ],
)
def test_tables_that_cannot_be(mars_root: Path, rows: object, said: str) -> None:
    write_table(mars_root, rows)
    write_queries(mars_root, [1])
    with pytest.raises(DatasetLayoutError, match=said):
        read_mars_tables(mars_root)


def test_files_that_cannot_be(mars_root: Path) -> None:
    path = mars_root / "info" / "tracks_test_info.mat"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DatasetLayoutError, match=r"whole \.mat files"):
        read_mars_tables(mars_root)
    savemat(path, {"tracks": np.ones((2, 4))})
    with pytest.raises(DatasetLayoutError, match=r"'track_test_info'.*got tracks"):
        read_mars_tables(mars_root)
    path.unlink()
    with pytest.raises(DatasetLayoutError, match="tracks_test_info"):
        read_mars_tables(mars_root)
    with pytest.raises(DatasetLayoutError, match="splits test, train"):
        read_mars_tables(mars_root, "val")


@pytest.mark.data
def test_the_official_tables(shared_data: Path) -> None:
    root = shared_data / "mars_protocol"
    train, test = read_mars_tables(root, "train"), read_mars_tables(root)
    assert (len(train), len(test), int(test.is_query.sum())) == (8298, 12180, 1980)
    assert ((test.pids == -1).sum(), (test.pids == 0).sum()) == (870, 3248)
    assert (train.lengths.sum(), train.lengths.min(), train.lengths.max()) == (509_914, 5, 900)
    assert (test.lengths.sum(), test.lengths.min(), test.lengths.max()) == (681_089, 2, 920)
    assert len(np.unique(train.pids)) == 625
    assert len(np.unique(test.pids[test.pids > 0])) == 634
    queries = set(zip(test.pids[test.is_query], test.camids[test.is_query], strict=True))
    assert len(queries) == 1980
    assert len({pid for pid, _ in queries}) == 626
    kept = test.lengths[test.pids != -1]
    assert int((-(-kept // 4)).sum()) == 168_487
    assert int((kept < 4).sum()) == 3
    assert max(-(-kept // 4)) == 230
    per_id = np.unique(train.pids, return_counts=True)[1]
    assert int((per_id < 4).sum()) == 45
    with pytest.raises(DatasetLayoutError, match="bbox_train"):
        load_dataset("mars", root)
