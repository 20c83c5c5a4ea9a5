from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import savemat

from tacan.datasets import splits
from tacan.datasets.splits import (
    PeopleSplit,
    choose_split,
    read_ilids_splits,
    read_prid_splits,
    seeded_split,
)
from tacan.errors import DatasetLayoutError
from tacan.features.matlab import read_mat


def write_ranks(folder: Path, ranks: object) -> Path:
    path = folder / "splits.mat"
    savemat(path, {"ls_set": np.array(ranks)})
    return path


def test_ranks_count_from_one_in_the_sorted_list_and_test_comes_first(tmp_path: Path) -> None:
    path = write_ranks(tmp_path, [[3, 1, 2, 4], [4, 3, 2, 1]])
    unsorted = ["person009", "person001", "person319", "person002"]
    first, second = read_ilids_splits(path, unsorted)
    assert first == PeopleSplit(train=("person002", "person319"), test=("person001", "person009"))
    assert second == PeopleSplit(train=("person001", "person002"), test=("person009", "person319"))


def test_a_file_of_ranks_is_read_again_only_if_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []

    def counted(path: Path):
        reads.append(path)
        return read_mat(path)

    monkeypatch.setattr(splits, "read_mat", counted)
    path = write_ranks(tmp_path, [[1, 2]])
    first = read_ilids_splits(path, ["a", "b"])
    assert read_ilids_splits(path, ["c", "d"])[0].test == ("c",), "other people, the same ranks"
    assert len(reads) == 1
    write_ranks(tmp_path, [[2, 1]])
    assert read_ilids_splits(path, ["a", "b"]) != first
    assert len(reads) == 2


@pytest.mark.parametrize(
    "ranks", [[[0, 1, 2, 3]], [[1, 2, 3, 3]], [[1, 2, 3]], [[1, 2, 3, 5]], [[1, 2, 3, 4, 5]]]
)
def test_ranks_that_do_not_fit_the_people(tmp_path: Path, ranks: object) -> None:
    with pytest.raises(DatasetLayoutError, match="ranks 1 to 4 of all people once"):
        read_ilids_splits(write_ranks(tmp_path, ranks), ["a", "b", "c", "d"])


def test_rank_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "splits.mat"
    with pytest.raises(DatasetLayoutError, match="nothing there"):
        read_ilids_splits(path, ["a", "b"])
    path.write_bytes(b"MATLAB 5.0 MAT-file" + bytes(40))
    with pytest.raises(DatasetLayoutError, match="must be the published one"):
        read_ilids_splits(path, ["a", "b"])
    savemat(path, {"other": np.ones(3)})
    with pytest.raises(DatasetLayoutError, match="no variable ls_set"):
        read_ilids_splits(path, ["a", "b"])
    savemat(path, {"ls_set": np.array([["ab"]])})
    with pytest.raises(DatasetLayoutError, match="ls_set of shape"):
        read_ilids_splits(path, ["a", "b"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "3",
        '[{"train": ["a"]}]',
        '[{"train": "person", "test": ["b"]}]',
        '[{"train": [1], "test": [2]}]',
    ],
)
def test_name_files_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "splits.json"
    path.write_text(text)
    with pytest.raises(DatasetLayoutError, match="must be the published one"):
        read_prid_splits(path)


def test_a_missing_name_file(tmp_path: Path) -> None:
    with pytest.raises(DatasetLayoutError, match="No such file"):
        read_prid_splits(tmp_path / "splits.json")


def test_a_person_in_both_halves(tmp_path: Path) -> None:
    path = tmp_path / "splits.json"
    path.write_text(json.dumps([{"train": ["a", "b"], "test": ["b", "c"]}]))
    with pytest.raises(DatasetLayoutError, match="b more than once"):
        read_prid_splits(path)


@pytest.mark.parametrize("number", [-1, 1])
def test_numbers_without_a_split(tmp_path: Path, number: int) -> None:
    with pytest.raises(DatasetLayoutError, match=f"from 0 to 0; got {number}"):
        choose_split([PeopleSplit(("a",), ("b",))], number, tmp_path)


@given(st.sets(st.text(max_size=5), max_size=30), st.integers(0, 9), st.integers(0, 2**40))
def test_seeded_halves(people: set[str], number: int, seed: int) -> None:
    split = seeded_split(sorted(people), number=number, seed=seed)
    assert set(split.train) | set(split.test) == people
    assert 0 <= len(split.train) - len(split.test) <= 1
    assert split == seeded_split(sorted(people, reverse=True), number=number, seed=seed)


def test_seeded_halves_never_change() -> None:
    people = [f"person_{i:04d}" for i in range(1, 201)]
    split = seeded_split(people, number=0, seed=0)
    # Results on prid-200 can be compared only as long as this holds.
    assert split.test[:4] == ("person_0002", "person_0003", "person_0005", "person_0006")
    drawn = {seeded_split(people, number=n, seed=s).test for n in range(10) for s in range(3)}
    assert len(drawn) == 30


def test_every_person_is_tested_about_as_often() -> None:
    people = [f"person_{i:04d}" for i in range(1, 201)]
    times = dict.fromkeys(people, 0)
    for seed in range(200):
        for name in seeded_split(people, number=0, seed=seed).test:
            times[name] += 1
    # Binomial(200, 1/2): five standard deviations are 35.
    assert all(abs(count - 100) < 36 for count in times.values())


@pytest.mark.data
def test_the_published_splits_of_prid(shared_data: Path) -> None:
    splits = read_prid_splits(shared_data / "splits" / "splits_prid2011.json")
    assert len(splits) == 10
    excluded = (6, 19, 31, 52, 57, 62, 71, 94, 106, 120, 136, 138, 139, 142, 145, 158, 159)
    everyone = set(range(1, 201)) - {*excluded, 166, 183, 190, 199, 200}
    for split in splits:
        assert (len(split.train), len(split.test)) == (89, 89)
        assert {int(name[-4:]) for name in split.train + split.test} == everyone
    assert len({split.test for split in splits}) == 10
