"""Generated data sets, read by the readers that real ones are read by."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat

from tacan.datasets import load_dataset
from tacan.errors import ConfigError
from tacan.synthetic import LAYOUTS, read_visibility
from tacan.synthetic.layouts import find_layout
from tacan.synthetic.layouts.mars_layout import _query_table, _track_table
from tacan.synthetic.tracklets.dataset_plan import Part


def part(pid, *, camid=1, number=1, n_frames=3, split="test"):
    return Part(split, pid, camid, number, n_frames, "identity", 0)


@pytest.mark.parametrize(
    ("layout", "pid", "name", "file"),
    [
        ("mars", 7, "0007C2T0003", "bbox_test/0007/0007C2T0003F012.jpg"),
        ("mars", 0, "0000C2T0003", "bbox_test/0000/0000C2T0003F012.jpg"),
        ("mars", -1, "00-1C2T0003", "bbox_test/00-1/00-1C2T0003F012.jpg"),
        ("folder", 7, "7C2T3", "7/7C2T3F012.jpg"),
        ("folder", -1, "-1C2T3", "-1/-1C2T3F012.jpg"),
    ],
)
def test_names(layout, pid, name, file):
    one = part(pid, camid=2, number=3)
    assert LAYOUTS[layout].tracklet_id(one) == name
    assert LAYOUTS[layout].crop_name(one, 12) == file


def test_training_crops_of_mars_lie_apart():
    assert LAYOUTS["mars"].crop_name(part(7, split="train"), 1).startswith("bbox_train/0007/")


def test_the_track_table_is_one_based_and_inclusive():
    table = _track_table([part(-1, n_frames=4), part(2, camid=5, n_frames=1), part(3, n_frames=2)])
    assert table.tolist() == [[1, 4, -1, 1], [5, 5, 2, 5], [6, 7, 3, 1]]
    assert _track_table([]).shape == (0, 4)


def test_one_query_for_each_identity_and_camera():
    test = [part(-1), part(0), part(2), part(2, number=2), part(2, camid=3), part(5)]
    table = _query_table(test)
    assert table.dtype == np.uint16
    assert table.tolist() == [[3, 5, 6]]


def test_too_many_tracklets_for_uint16():
    test = [part(1, number=i) for i in range(66_000)] + [part(2)]
    assert _query_table(test).tolist() == [[1, 66_001]]


def test_the_tables_of_mars_have_the_types_of_the_original(small_mars):
    info = small_mars.root / "info"
    for split in ("train", "test"):
        table = loadmat(info / f"tracks_{split}_info.mat")[f"track_{split}_info"]
        names = (info / f"{split}_name.txt").read_text().split()
        assert table.dtype == np.int32
        assert table[-1, 1] == len(names) == small_mars.counts[split]["frames"]
        assert (small_mars.root / f"bbox_{split}" / names[0][:4] / names[0]).is_file()
    query = loadmat(info / "query_IDX.mat")["query_IDX"]
    assert query.dtype == np.uint16
    assert query.shape[0] == 1


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_mars_reader_finds_what_was_generated(small_mars, split):
    read = load_dataset("mars", small_mars.root, split)
    seen = read_visibility(small_mars.root)
    counts = small_mars.counts[split]
    assert len(read) == counts["tracklets"]
    assert read.n_frames == counts["frames"]
    assert len(read.pids) == counts["identities"]
    assert sum(t.is_distractor for t in read) == counts["distractors"]
    assert sum(t.is_junk for t in read) == counts["junk"]
    assert all(len(seen[t.tracklet_id]) == len(t) for t in read)
    assert all(t.path(i).is_file() for t in read for i in range(len(t)))


def test_each_identity_is_queried_once_in_each_camera(small_mars):
    read = load_dataset("mars", small_mars.root, "test")
    queries = Counter(
        (t.pid, t.camid) for t, query in zip(read, read.is_query, strict=True) if query
    )
    assert set(queries.values()) == {1}
    assert set(queries) == {(t.pid, t.camid) for t in read if t.pid > 0}


def test_the_folder_reader_finds_what_was_generated(small_folder):
    read = load_dataset("folder", small_folder.root, "all")
    seen = read_visibility(small_folder.root)
    assert {t.tracklet_id: len(t) for t in read} == {name: len(row) for name, row in seen.items()}
    assert {t.pid for t in read} == {-1, 0, 1, 2, 3, 4, 5, 6}


def test_crops_are_jpegs_of_the_size_asked_for(small_mars):
    for path in list(small_mars.root.rglob("*.jpg"))[:40]:
        with Image.open(path) as crop:
            assert crop.format == "JPEG"
            assert crop.size == (16, 32)


def test_a_layout_refuses_what_its_names_have_no_room_for():
    with pytest.raises(ConfigError, match="9 cameras") as caught:
        LAYOUTS["mars"].check([part(10_000, camid=10)])
    assert len(caught.value.faults) == 2
    LAYOUTS["folder"].check([part(10_000, camid=10)])
    LAYOUTS["mars"].check([])


def test_an_unknown_layout_is_told_the_known():
    with pytest.raises(ConfigError, match="mars, ilids-vid, prid2011, duke-video, folder"):
        find_layout("market")
