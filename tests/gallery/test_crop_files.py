from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tacan.errors import GalleryError, StorageError
from tacan.gallery.crop_files import CropFolder
from tests.gallery.conftest import all_bytes, crop_bytes, new_tracklet


@pytest.fixture
def folder(tmp_path):
    return CropFolder(tmp_path / "crops", tmp_path / "set-aside")


def test_a_written_crop_is_found_whole(folder):
    rows = folder.write(3, new_tracklet(12, n_crops=2))
    assert [row.path for row in rows] == ["00003/000012/00.jpg", "00003/000012/01.jpg"]
    assert [folder.problem(row) for row in rows] == [None, None]
    assert folder.stored(rows[1]).path.read_bytes() == crop_bytes(12, 1)
    assert sorted(folder.files()) == [row.path for row in rows]
    assert folder.write(3, replace(new_tracklet(12), crops=())) == ()


def test_problems_are_told_apart(folder):
    rows = folder.write(1, new_tracklet(1, n_crops=2))
    folder.stored(rows[0]).path.unlink()
    path = folder.stored(rows[1]).path
    path.write_bytes(path.read_bytes()[::-1])
    problems = [folder.problem(row) for row in rows]
    assert [problem.what for problem in problems] == ["missing", "not as it was written"]
    assert [problem.is_lost for problem in problems] == [True, True]


@pytest.fixture
def removed(monkeypatch):
    """What every file held when it was removed, by its name."""
    contents, unlink = {}, Path.unlink

    def noted(path, **options):
        if path.is_file():
            contents[path.name] = path.read_bytes()
        unlink(path, **options)

    monkeypatch.setattr("pathlib.Path.unlink", noted)
    return contents


def test_erasing_overwrites_before_it_removes(folder, removed, tmp_path):
    rows = folder.write(1, new_tracklet(1, n_crops=1))
    removed.clear()
    folder.erase(rows[0].path)
    assert removed == {"00.jpg": bytes(300)}
    assert list(folder.root.iterdir()) == []


def test_what_has_another_name_elsewhere_is_not_overwritten(folder, tmp_path):
    (row,) = folder.write(1, new_tracklet(1, n_crops=1))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.hardlink_to(folder.path(row.path))
    folder.erase("00001")
    assert elsewhere.read_bytes() == crop_bytes(1, 0)
    assert not (folder.root / "00001").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../outside.jpg",
        "00001/000001/../../../outside.jpg",
        "/etc/passwd",
        "00001/000001/00.jpg\0",
        "00001/000001/00.png",
        "00001/",
        "",
        ".",
        "٠٠٠٠١",
        b"00001",
        None,
    ],
)
def test_a_name_that_no_gallery_gives_is_refused(folder, tmp_path, name):
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"mine")
    row = replace(folder.write(1, new_tracklet(1))[0], path=name)
    for use in (folder.erase, folder.path, lambda _: folder.stored(row)):
        with pytest.raises(GalleryError, match="must lie in its gallery"):
            use(name)
    assert "outside" in folder.problem(row).what
    assert outside.read_bytes() == b"mine"
    assert len(list(folder.files())) == 2


@pytest.mark.parametrize("level", ["crops", "00001", "000001", "00.jpg"])
def test_no_link_is_followed(folder, tmp_path, level):
    """Whichever part of a crop's path leads elsewhere, nothing there is read or changed."""
    (row,) = folder.write(1, new_tracklet(1, n_crops=1))
    path = tmp_path / "crops" / row.path
    part = next(part for part in (path, *path.parents) if part.name == level)
    elsewhere = tmp_path / "elsewhere"
    part.rename(elsewhere)
    part.symlink_to(elsewhere)
    before = all_bytes(tmp_path)
    for use in (
        lambda: folder.erase(row.path),
        lambda: folder.stored(row),
        lambda: folder.write(1, new_tracklet(1, n_crops=1)),
    ):
        with pytest.raises(GalleryError, match="behind a link"):
            use()
    assert "link" in folder.problem(row).what
    assert all_bytes(tmp_path) == before


def test_links_within_an_erased_folder_are_removed_themselves(folder, tmp_path):
    folder.write(1, new_tracklet(1))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "file").write_bytes(b"mine")
    (folder.root / "00001" / "file").symlink_to(mine / "file")
    (folder.root / "00001" / "folder").symlink_to(mine)
    (folder.root / "00001" / "nowhere").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder.root / "00001" / "pipe")
    folder.erase("00001")
    assert (mine / "file").read_bytes() == b"mine"
    assert list(folder.root.iterdir()) == []


def test_setting_aside_replaces_nothing_and_erasing_reaches_it(folder):
    for number in (1, 2):
        (row,) = folder.write(1, replace(new_tracklet(number, n_crops=1), number=1))
        folder.set_aside(row.path)
    aside = folder.aside / "00001" / "000001"
    assert (aside / "00.jpg").read_bytes() == crop_bytes(1, 0)
    assert (aside / "00.jpg.1").read_bytes() == crop_bytes(2, 0)
    assert not (folder.root / "00001" / "000001").exists()
    folder.erase("00001/000001")
    assert not folder.aside.exists() or list(folder.aside.iterdir()) == []


def test_drafts_of_one_source_are_erased_and_nothing_else(folder):
    for source in (1, 2):
        folder.write(source, new_tracklet(1, n_crops=1))
        for number in (1, 7):
            draft = folder.root / f"0000{source}" / f"00000{number}" / ".00.jpg.99.tmp"
            draft.parent.mkdir(exist_ok=True)
            draft.write_bytes(b"cut short")
    folder.remove_drafts(1)
    folder.remove_drafts(3)
    assert sorted(folder.files()) == [
        "00001/000001/00.jpg",
        "00002/000001/.00.jpg.99.tmp",
        "00002/000001/00.jpg",
        "00002/000007/.00.jpg.99.tmp",
    ]


def test_erasing_a_folder_leaves_its_neighbours(folder):
    folder.write(1, new_tracklet(1))
    kept = folder.write(1, new_tracklet(2))
    folder.erase("00001/000001")
    folder.erase("00001/000001")
    assert sorted(folder.files()) == [row.path for row in kept]
    folder.erase("00001")
    assert list(folder.root.iterdir()) == []


def test_a_full_disk_leaves_no_part_of_a_tracklet(folder, tmp_path, monkeypatch):
    write = type(tmp_path).write_bytes
    written = []

    def second_fails(path, data):
        written.append(path)
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr("pathlib.Path.write_bytes", second_fails)
    with pytest.raises(StorageError, match="No space left"):
        folder.write(1, new_tracklet(1))
    assert list(folder.files()) == []
