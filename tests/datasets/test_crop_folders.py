from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tacan.datasets.crop_folders import find_below, list_crops, list_folders, walk
from tacan.errors import DatasetLayoutError


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_folder_of_crops_is_listed(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "notes.txt", ".hidden.jpg", "inner/notes.txt"):
        touch(tmp_path / name)
    (tmp_path / "c.jpg").symlink_to("b.jpg")
    assert list_crops(tmp_path) == ["a.PNG", "b.jpg", "c.jpg"]
    with pytest.raises(DatasetLayoutError, match=r"3 images beside these, such as .*a\.PNG"):
        list_folders(tmp_path)
    assert list_folders(tmp_path / "inner") == []


def link_to_nothing(folder: Path) -> None:
    (folder / "b.jpg").symlink_to("gone.jpg")


def lost_folder(folder: Path) -> None:
    (folder / "0003").symlink_to("/gone/0003")


def circle(folder: Path) -> None:
    (folder / "b.jpg").symlink_to("b.jpg")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "b.jpg")


def device(folder: Path) -> None:
    (folder / "b.jpg").symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (link_to_nothing, r"b\.jpg \(a link to gone\.jpg: nothing is there\)"),
        (lost_folder, r"0003 \(a link to /gone/0003: nothing is there\)"),
        (circle, r"b\.jpg \(a link to b\.jpg: it leads in a circle\)"),
        (pipe, r"b\.jpg \(neither a file nor a folder\)"),
        (device, r"b\.jpg \(a link to /dev/zero: neither a file nor a folder\)"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    touch(tmp_path / "a.jpg")
    spoil(tmp_path)
    for listed in (list_crops, list_folders):
        with pytest.raises(DatasetLayoutError, match=said):
            listed(tmp_path)


def test_dead_links_that_are_no_crops_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").symlink_to("gone.txt")
    (tmp_path / ".lock").symlink_to("gone")
    os.mkfifo(tmp_path / "agent")
    assert list_crops(tmp_path) == []


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tacan.images.folder_content.os.scandir", refuse)
    with pytest.raises(DatasetLayoutError, match="must be readable; got .*Permission denied"):
        list_crops(tmp_path)


@pytest.mark.parametrize("deeper", ["day 1/b.jpg", "day 1/early/b.jpg", "day 1/early/3/b.jpg"])
def test_crops_that_lie_deeper_are_refused(tmp_path: Path, deeper: str) -> None:
    touch(tmp_path / "a.jpg")
    touch(tmp_path / deeper)
    with pytest.raises(DatasetLayoutError, match=deeper) as caught:
        list_crops(tmp_path)
    assert f"up into {tmp_path}" in str(caught.value)
    assert find_below(tmp_path) == str(tmp_path / deeper)


def test_links_to_folders_are_followed_to_a_level_and_told_below_it(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere" / "a.jpg")
    root = tmp_path / "root"
    touch(root / "1" / "x" / "b.jpg")
    (root / "2").symlink_to(tmp_path / "elsewhere")
    (root / "1" / "more").symlink_to(tmp_path / "elsewhere")
    (root / "back").symlink_to("..")
    found = dict(walk(root, followed=1))
    assert list(found) == ["", "1", "1/x", "2"]
    assert found["2"].images == ("a.jpg",)
    assert [name for name, _ in found["1"].unreadable] == ["more"]
    assert found[""].unreadable == (("back", "a link to .., which leads back to where it lies"),)


def test_folders_deeper_than_a_path_can_say_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(45):
        Path("d" * 100).mkdir()
        os.chdir("d" * 100)
    monkeypatch.undo()
    told = [reason for _, content in walk(tmp_path, followed=1) for _, reason in content.unreadable]
    assert told == [os.strerror(errno.ENAMETOOLONG)]
    with pytest.raises(DatasetLayoutError, match="File name too long"):
        list_crops(tmp_path)
