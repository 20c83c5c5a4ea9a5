from __future__ import annotations

import os
from pathlib import Path

import pytest

from tacan.images.folder_content import FolderContent, read_folder_content


def test_images_and_folders_are_told_apart_and_the_rest_left_out(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.webp", "jpg", "notes.txt", ".c.jpg"):
        (tmp_path / name).touch()
    for name in ("2", "1", ".git", "lost+found", "@eaDir", "folder.jpg"):
        (tmp_path / name).mkdir()
    (tmp_path / "linked").symlink_to("1")
    (tmp_path / "linked.jpg").symlink_to("b.jpg")
    assert read_folder_content(tmp_path) == FolderContent(
        images=("a.webp", "b.jpg", "linked.jpg"), folders=("1", "2", "folder.jpg", "linked")
    )


def test_pictures_of_formats_that_are_not_read_are_named(tmp_path: Path) -> None:
    for name in ("IMG_1.HEIC", "b.heif", "c.jxl", "a.jpg", ".d.heic", "heic"):
        (tmp_path / name).touch()
    content = read_folder_content(tmp_path)
    assert content.images == ("a.jpg",)
    assert [name for name, _ in content.unreadable] == ["IMG_1.HEIC", "b.heif", "c.jxl"]
    assert all("save it as JPEG" in reason for _, reason in content.unreadable)


def test_raw_pictures_of_cameras_are_named_where_no_image_of_their_name_is(tmp_path: Path) -> None:
    for name in ("a.CR2", "a.JPG", "b.nef", "c.dng", "c.txt", "d.arw", "D.png", ".e.cr3", "nef"):
        (tmp_path / name).touch()
    content = read_folder_content(tmp_path)
    assert content.images == ("D.png", "a.JPG")
    assert [name for name, _ in content.unreadable] == ["b.nef", "c.dng", "d.arw"]
    assert all("save it as JPEG" in reason for _, reason in content.unreadable)


def test_an_entry_that_cannot_be_asked_for_its_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on file systems that don't say it when they list, in folders that may not be searched."""

    class Entry:
        def __init__(self, name: str) -> None:
            self.name, self.path = name, str(tmp_path / name)

        def is_dir(self) -> bool:
            raise PermissionError(13, "Permission denied")

    class Entries:
        def __enter__(self) -> list[Entry]:
            return [Entry("0003"), Entry("a.jpg"), Entry("notes.txt")]

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", lambda _: Entries())
    assert read_folder_content(tmp_path).unreadable == (
        ("0003", "Permission denied"),
        ("a.jpg", "Permission denied"),
    )


def test_names_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"a\xff.jpg")
    (tmp_path / name).touch()
    (tmp_path / os.fsdecode(b"b\xff.jpg")).symlink_to(os.fsdecode(b"gone\xff"))
    content = read_folder_content(tmp_path)
    assert content.images == (name,)
    assert len(content.unreadable) == 1
