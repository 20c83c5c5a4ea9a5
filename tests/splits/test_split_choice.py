from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tacan.datasets import load_dataset
from tacan.errors import ConfigError, DatasetLayoutError
from tacan.splits import SplitChoice, TrainTestSplit, parse_numbers
from tacan.splits.split_choice import NUMBERED


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0-9", tuple(range(10))),
        ("0,3,5", (0, 3, 5)),
        (" 7 , 1-2,2 ", (1, 2, 7)),
        ("4", (4,)),
        ("3-3", (3,)),
    ],
)
def test_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_numbers(text) == numbers


@pytest.mark.parametrize("text", ["", "a", "-1", "5-2", "1,,2", "0-", "1000", "0-99999999", "0.5"])
def test_what_is_no_list_of_numbers(text: str) -> None:
    with pytest.raises(ConfigError, match="numbers from 0 on"):
        parse_numbers(text)


def test_numbered_data_sets() -> None:
    assert NUMBERED == ("ilids-vid", "prid2011")
    for dataset in ("mars", "folder", "lids"):
        with pytest.raises(DatasetLayoutError, match="ilids-vid, prid2011"):
            SplitChoice(dataset=dataset, root=Path(), numbers=(0,))


def test_defaults_are_filled_in() -> None:
    published = SplitChoice(dataset="prid2011", root=Path(), numbers=(0,))
    assert (published.variant, published.split_seed) == ("prid-178", None)
    seeded = SplitChoice(dataset="prid2011", root=Path(), numbers=(0,), variant="prid-200")
    assert seeded.split_seed == 0
    assert seeded == replace(seeded, split_seed=0)
    ilids = SplitChoice(dataset="ilids-vid", root=Path(), numbers=(0,))
    assert ilids.settings() == {"dataset": "ilids-vid", "variant": None, "split_seed": None}


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"numbers": ()}, "at least one split"),
        ({"split_seed": 1}, "split_seed 1 is for the variant prid-200"),
        ({"variant": "prid-200", "splits_file": Path("mine.json")}, "mine.json is not for prid-20"),
        ({"dataset": "ilids-vid", "variant": "prid-178"}, "variant 'prid-178' is for prid2011"),
        ({"dataset": "ilids-vid", "split_seed": 1}, "split_seed 1"),
    ],
)
def test_options_without_meaning(options: dict[str, object], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        SplitChoice(**{"dataset": "prid2011", "root": Path(), "numbers": (0,)} | options)


@pytest.mark.parametrize(
    "options", [{}, {"variant": "prid-200"}, {"variant": "prid-200", "split_seed": 5}]
)
def test_halves_are_those_of_the_reader(prid: Path, options: dict[str, object]) -> None:
    choice = SplitChoice(dataset="prid2011", root=prid, numbers=(1, 4), **options)
    splits = choice.load()
    assert [split.number for split in splits] == [1, 4]
    for split in splits:
        given = {"split_number": split.number, **options}
        assert split.train == load_dataset("prid2011", prid, "train", **given)
        assert split.test == load_dataset("prid2011", prid, "test", **given)


def test_a_key_stands_for_people_and_crops_but_not_for_the_place(
    ilids: Path, tmp_path: Path
) -> None:
    choice = SplitChoice(dataset="ilids-vid", root=ilids, numbers=(0, 1))
    first, second = choice.load()
    assert first.key != second.key
    assert first.key != TrainTestSplit(0, first.test, first.train).key
    moved = replace(choice, root=tmp_path / "moved")
    shutil.copytree(ilids, moved.root)
    assert [split.key for split in moved.load()] == [first.key, second.key]
    crop = first.train.tracklets[0].path(0).relative_to(ilids)
    (moved.root / crop).unlink()
    assert moved.load()[0].key != first.key
