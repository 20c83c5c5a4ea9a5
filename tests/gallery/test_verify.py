from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import GalleryError
from tacan.gallery import (
    TrackletFilter,
    delete_tracklets,
    export_csv,
    open_gallery,
    verify_gallery,
)
from tests.gallery.conftest import NOON, crop_bytes, new_tracklet


@pytest.fixture
def folder(make_gallery):
    return make_gallery("door", "yard")


def found(folder, *, repair=False):
    with open_gallery(folder, write=repair) as gallery:
        result = verify_gallery(gallery, repair=repair)
    return [(problem.kind, problem.mended) for problem in result.problems], result


def mended(folder, *kinds):
    """Each kind of problem is found without being mended, then mended, then gone."""
    assert found(folder)[0] == [(kind, False) for kind in kinds]
    assert not found(folder)[1].is_sound
    seen, result = found(folder, repair=True)
    assert seen == [(kind, True) for kind in kinds]
    assert result.is_sound
    assert found(folder)[0] == []


def database(folder):
    return sqlite3.connect(folder / "gallery.sqlite", isolation_level=None)


def test_a_whole_gallery_has_no_problems(folder):
    problems, result = found(folder)
    assert problems == []
    assert (result.n_tracklets, result.n_crops) == (6, 12)


def test_an_empty_gallery_has_no_problems(make_gallery):
    assert found(make_gallery())[0] == []


def test_a_missing_or_changed_crop_is_forgotten_and_its_tracklet_stays(folder):
    crops = folder / "crops" / "00001"
    (crops / "000001" / "00.jpg").unlink()
    path = crops / "000002" / "01.jpg"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    mended(folder, "crop", "crop")
    assert not path.exists()
    with open_gallery(folder) as gallery:
        assert [t.n_crops for t in gallery.tracklets()] == [1, 1, 2, 2, 2, 2]
        assert len(gallery.crops(1)) == 1


def test_a_missing_crop_is_no_hindrance_before_it_is_mended(folder):
    (folder / "crops" / "00001" / "000001" / "00.jpg").unlink()
    with open_gallery(folder) as gallery:
        assert len(gallery.crops(1)) == 2
        assert [crop.path.name for crop in gallery.crops(1) if crop.path.exists()] == ["01.jpg"]
        assert "missing" in verify_gallery(gallery).problems[0].what


def test_stray_files_are_set_aside(folder):
    stray = folder / "crops" / "00009" / "000001" / ".00.jpg.12.tmp"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"left by a run that was killed")
    mended(folder, "stray file")
    assert not (folder / "crops" / "00009").exists()
    aside = folder / "set-aside" / "00009" / "000001" / stray.name
    assert aside.read_bytes() == b"left by a run that was killed"


def test_what_is_set_aside_goes_when_its_tracklet_is_deleted(folder):
    path = folder / "crops" / "00001" / "000002" / "01.jpg"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    mended(folder, "crop")
    (aside,) = (file for file in (folder / "set-aside").rglob("*") if file.is_file())
    assert aside.read_bytes()[:-1] == crop_bytes(2, 1)[:-1]
    with open_gallery(folder, write=True) as gallery:
        delete_tracklets(gallery, names=["door/2"])
    assert not aside.exists()


def test_a_drive_that_is_not_mounted_loses_nothing(folder):
    """Repair forgets no crop when all are missing, and all are well once they are back."""
    crops = folder / "crops"
    crops.rename(folder.parent / "drive")
    crops.mkdir()
    for repair in (False, True):
        seen, result = found(folder, repair=repair)
        assert seen == [("crop", False)] * 12
        assert all("may not be mounted" in problem.remedy for problem in result.problems)
    crops.rmdir()
    (folder.parent / "drive").rename(crops)
    assert found(folder)[0] == []


def test_more_than_a_tenth_of_many_crops_is_only_forgotten_on_demand(make_gallery):
    folder = make_gallery("door", numbers=range(1, 61))  # 120 crops
    for number in range(1, 13):
        (folder / "crops" / "00001" / f"{number:06d}" / "00.jpg").unlink()
    assert found(folder, repair=True)[0] == [("crop", True)] * 12
    for number in range(13, 25):
        (folder / "crops" / "00001" / f"{number:06d}" / "00.jpg").unlink()
    assert found(folder, repair=True)[0] == [("crop", False)] * 12
    with open_gallery(folder, write=True) as gallery:
        assert verify_gallery(gallery, repair=True, forget_many=True).is_sound
        assert gallery.info().n_crops == 96


def test_a_crop_that_can_not_be_read_now_is_not_damaged(folder, monkeypatch):
    read = Path.read_bytes

    def failing(path):
        if path.parts[-2:] == ("000002", "01.jpg"):
            raise OSError(5, "Input/output error")
        return read(path)

    monkeypatch.setattr("pathlib.Path.read_bytes", failing)
    for repair in (False, True):
        seen, result = found(folder, repair=repair)
        assert seen == [("crop", False)]
        assert "unreadable (Input/output error)" in result.problems[0].what
        assert "Check the disk" in result.problems[0].remedy
    monkeypatch.undo()
    assert found(folder)[0] == []


def test_a_database_that_can_not_be_read_now_is_not_damaged(folder, monkeypatch):
    def failing(*_):
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
        raise error

    with open_gallery(folder, write=True) as gallery:
        monkeypatch.setattr("tacan.gallery.sqlite.maintenance.damaged_records", failing)
        problems = verify_gallery(gallery, repair=True).problems
        assert [(problem.kind, problem.mended) for problem in problems] == [("database", False)]
        assert "nothing was changed" in problems[0].what
        monkeypatch.undo()
        assert verify_gallery(gallery).is_sound


def test_a_damaged_vector_is_taken_from_the_cache(folder):
    with database(folder) as connection:
        connection.execute("UPDATE vectors SET embedding = zeroblob(32) WHERE tracklet_id = 2")
        connection.execute("DELETE FROM vectors WHERE tracklet_id = 5")
    connection.close()
    mended(folder, "vector", "vector")
    with open_gallery(folder) as gallery:
        np.testing.assert_array_equal(gallery.vector(2), new_tracklet(2).embedding)
        np.testing.assert_array_equal(gallery.vector(5), new_tracklet(102).embedding)


def test_a_damaged_vector_without_a_cache_is_reported_only(folder):
    with database(folder) as connection:
        connection.execute("UPDATE vectors SET embedding = zeroblob(8) WHERE tracklet_id = 2")
    connection.close()
    (folder / "vectors" / "head.json").unlink()
    for repair in (False, True):
        problems, result = found(folder, repair=repair)
        assert problems == [("vector", False)]
        assert not result.is_sound
    assert "door/2" in result.problems[0].what


def test_one_changed_number_in_the_cache_is_found(folder):
    path = next((folder / "vectors").glob("*.matrix"))
    data = bytearray(path.read_bytes())
    data[70] ^= 1
    path.write_bytes(data)
    mended(folder, "vector cache")
    with open_gallery(folder) as gallery:
        np.testing.assert_array_equal(gallery.vector(3), new_tracklet(3).embedding)


def test_a_cache_that_is_behind_is_as_it_should_be(folder):
    path = folder / "vectors" / "head.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"count": 2, "last_id": 2}))
    assert found(folder)[0] == []
    path.unlink()
    assert found(folder)[0] == []


def test_rows_that_belong_to_nothing_are_found(folder):
    with database(folder) as connection:
        connection.execute("INSERT INTO vectors VALUES (77, zeroblob(32), 0)")
    connection.close()
    assert found(folder)[0] == [("database", False)]
    with open_gallery(folder) as gallery:
        assert gallery.vectors()[0].tolist() == list(range(1, 7))


def test_a_damaged_page_is_found(folder):
    path = folder / "gallery.sqlite"
    data = bytearray(path.read_bytes())
    place = data.index(new_tracklet(2).boxes.tobytes())
    page = place // 32768 * 32768
    data[page : page + 8] = b"\xff" * 8
    path.write_bytes(data)
    problems, result = found(folder)
    assert ("database", False) in problems
    assert not result.is_sound


def test_only_a_writer_can_repair(folder):
    with open_gallery(folder) as gallery, pytest.raises(GalleryError, match="for writing"):
        verify_gallery(gallery, repair=True)


DAMAGES = {
    "seconds": ("record", "UPDATE tracklets SET first_seconds = 'soon' WHERE id = 2"),
    "endless": ("record", "UPDATE tracklets SET last_seconds = 9e999 WHERE id = 2"),
    "frames": ("record", "UPDATE tracklets SET n_frames = 'many' WHERE id = 2"),
    "quality": ("record", "UPDATE tracklets SET quality = x'00' WHERE id = 2"),
    "person": ("record", "UPDATE tracklets SET person = x'ff' WHERE id = 2"),
    "settings": ("record", "UPDATE sources SET settings = '{' WHERE id = 1"),
    "list": ("record", "UPDATE sources SET settings = '[1]' WHERE id = 1"),
    "deep": ("record", f"UPDATE sources SET settings = '{'[' * 100_000}' WHERE id = 1"),
    "fps": ("record", "UPDATE sources SET fps = 'fast' WHERE id = 1"),
    "no trajectory": ("record", "DELETE FROM trajectories WHERE tracklet_id = 2"),
    "cut boxes": ("record", "UPDATE trajectories SET boxes = zeroblob(17) WHERE tracklet_id = 2"),
    "few boxes": ("record", "UPDATE trajectories SET boxes = zeroblob(16) WHERE tracklet_id = 2"),
    "no times": ("record", "UPDATE trajectories SET seconds = x'' WHERE tracklet_id = 2"),
    "text": ("record", "UPDATE trajectories SET frames = 'text' WHERE tracklet_id = 2"),
    "weights": ("record", "UPDATE trajectories SET clip_weights = x'' WHERE tracklet_id = 2"),
    "crop": ("crop", "UPDATE crops SET box = zeroblob(15) WHERE tracklet_id = 2 AND position = 1"),
    "path": ("crop", "UPDATE crops SET path = '../x' WHERE tracklet_id = 2 AND position = 1"),
    "size": ("crop", "UPDATE crops SET size = 'big' WHERE tracklet_id = 2 AND position = 1"),
    "vector": ("vector", "UPDATE vectors SET embedding = 'text' WHERE tracklet_id = 2"),
    "generation": ("database", "UPDATE metadata SET value = 'x' WHERE name = 'generation'"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_makes_reading_fail_is_found(folder, damage):
    """Whatever stands in the database, reading it is an expected fault, and verification tells."""
    kind, statement = DAMAGES[damage]
    with database(folder) as connection:
        connection.execute(statement)
    connection.close()
    with open_gallery(folder) as gallery, suppress(GalleryError):
        gallery.sources()
        for tracklet in gallery.tracklets():
            gallery.trajectory(tracklet.id), gallery.crops(tracklet.id)
        gallery.index()
    kinds = {kind for kind, _ in found(folder)[0]}
    assert kind in kinds
    assert kinds <= {kind, "stray file"}  # A crop whose row has another path leaves its file.
    found(folder, repair=True)  # mends it or not, but is no accident


@pytest.mark.parametrize("damage", ["seconds", "few boxes", "no trajectory"])
def test_a_damaged_record_can_be_deleted_by_name(folder, damage):
    with database(folder) as connection:
        connection.execute(DAMAGES[damage][1])
    connection.close()
    assert "door/2" in found(folder)[1].problems[0].what
    with open_gallery(folder, write=True) as gallery:
        assert delete_tracklets(gallery, names=["door/2"]).names == ("door/2",)
    assert found(folder)[0] == []


def test_vectors_of_no_number_are_found(folder):
    data = np.full(8, np.nan, "<f4").tobytes()
    with database(folder) as connection:
        connection.execute(
            "UPDATE vectors SET embedding = ?, checksum = ? WHERE tracklet_id = 2",
            (data, zlib.crc32(data)),
        )
    connection.close()
    assert found(folder)[0] == [("vector", False)]


def test_times_beyond_the_calendar_are_read_as_unknown_and_can_be_mended(folder):
    """What a source that begins at the end of the year 9999 had brought into a gallery."""
    with database(folder) as connection:
        last = 253402300799 * 10**6
        connection.execute("UPDATE sources SET start_us = ? WHERE id = 2", (last,))
        connection.execute(
            """UPDATE tracklets SET start_us = ?1 + first_seconds * 1000000,
            end_us = ?1 + last_seconds * 1000000 WHERE source_id = 2""",
            (last,),
        )
    connection.close()

    def read():
        with open_gallery(folder) as gallery:
            assert gallery.info().last == NOON + timedelta(seconds=3.4)
            assert [t.start is None for t in gallery.tracklets()] == [False] * 3 + [True] * 3
            assert gallery.sources()[1].start is None
            assert len(gallery.index().columns.ids) == 6
            export_csv(gallery, folder.parent / "table.csv")
            late = TrackletFilter(before=NOON + timedelta(days=365_000))
            assert [t.name for t in gallery.tracklets(late)] == ["door/1", "door/2", "door/3"]

    read()
    mended(folder, "time")
    read()
    with open_gallery(folder, write=True) as gallery:
        assert len(delete_tracklets(gallery, camera="yard").names) == 3
