from __future__ import annotations

import json
import sqlite3

import numpy as np
import pytest

from tacan.errors import GalleryError
from tacan.gallery import open_gallery, verify_gallery

from .conftest import new_tracklet


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


def test_stray_files_are_erased(folder):
    stray = folder / "crops" / "00009" / "000001" / ".00.jpg.12.tmp"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"left by a run that was killed")
    mended(folder, "stray file")
    assert not (folder / "crops" / "00009").exists()


def test_a_damaged_vector_is_taken_from_the_copy(folder):
    with database(folder) as connection:
        connection.execute("UPDATE vectors SET embedding = zeroblob(32) WHERE tracklet_id = 2")
        connection.execute("DELETE FROM vectors WHERE tracklet_id = 5")
    connection.close()
    mended(folder, "vector", "vector")
    with open_gallery(folder) as gallery:
        np.testing.assert_array_equal(gallery.vector(2), new_tracklet(2).embedding)
        np.testing.assert_array_equal(gallery.vector(5), new_tracklet(102).embedding)


def test_a_damaged_vector_without_a_copy_is_reported_only(folder):
    with database(folder) as connection:
        connection.execute("UPDATE vectors SET embedding = zeroblob(8) WHERE tracklet_id = 2")
    connection.close()
    (folder / "vectors" / "head.json").unlink()
    for repair in (False, True):
        problems, result = found(folder, repair=repair)
        assert problems == [("vector", False)]
        assert not result.is_sound
    assert "door/2" in result.problems[0].what


def test_one_changed_number_in_the_copy_is_found(folder):
    path = next((folder / "vectors").glob("*.matrix"))
    data = bytearray(path.read_bytes())
    data[70] ^= 1
    path.write_bytes(data)
    mended(folder, "vector cache")
    with open_gallery(folder) as gallery:
        np.testing.assert_array_equal(gallery.vector(3), new_tracklet(3).embedding)


def test_a_copy_that_is_behind_is_as_it_should_be(folder):
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
