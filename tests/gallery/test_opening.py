from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import (
    GalleryBusyError,
    GalleryError,
    GalleryModelError,
    GallerySchemaError,
    StorageError,
)
from tacan.files import GALLERY_DATABASE as DATABASE
from tacan.gallery import open_gallery
from tacan.search.query import Query
from tacan.search.search import search

from .conftest import MODEL, fill

NOBODY = 65534


def test_a_gallery_remembers_its_model(make_gallery):
    folder = make_gallery("door")
    with open_gallery(folder) as gallery:
        assert gallery.model == MODEL
        assert gallery.info().model == "small"
        assert gallery.info().embedding_dim == 8
        assert not gallery.is_writable


def test_what_is_no_gallery_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        for write in (False, True):
            with pytest.raises(GalleryError, match="made by `tacan index`"):
                open_gallery(folder, write=write)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_things_does_not_become_a_gallery(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(GalleryError, match=r"folder of its own; got .* with notes\.txt"):
        open_gallery(tmp_path, write=True, create_with=MODEL)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "g").write_text("mine")
    with pytest.raises(StorageError, match="must be a folder"):
        open_gallery(tmp_path / "g", write=True, create_with=MODEL)


def test_a_gallery_of_another_model_is_refused_and_unchanged(make_gallery):
    folder = make_gallery("door")
    other = replace(MODEL, name="other", fingerprint="e" * 16)
    with pytest.raises(GalleryModelError, match=r"gallery's model, small .*got fingerprint eeee"):
        open_gallery(folder, write=True, create_with=other)
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        assert gallery.model == MODEL
        assert gallery.info().n_tracklets == 3


def test_a_gallery_with_another_clip_weight_is_refused_with_its_own(tmp_path):
    weighted = replace(MODEL, fingerprint="e" * 16, clip_weight="street")
    open_gallery(tmp_path / "g", write=True, create_with=weighted).close()
    with pytest.raises(GalleryModelError, match="small with the clip weight of street") as caught:
        open_gallery(tmp_path / "g", write=True, create_with=MODEL)
    assert "--clip-weight street" in str(caught.value)
    with open_gallery(tmp_path / "g") as gallery:
        assert gallery.model == weighted
        assert gallery.info().clip_weight == "street"


def test_a_model_that_means_nothing_is_refused(tmp_path):
    for wrong in ({"metric": "manhattan"}, {"embedding_dim": 0}, {"fingerprint": ""}):
        with pytest.raises(GalleryModelError, match="known metric"):
            open_gallery(tmp_path / "g", write=True, create_with=replace(MODEL, **wrong))
    assert not (tmp_path / "g").exists()


def test_a_newer_schema_is_refused_and_not_a_byte_is_changed(make_gallery):
    folder = make_gallery("door")
    database = sqlite3.connect(folder / DATABASE)
    database.execute("PRAGMA user_version = 99")
    database.close()
    before = (folder / DATABASE).read_bytes()
    for options in ({}, {"write": True}, {"write": True, "create_with": MODEL}):
        with pytest.raises(GallerySchemaError, match=r"of version 99\. Open it with a newer"):
            open_gallery(folder, **options)
    assert (folder / DATABASE).read_bytes() == before


def test_another_programs_database_is_refused(tmp_path):
    database = sqlite3.connect(tmp_path / DATABASE)
    database.execute("CREATE TABLE theirs (x)")
    database.execute("PRAGMA user_version = 1")
    database.close()
    before = (tmp_path / DATABASE).read_bytes()
    for write in (False, True):
        with pytest.raises(GalleryError, match="of another program"):
            open_gallery(tmp_path, write=write)
    assert (tmp_path / DATABASE).read_bytes() == before


@pytest.mark.parametrize("damage", ["text", "cut", "empty"])
def test_a_damaged_database_is_an_expected_error(make_gallery, damage):
    folder = make_gallery("door")
    path = folder / DATABASE
    whole = path.read_bytes()
    path.write_bytes({"text": b"hello " * 999, "cut": whole[:70000], "empty": b""}[damage])
    with pytest.raises(GalleryError), open_gallery(folder) as gallery:
        list(gallery.tracklets())
        gallery.vectors()


def test_a_making_that_was_cut_short_is_said_and_can_be_ended(tmp_path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tacan.gallery.opening._write_metadata", killed)
    with pytest.raises(KeyboardInterrupt):
        open_gallery(tmp_path / "g", write=True, create_with=MODEL)
    monkeypatch.undo()
    for write in (False, True):
        with pytest.raises(GalleryError, match="cut short"):
            open_gallery(tmp_path / "g", write=write)
    with open_gallery(tmp_path / "g", write=True, create_with=MODEL) as gallery:
        fill(gallery)


def test_a_second_writer_is_refused_and_readers_read_on(make_gallery):
    folder = make_gallery("door")
    with open_gallery(folder, write=True, create_with=MODEL) as writer:
        with pytest.raises(GalleryBusyError, match="only one process at a time may write"):
            open_gallery(folder, write=True)
        fill(writer, "yard", [7])
        with open_gallery(folder) as reader:
            assert reader.info().n_tracklets == 4
            fill(writer, "lift", [8])
            assert reader.info().n_tracklets == 5
            assert len(reader.vectors()[0]) == 5
    open_gallery(folder, write=True).close()


def test_a_reader_sees_whole_transactions_only(make_gallery):
    folder = make_gallery("door")
    with (
        open_gallery(folder, write=True, create_with=MODEL) as writer,
        open_gallery(folder) as reader,
    ):
        with writer.store.writing() as database:
            database.execute("UPDATE tracklets SET person = 'half'")
            assert {t.person for t in reader.tracklets()} == {None}
        assert {t.person for t in reader.tracklets()} == {"half"}


def test_a_reader_can_not_change_anything(make_gallery):
    with open_gallery(make_gallery("door")) as gallery:
        with pytest.raises(GalleryError, match="opened for writing"):
            fill(gallery, "yard")
        with pytest.raises(StorageError):
            gallery.store.finish_sources({1: None})


@contextmanager
def unwritable(folder: Path):
    """The folder as one who may only read it sees it; root would be let through."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def open_place():
    """A folder that every user can reach, unlike pytest's."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.mark.parametrize("with_cache", [True, False])
def test_a_read_only_gallery_can_be_searched(make_gallery, open_place, with_cache):
    folder = open_place / "gallery"
    shutil.copytree(make_gallery("door", "yard"), folder)
    for log in folder.glob("*.sqlite-*"):
        log.unlink()
    if not with_cache:
        shutil.rmtree(folder / "vectors")
    before = sorted(folder.rglob("*"))
    with unwritable(folder):
        with open_gallery(folder) as gallery:
            query = Query("", gallery.vector(5), MODEL.fingerprint)
            found = search(gallery, query, top=1).matches[0]
            assert found.tracklet.name == "yard/2"
            assert found.distance == 0
            assert all(crop.path.read_bytes() for crop in gallery.crops(5))
        with pytest.raises(StorageError, match="must be writable"):
            open_gallery(folder, write=True)
    assert sorted(folder.rglob("*")) == before


def test_a_read_only_gallery_with_an_unfinished_log_is_not_read_wrongly(make_gallery, open_place):
    source = make_gallery("door")
    folder = open_place / "gallery"
    with open_gallery(source, write=True, create_with=MODEL) as gallery:
        fill(gallery, "yard")
        shutil.copytree(source, folder)  # as after a kill: the newest rows are in the log alone
    (folder / f"{DATABASE}-shm").unlink()
    assert (folder / f"{DATABASE}-wal").stat().st_size
    with unwritable(folder), pytest.raises(StorageError, match="closed by its writer"):
        open_gallery(folder)
    with open_gallery(folder) as gallery:
        assert gallery.info().n_tracklets == 6


def test_a_closed_gallery_is_a_database_without_a_log(make_gallery):
    folder = make_gallery("door")
    names = {file.name for file in folder.iterdir()}
    assert names == {DATABASE, "crops", "vectors", "writer.lock"}
    with sqlite3.connect(folder / DATABASE) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_threads_may_share_a_gallery(make_gallery):
    from concurrent.futures import ThreadPoolExecutor

    folder = make_gallery("door", numbers=range(1, 30))
    with open_gallery(folder) as gallery, ThreadPoolExecutor(4) as pool:
        queries = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)

        def first(query):
            return search(gallery, Query("", query, MODEL.fingerprint)).matches[0].tracklet.id

        assert list(pool.map(first, queries)) == [first(query) for query in queries]
