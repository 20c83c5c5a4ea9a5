from __future__ import annotations

from dataclasses import replace

import pytest

from tacan.errors import StorageError
from tacan.gallery.crop_files import CropFolder

from .conftest import crop_bytes, new_tracklet


def test_a_written_crop_is_found_whole(tmp_path):
    folder = CropFolder(tmp_path / "crops")
    rows = folder.write(3, new_tracklet(12, n_crops=2))
    assert [row.path for row in rows] == ["00003/000012/00.jpg", "00003/000012/01.jpg"]
    assert [folder.fault(row) for row in rows] == [None, None]
    assert folder.stored(rows[1]).path.read_bytes() == crop_bytes(12, 1)
    assert sorted(folder.files()) == [row.path for row in rows]
    assert folder.write(3, replace(new_tracklet(12), crops=())) == ()


def test_faults_are_told_apart(tmp_path):
    folder = CropFolder(tmp_path)
    rows = folder.write(1, new_tracklet(1, n_crops=2))
    folder.stored(rows[0]).path.unlink()
    path = folder.stored(rows[1]).path
    path.write_bytes(path.read_bytes()[::-1])
    assert [folder.fault(row) for row in rows] == ["missing", "not as it was written"]


def test_erasing_overwrites_before_it_removes(tmp_path, monkeypatch):
    folder = CropFolder(tmp_path)
    rows = folder.write(1, new_tracklet(1, n_crops=1))
    path = folder.stored(rows[0]).path
    other_name = tmp_path / "other"
    other_name.hardlink_to(path)
    folder.erase(rows[0].path)
    assert other_name.read_bytes() == bytes(300)
    assert not (tmp_path / "00001").exists()


def test_erasing_a_folder_leaves_its_neighbours(tmp_path):
    folder = CropFolder(tmp_path)
    folder.write(1, new_tracklet(1))
    kept = folder.write(1, new_tracklet(2))
    folder.erase("00001/000001")
    folder.erase("00001/000001")
    assert sorted(folder.files()) == [row.path for row in kept]
    folder.erase("00001")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_part_of_a_tracklet(tmp_path, monkeypatch):
    folder = CropFolder(tmp_path / "crops")
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
