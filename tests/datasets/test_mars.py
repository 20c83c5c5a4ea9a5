from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from scipy.io import loadmat, savemat

from tacan.datasets import load_dataset
from tacan.datasets.mars import parse_frame_name
from tacan.errors import DatasetLayoutError

from .conftest import MARS_QUERIES, MARS_TEST, MARS_TRAIN


def edit_names(root: Path, split: str, old: str, new: str) -> None:
    path = root / "info" / f"{split}_name.txt"
    path.write_text(path.read_text().replace(old, new))


def test_test_split(mars_root: Path) -> None:
    split = load_dataset("mars", mars_root)
    assert (split.dataset, split.split) == ("mars", "test")
    assert [(t.tracklet_id, len(t)) for t in split] == MARS_TEST
    assert [t.pid for t in split] == [-1, 0, 0, 2, 2, 4]
    assert [t.camid for t in split] == [1, 1, 3, 1, 2, 5]
    assert [i + 1 for i, is_query in enumerate(split.is_query) if is_query] == MARS_QUERIES
    assert all(split.is_gallery)
    assert split.tracklets[0].is_junk
    assert split.tracklets[0].path(1) == mars_root / "bbox_test/00-1/00-1C1T0001F002.jpg"
    assert split.tracklets[1].path(0).parent.name == "0000"
    assert all(t.path(i).is_file() for t in split for i in range(len(t)))


def test_train_split(mars_root: Path) -> None:
    split = load_dataset("mars", mars_root, "train")
    assert [(t.tracklet_id, len(t)) for t in split] == MARS_TRAIN
    assert not any(split.is_query)
    assert not any(split.is_gallery)
    assert split.pids == (1, 3)


def test_names_shorter_than_the_table(mars_root: Path) -> None:
    path = mars_root / "info" / "test_name.txt"
    path.write_text("\n".join(path.read_text().split()[:-1]))
    with pytest.raises(DatasetLayoutError, match=r"frame 15 of 14 in test_name\.txt"):
        load_dataset("mars", mars_root)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0002C1T0001F003", "0004C1T0001F003"),
        ("0002C1T0001F003", "0002C2T0001F003"),
        ("0002C1T0001F001.jpg\n", ""),
        ("00-1C1T0001F001", "0000C1T0001F001"),
    ],
)
def test_names_that_contradict_the_table(mars_root: Path, old: str, new: str) -> None:
    edit_names(mars_root, "test", old, new)
    path = mars_root / "info" / "test_name.txt"
    path.write_text(path.read_text() + "0004C5T0001F003.jpg\n")
    with pytest.raises(DatasetLayoutError, match="pid and the camera of its table row"):
        load_dataset("mars", mars_root)


def test_a_name_list_that_is_no_text(mars_root: Path) -> None:
    (mars_root / "info" / "test_name.txt").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(DatasetLayoutError, match="readable text file"):
        load_dataset("mars", mars_root)


def test_a_name_list_that_never_ends(mars_root: Path) -> None:
    path = mars_root / "info" / "test_name.txt"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DatasetLayoutError, match="test_name.txt: neither a file nor a link"):
        load_dataset("mars", mars_root)


@pytest.mark.parametrize(
    ("column", "number", "said"), [(2, 10_000, "pid 10000 in"), (3, 10, "in camera 10 ")]
)
def test_more_people_or_cameras_than_names_have_digits_for(
    mars_root: Path, column: int, number: int, said: str
) -> None:
    path = mars_root / "info" / "tracks_train_info.mat"
    rows = loadmat(path)["track_train_info"]
    rows[2, column] = number
    savemat(path, {"track_train_info": rows})
    with pytest.raises(DatasetLayoutError, match=f"room for cameras 1 to 9.*{said}.*'folder'"):
        load_dataset("mars", mars_root, "train")


def test_empty_and_missing_folders(mars_root: Path) -> None:
    for crop in (mars_root / "bbox_test" / "0002").iterdir():
        crop.unlink()
    with pytest.raises(DatasetLayoutError, match=r"1 empty in .*bbox_test, such as 0002"):
        load_dataset("mars", mars_root)
    shutil.rmtree(mars_root / "bbox_test" / "0002")
    with pytest.raises(DatasetLayoutError, match="1 of 4 missing, such as 0002"):
        load_dataset("mars", mars_root)
    load_dataset("mars", mars_root, "train")


def test_wrong_layout_says_what_is_missing(mars_root: Path) -> None:
    (mars_root / "info" / "query_IDX.mat").unlink()
    with pytest.raises(DatasetLayoutError, match=r"lacks info/query_IDX\.mat"):
        load_dataset("mars", mars_root)


@pytest.mark.parametrize(
    "name", ["0001C1T0001F001.png", "001C1T0001F001.jpg", "0001C1T001F001.jpg", "x", ""]
)
def test_what_is_no_frame_name(name: str) -> None:
    assert parse_frame_name(name) is None
