from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tacan.datasets import load_dataset
from tacan.errors import DatasetLayoutError

from .conftest import ILIDS_PEOPLE, write_crop


def test_the_first_half_of_the_ranks_is_tested(ilids_root: Path) -> None:
    # The first row of ranks is 4, 1 | 2, 3.
    split = load_dataset("ilids-vid", ilids_root)
    assert split.split == "test-0"
    assert [(t.tracklet_id, t.pid, t.camid) for t in split] == [
        ("cam1_person001", 1, 1),
        ("cam1_person319", 319, 1),
        ("cam2_person001", 1, 2),
        ("cam2_person319", 319, 2),
    ]
    assert split.is_query == (True, True, False, False)
    assert split.is_gallery == (False, False, True, True)
    assert split.tracklets[0].frames[0] == "cam1_person001_00317.png"
    assert all(t.path(i).is_file() for t in split for i in range(len(t)))
    train = load_dataset("ilids-vid", ilids_root, "train")
    assert train.pids == (4, 10)
    assert not any(train.is_query + train.is_gallery)


def test_numbered_splits(ilids_root: Path) -> None:
    second = load_dataset("ilids-vid", ilids_root, split_number=1)
    assert (second.split, second.pids) == ("test-1", (4, 10))
    with pytest.raises(DatasetLayoutError, match="from 0 to 1; got 2"):
        load_dataset("ilids-vid", ilids_root, split_number=2)


def test_a_splits_file_elsewhere(ilids_root: Path, tmp_path: Path) -> None:
    folder = ilids_root / "train-test people splits"
    with pytest.raises(DatasetLayoutError, match=r"train_test_splits_ilidsvid\.mat: nothing"):
        shutil.move(folder, tmp_path / "elsewhere")
        load_dataset("ilids-vid", ilids_root)
    path = tmp_path / "elsewhere" / "train_test_splits_ilidsvid.mat"
    assert load_dataset("ilids-vid", ilids_root, splits_file=path).pids == (1, 319)


def test_a_person_missing_from_one_camera(ilids_root: Path) -> None:
    shutil.rmtree(ilids_root / "i-LIDS-VID/sequences/cam2/person010")
    with pytest.raises(DatasetLayoutError, match="1 by one only, such as person010"):
        load_dataset("ilids-vid", ilids_root)


def test_a_person_missing_from_both(ilids_root: Path) -> None:
    for camera in (1, 2):
        shutil.rmtree(ilids_root / f"i-LIDS-VID/sequences/cam{camera}/person010")
    with pytest.raises(DatasetLayoutError, match="ranks 1 to 3"):
        load_dataset("ilids-vid", ilids_root)


def test_a_folder_too_many(ilids_root: Path) -> None:
    for camera in (1, 2):
        write_crop(ilids_root / f"i-LIDS-VID/sequences/cam{camera}/strangers/1.png")
    with pytest.raises(DatasetLayoutError, match="ranks 1 to 5"):
        load_dataset("ilids-vid", ilids_root)


def test_a_picture_beside_the_sequences(ilids_root: Path) -> None:
    write_crop(ilids_root / "i-LIDS-VID/sequences/cam2/cam2_person001_00001.png")
    with pytest.raises(DatasetLayoutError, match=r"1 image beside these, such as .*_00001\.png"):
        load_dataset("ilids-vid", ilids_root)


def test_an_empty_folder(ilids_root: Path) -> None:
    person = ilids_root / "i-LIDS-VID/sequences/cam1" / ILIDS_PEOPLE[0]
    for crop in person.iterdir():
        crop.unlink()
    with pytest.raises(DatasetLayoutError, match=f"must hold crops; got .*{ILIDS_PEOPLE[0]}"):
        load_dataset("ilids-vid", ilids_root)
