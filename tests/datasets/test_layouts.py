from __future__ import annotations

from pathlib import Path

import pytest

from tacan.datasets.layouts import LAYOUT_MARKS, guess_layout, require_layout
from tacan.errors import DatasetLayoutError


def make(root: Path, dataset: str) -> Path:
    for mark in LAYOUT_MARKS[dataset]:
        path = root / mark
        if path.suffix:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        else:
            path.mkdir(parents=True)
    return root


@pytest.mark.parametrize("dataset", LAYOUT_MARKS)
def test_each_layout_is_recognised(tmp_path: Path, dataset: str) -> None:
    root = make(tmp_path / "data", dataset)
    assert guess_layout(root) == dataset
    require_layout(dataset, root)
    assert guess_layout(tmp_path) is None


def test_a_missing_root_says_what_was_expected_and_how_far_the_path_goes(tmp_path: Path) -> None:
    with pytest.raises(DatasetLayoutError) as caught:
        require_layout("mars", tmp_path / "gone" / "deeper")
    said = str(caught.value)
    assert "bbox_train" in said
    assert "nothing there" in said
    assert f"{tmp_path} is the part of it that exists" in said


def test_a_file_is_no_root(tmp_path: Path) -> None:
    file = tmp_path / "data.zip"
    file.touch()
    with pytest.raises(DatasetLayoutError, match="a file"):
        require_layout("folder", file)


@pytest.mark.parametrize("dataset", LAYOUT_MARKS)
@pytest.mark.parametrize("other", LAYOUT_MARKS)
def test_another_layout_is_named(tmp_path: Path, dataset: str, other: str) -> None:
    if dataset == other:
        return
    with pytest.raises(DatasetLayoutError, match=f"the layout of '{other}'") as caught:
        require_layout(dataset, make(tmp_path, other))
    assert LAYOUT_MARKS[dataset][0] in str(caught.value.got)


def test_person_folders_look_like_folder(tmp_path: Path) -> None:
    for name in ("0001", "-1", "00-1", "0", "ground_truth"):
        (tmp_path / name).mkdir()
    with pytest.raises(DatasetLayoutError, match="the layout of 'folder'"):
        require_layout("mars", tmp_path)


def test_one_level_too_high_or_too_deep(tmp_path: Path) -> None:
    root = make(tmp_path / "MARS v1", "mars")
    with pytest.raises(DatasetLayoutError) as caught:
        require_layout("mars", tmp_path)
    assert caught.value.remedy == f"Did you mean {root}?"
    with pytest.raises(DatasetLayoutError) as caught:
        require_layout("mars", root / "info")
    assert caught.value.remedy == f"Did you mean {root}?"


def test_only_what_is_missing_is_named(tmp_path: Path) -> None:
    root = make(tmp_path, "mars")
    (root / "info" / "query_IDX.mat").unlink()
    with pytest.raises(DatasetLayoutError, match=r"lacks info/query_IDX\.mat\."):
        require_layout("mars", root)


def test_what_is_there_is_named_and_the_rest_counted(tmp_path: Path) -> None:
    for name in "abcdefg":
        (tmp_path / name).touch()
    with pytest.raises(DatasetLayoutError, match=r"It holds a, b, c, d and 3 more\. Give"):
        require_layout("mars", tmp_path)


def test_an_empty_root(tmp_path: Path) -> None:
    with pytest.raises(DatasetLayoutError, match="It is empty"):
        require_layout("mars", tmp_path)


def test_a_root_that_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "lost").symlink_to("gone")
    (tmp_path / "circle").symlink_to("circle")
    for name, said in (
        ("lost", "lost: a link to nothing"),
        ("circle", "circle: Too many levels"),
        ("n" * 300, "File name too long"),
        ("a\0b", "null byte"),
    ):
        with pytest.raises(DatasetLayoutError, match=said) as caught:
            require_layout("mars", tmp_path / name)
        assert f"{tmp_path} is the part of it that exists" in str(caught.value)


def test_marks_that_cannot_be_asked_for_are_missing(tmp_path: Path) -> None:
    root = make(tmp_path, "mars")
    (root / "bbox_test").rmdir()
    (root / "bbox_test").symlink_to("bbox_test")
    with pytest.raises(DatasetLayoutError, match="lacks bbox_test"):
        require_layout("mars", root)
