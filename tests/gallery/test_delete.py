from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from tacan.errors import ConfigError, GalleryError, StorageError
from tacan.gallery import delete_tracklets, open_gallery, verify_gallery

from .conftest import MODEL, NOON, all_bytes, crop_bytes, fill, new_source, new_tracklet


@pytest.fixture
def folder(make_gallery):
    return make_gallery("door", "yard", numbers=range(1, 16))


def secrets_of(number):
    """Byte strings that only this tracklet has brought into the gallery."""
    tracklet = new_tracklet(number)
    return [
        tracklet.embedding.tobytes(),
        tracklet.embedding[2:6].tobytes(),
        tracklet.boxes[0].tobytes(),
        crop_bytes(number, 0),
        crop_bytes(number, 0)[100:150],
        crop_bytes(number, 1),
    ]


def check_traces(folder, *, gone, kept):
    content = all_bytes(folder)
    for number in gone:
        assert not any(secret in content for secret in secrets_of(number))
    for number in kept:
        assert all(secret in content for secret in secrets_of(number))


def names(gallery):
    return {tracklet.name for tracklet in gallery.tracklets()}


def test_the_search_for_traces_finds_what_is_there(folder):
    check_traces(folder, gone=[55], kept=[1, 15, 101, 115])


def test_nothing_is_left_of_deleted_tracklets(folder):
    with open_gallery(folder, write=True) as gallery:
        done = delete_tracklets(gallery, names=["door/3", "yard/15"])
        assert done.names == ("door/3", "yard/15")
        assert done.is_erased
        check_traces(folder, gone=[3, 115], kept=[1, 2, 4, 114])  # the gallery is still open
        assert verify_gallery(gallery).problems == ()
        assert len(gallery.vectors()[0]) == 28
        with pytest.raises(GalleryError):
            gallery.tracklet("door/3")
    check_traces(folder, gone=[3, 115], kept=[1, 2, 4, 114])
    assert not (folder / "crops" / "00001" / "000003").exists()


def test_a_plain_delete_statement_would_leave_traces(folder):
    """The search for traces is one that can fail."""
    with open_gallery(folder, write=True) as gallery:
        with gallery.store.writing() as database:
            database.execute("PRAGMA secure_delete = OFF")
            database.execute("DELETE FROM tracklets WHERE number = 3")
        assert any(secret in all_bytes(folder) for secret in secrets_of(3))


def pages_of(folder):
    return (folder / "gallery.sqlite").read_bytes() + (folder / "gallery.sqlite-wal").read_bytes()


def rows_of(number):
    """The part of `secrets_of` that lies in the database."""
    return secrets_of(number)[:3]


def test_deleted_rows_are_overwritten_at_once(folder, monkeypatch):
    """`secure_delete` alone: without it, a row stays there until the database is rewritten."""
    with open_gallery(folder, write=True) as gallery:
        with gallery.store.writing() as database:
            database.execute("DELETE FROM tracklets WHERE number IN (3, 115)")
        with gallery.store.autocommit() as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        content = pages_of(folder)
        assert not any(secret in content for number in (3, 115) for secret in rows_of(number))
        assert all(secret in content for number in (2, 4) for secret in rows_of(number))


def test_the_database_is_rewritten_after_a_deletion(folder):
    """`VACUUM` alone: pages that were split earlier can hold copies that nothing overwrites."""
    with open_gallery(folder, write=True) as gallery:
        with gallery.store.autocommit() as database:
            database.execute("PRAGMA secure_delete = OFF")
        assert delete_tracklets(gallery, names=["door/3", "yard/15"]).is_erased
        content = pages_of(folder)
        assert not any(secret in content for number in (3, 115) for secret in rows_of(number))
        assert all(secret in content for number in (2, 4) for secret in rows_of(number))


def test_names_and_ids_never_come_back(folder):
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        delete_tracklets(gallery, names=["yard/15"])
        fill(gallery, "yard", [200], sha256="9" * 64)
        assert gallery.tracklet("yard/16").id == 31
        delete_tracklets(gallery, camera="yard")
        fill(gallery, "yard", [201])
        assert gallery.tracklet("yard/17").id == 32


def test_a_source_that_is_being_indexed_does_not_bring_it_back(tmp_path):
    with open_gallery(tmp_path / "g", write=True, create_with=MODEL) as gallery:
        source_id = fill(gallery, done=False)
        delete_tracklets(gallery, names=["door/2"])
        assert gallery.committed_numbers(source_id) == {1, 2, 3}
        again = [new_tracklet(number) for number in range(1, 5)]
        assert gallery.add(source_id, again, fingerprint=MODEL.fingerprint) == 1
        assert names(gallery) == {"door/1", "door/3", "door/4"}
        assert not (tmp_path / "g" / "crops" / "00001" / "000002").exists()


def test_a_camera_goes_with_its_sources_and_can_be_indexed_again(folder):
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source("yard"))
        gallery.save_detections(source.id, 0, b"journal")
        done = delete_tracklets(gallery, camera="yard")
        assert len(done.names) == 15
        assert gallery.info().cameras == ("door",)
        check_traces(folder, gone=range(101, 116), kept=range(1, 16))
        assert not (folder / "crops" / "00002").exists()
        assert b"yard.mp4" not in all_bytes(folder)
        assert gallery.begin_source(new_source("yard")).state == "indexing"
        fill(gallery, "yard", [101])
        assert "yard/16" in names(gallery)


def test_crops_of_an_unfinished_run_go_with_the_camera(folder):
    stray = folder / "crops" / "00002" / "000777" / ".00.jpg.99.tmp"
    stray.parent.mkdir()
    stray.write_bytes(b"a crop whose writing was cut short")
    with open_gallery(folder, write=True) as gallery:
        delete_tracklets(gallery, camera="yard")
    assert not stray.exists()


def test_what_began_before_a_timestamp_goes(folder):
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        fill(gallery, "lift", [300, 301], start=None)
        done = delete_tracklets(gallery, before=NOON + timedelta(seconds=3))
        assert done.names == ("door/1", "door/2")
        assert done.n_undated == 2
        done = delete_tracklets(gallery, before=NOON + timedelta(seconds=3.01))
        assert done.names == ("door/3",)
        assert gallery.info().first == NOON + timedelta(seconds=4)
        check_traces(folder, gone=[1, 2, 3], kept=[4, 300])


def test_nothing_to_delete_is_no_error(folder):
    with open_gallery(folder, write=True) as gallery:
        version = gallery.store.version()
        done = delete_tracklets(gallery, before=NOON)
        assert (done.names, done.is_erased) == ((), True)
        assert delete_tracklets(gallery, names=[]).names == ()
        assert gallery.store.version() == version


def test_a_wrong_choice_deletes_nothing(folder):
    with open_gallery(folder, write=True) as gallery:
        for choice in ({}, {"camera": "door", "names": ["door/1"]}):
            with pytest.raises(ConfigError, match="exactly one"):
                delete_tracklets(gallery, **choice)
        for choice in (
            {"names": ["door/1", "door/99"]},
            {"camera": "roof"},
            {"before": datetime(2026, 11, 22)},
        ):
            with pytest.raises(GalleryError):
                delete_tracklets(gallery, **choice)
        assert gallery.info().n_tracklets == 30
    with open_gallery(folder) as gallery, pytest.raises(GalleryError, match="for writing"):
        delete_tracklets(gallery, names=["door/1"])


@pytest.mark.parametrize("step", ["crops", "cache", "database", "note"])
def test_a_deletion_that_was_cut_short_is_ended_when_the_gallery_is_next_opened(
    folder, monkeypatch, step
):
    place = {
        "crops": "tacan.gallery.crop_files.CropFolder.erase",
        "cache": "tacan.gallery.vector_cache.VectorCache.update",
        "database": "tacan.gallery.sqlite.maintenance.SqliteMaintenance.erase_traces",
        "note": "tacan.gallery.sqlite.maintenance.SqliteMaintenance.complete_deletion",
    }[step]

    def killed(*_, **__):
        raise KeyboardInterrupt

    gallery = open_gallery(folder, write=True)
    monkeypatch.setattr(place, killed)
    with pytest.raises(KeyboardInterrupt):
        delete_tracklets(gallery, names=["door/3"])
    monkeypatch.setattr("tacan.gallery.vector_cache.VectorCache.update", lambda *_, **__: False)
    gallery.close()
    monkeypatch.undo()
    with open_gallery(folder) as gallery:
        assert "door/3" not in names(gallery)
        assert [problem.kind for problem in verify_gallery(gallery).problems][:1] == ["deletion"]
    with open_gallery(folder, write=True) as gallery:
        check_traces(folder, gone=[3], kept=[2, 4])
        assert verify_gallery(gallery).problems == ()


def test_a_reader_in_the_way_is_said_and_waited_for_until_the_next_opening(folder, monkeypatch):
    monkeypatch.setattr("tacan.gallery.opening.BUSY_TIMEOUT", 0.1)
    with open_gallery(folder, write=True) as gallery, open_gallery(folder) as reader:
        with reader.store.reading() as database:
            database.execute("SELECT count(*) FROM tracklets").fetchone()
            done = delete_tracklets(gallery, names=["door/3"])
            assert not done.is_erased
        assert "door/3" not in names(gallery)
    open_gallery(folder, write=True).close()
    check_traces(folder, gone=[3], kept=[2, 4])


def test_a_crop_that_can_not_be_removed_is_an_expected_error(folder, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    with open_gallery(folder, write=True) as gallery:
        monkeypatch.setattr("pathlib.Path.unlink", refused)
        with pytest.raises(StorageError, match="must be removable"):
            delete_tracklets(gallery, names=["door/3"])
        monkeypatch.undo()
        assert delete_tracklets(gallery, names=[]).is_erased
    check_traces(folder, gone=[3], kept=[2, 4])


def test_a_person_s_name_is_gone_as_well(tmp_path):
    with open_gallery(tmp_path / "g", write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source())
        people = [replace(new_tracklet(n), person=f"Zebulon Quux {n}") for n in (1, 2)]
        gallery.add(source.id, people, fingerprint=MODEL.fingerprint)
        delete_tracklets(gallery, names=["door/1"])
        content = all_bytes(tmp_path / "g")
        assert b"Zebulon Quux 1" not in content
        assert b"Zebulon Quux 2" in content
        assert np.array_equal(gallery.vector(2), new_tracklet(2).embedding)


def test_a_source_and_all_of_it(folder):
    with open_gallery(folder, write=True) as gallery:
        fill(gallery, "door", numbers=range(21, 24), sha256="b" * 64, path="/b.mp4", name="b.mp4")
        done = delete_tracklets(gallery, source="/b.mp4")
        assert done.names == ("door/16", "door/17", "door/18")
        assert [source.name for source in gallery.sources()] == ["door.mp4", "yard.mp4"]
        assert verify_gallery(gallery).problems == ()
        check_traces(folder, gone=[21, 22, 23], kept=[1, 15, 101])
        fill(gallery, "door", numbers=range(21, 24), sha256="b" * 64, path="/b.mp4", name="b.mp4")
        assert {"door/19", "door/20", "door/21"} < names(gallery)
        with pytest.raises(GalleryError, match="unknown to it"):
            delete_tracklets(gallery, source="c.mp4")
