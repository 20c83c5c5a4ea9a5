from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.datasets.doctor.duplicates import find_duplicates, owner
from tacan.datasets.doctor.findings import Examined


def find(root: Path, dataset: str, contents: dict[str, bytes]) -> dict[str, tuple[str, ...]]:
    """Writes files and looks for the same among them; equal lengths are given equal digests."""
    for path, data in contents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    digests = np.array([len(data) for data in contents.values()], dtype=np.uint64)
    examined = Examined()
    find_duplicates(examined, dataset, root, list(contents), digests)
    return {finding.code: finding.where for finding in examined.findings}


def test_equal_digests_are_not_enough(tmp_path: Path) -> None:
    assert find(tmp_path, "folder", {"1/a": b"xx", "1/b": b"yy", "2/c": b"z"}) == {}


def test_within_a_person_and_between_people(tmp_path: Path) -> None:
    contents = {"1/b": b"xx", "1/a": b"xx", "2/c": b"zzz", "3/d": b"zzz", "3/e": b"yy"}
    assert find(tmp_path, "folder", contents) == {
        "duplicate": ("1/a = 1/b",),
        "duplicate-people": ("2/c = 3/d",),
    }


def test_files_that_could_not_be_read_are_not_the_same(tmp_path: Path) -> None:
    assert find(tmp_path, "folder", {"1/a": b"", "1/b": b""}) == {}


def test_many_copies_are_one_place(tmp_path: Path) -> None:
    found = find(tmp_path, "folder", {f"1/{i}": b"x" for i in range(9)})
    assert found == {"duplicate": ("1/0 = 1/1 = 1/2 = 1/3 and 5 more",)}


def test_a_query_of_duke_stands_in_the_gallery(tmp_path: Path) -> None:
    contents = {
        "query/0001/0001/a": b"x",
        "gallery/0001/0002/a": b"x",
        "query/0001/0001/b": b"yy",
        "gallery/0001/0002/c": b"yy",
        "query/0002/0001/d": b"zzz",
        "train/0003/0001/d": b"zzz",
    }
    assert find(tmp_path, "duke-video", contents) == {
        "duplicate": ("gallery/0001/0002/c = query/0001/0001/b",),
        "duplicate-splits": ("query/0002/0001/d = train/0003/0001/d",),
    }


@pytest.mark.parametrize(
    ("dataset", "path", "whose"),
    [
        ("mars", "bbox_train/0001/0001C1T0001F001.jpg", ("bbox_train", "0001")),
        ("duke-video", "gallery/0001/0002/x.jpg", ("test", "0001")),
        ("duke-video", "query/0001/0002/x.jpg", ("test", "0001")),
        ("ilids-vid", "i-LIDS-VID/sequences/cam1/person001/x.png", ("", "person001")),
        ("prid2011", "prid_2011/multi_shot/cam_a/person_0200/x.png", ("", "person_0200")),
        ("prid2011", "prid_2011/multi_shot/cam_a/person_0201/x.png", ("", "cam_a/person_0201")),
        ("folder", "0001/x.jpg", ("", "0001")),
    ],
)
def test_owners(dataset: str, path: str, whose: tuple[str, str]) -> None:
    assert owner(dataset, path) == whose
