"""Galleries that somebody else has prepared: nothing outside of them is read, run or changed."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import suppress

import pytest

from tacan.errors import GalleryError, GallerySchemaError, StorageError, TacanError
from tacan.gallery import delete_tracklets, export_folder, open_gallery, verify_gallery
from tests.gallery.conftest import MODEL, all_bytes, fill


@pytest.fixture
def folder(make_gallery):
    return make_gallery("door", name="theirs")


@pytest.fixture
def mine(tmp_path):
    """A file beside the gallery."""
    path = tmp_path / "mine.jpg"
    path.write_bytes(b"mine, and nobody else's")
    return path


def execute(folder, *statements):
    with sqlite3.connect(folder / "gallery.sqlite", isolation_level=None) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def use_in_every_way(folder, tmp_path):
    """Reads, repairs and deletes, whatever is refused."""
    for write in (False, True):
        with suppress(TacanError), open_gallery(folder, write=write) as gallery:
            for step, arguments in (
                (export_folder, {"root": tmp_path / f"out{write}"}),
                (verify_gallery, {"repair": write, "forget_many": True}),
                (delete_tracklets, {"names": ["door/2"]}),
                (delete_tracklets, {"camera": "door"}),
                (fill, {"camera": "yard"}),
            ):
                with suppress(TacanError):
                    step(gallery, **arguments)


@pytest.mark.parametrize(
    "name", ["../../mine.jpg", "{folder}/mine.jpg", "00001/../../../mine.jpg", "00001/000002"]
)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE crops SET path = '{name}' WHERE tracklet_id = 2 AND position = 0",
        "INSERT INTO pending_deletions VALUES ('{name}')",
    ],
)
def test_no_name_in_the_database_leads_outside(folder, mine, tmp_path, name, statement):
    name = name.format(folder=tmp_path)
    execute(
        folder,
        statement.format(name=name),
        "UPDATE metadata SET value = '1' WHERE name = 'erasing'",
    )
    use_in_every_way(folder, tmp_path)
    assert mine.read_bytes() == b"mine, and nobody else's"
    assert not any(mine.read_bytes() in all_bytes(out) for out in tmp_path.glob("out*"))


@pytest.mark.parametrize("level", ["crops", "00001", "000002", "00.jpg"])
def test_no_link_among_the_crops_leads_outside(folder, tmp_path, level):
    path = folder / "crops" / "00001" / "000002" / "00.jpg"
    part = next(part for part in (path, *path.parents) if part.name == level)
    outside = tmp_path / "outside"
    part.rename(outside)
    part.symlink_to(outside)
    before = all_bytes(outside) if outside.is_dir() else outside.read_bytes()
    use_in_every_way(folder, tmp_path)
    assert before == (all_bytes(outside) if outside.is_dir() else outside.read_bytes())
    assert not any(part.read_bytes() == before for part in tmp_path.glob("out*/*/*.jpg"))


def test_a_deletion_never_says_that_a_linked_crop_is_gone(folder, tmp_path):
    crops = folder / "crops" / "00001" / "000002"
    crops.rename(tmp_path / "elsewhere")
    crops.symlink_to(tmp_path / "elsewhere")
    with open_gallery(folder, write=True) as gallery:
        with pytest.raises(GalleryError, match="behind a link"):
            delete_tracklets(gallery, names=["door/2"])
        assert {problem.kind for problem in verify_gallery(gallery).problems} >= {"deletion"}
    crops.unlink()
    (tmp_path / "elsewhere").rename(crops)
    open_gallery(folder, write=True).close()
    assert not crops.exists()


PARTS = ["gallery.sqlite", "crops", "vectors", "set-aside", "writer.lock", "gallery.sqlite-wal"]


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("is_there", [True, False])
def test_no_part_of_a_gallery_may_be_a_link(folder, tmp_path, name, is_there):
    part, outside = folder / name, tmp_path / "outside"
    if is_there and part.exists():
        part.rename(outside)
    elif is_there:
        outside.write_bytes(b"")
    elif part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)
    part.symlink_to(outside)
    before = sorted(tmp_path.rglob("*"))
    for options in ({}, {"write": True}, {"write": True, "create_with": MODEL}):
        with pytest.raises((GalleryError, StorageError), match="not links"):
            open_gallery(folder, **options)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_linked_lock_of_the_vectors_is_not_followed(folder, tmp_path):
    (folder / "vectors" / "lock").unlink()
    (folder / "vectors" / "lock").symlink_to(tmp_path / "outside")
    (folder / "vectors" / "head.json").unlink()
    with open_gallery(folder) as gallery:
        assert len(gallery.vectors()[0]) == 3
    assert not (tmp_path / "outside").exists()


TRIGGER = "CREATE TRIGGER {} AFTER DELETE ON tracklets BEGIN DELETE FROM sources; END"
CHANGES = {
    "trigger": [TRIGGER.format("hook")],
    "view": ["CREATE VIEW people AS SELECT * FROM tracklets"],
    "table": ["CREATE TABLE extra (x)"],
    "index": ["CREATE INDEX slow ON tracklets (person)"],
    "column": ["ALTER TABLE tracklets ADD COLUMN note TEXT"],
    "generated": ["ALTER TABLE tracklets ADD COLUMN double AS (2 * id)"],
    "missing": ["DROP TABLE detections"],
    "view for a table": ["DROP TABLE detections", "CREATE VIEW detections AS SELECT 1"],
}


def check_refused(folder):
    before = (folder / "gallery.sqlite").read_bytes()
    for options in ({}, {"write": True}, {"write": True, "create_with": MODEL}):
        with pytest.raises(GallerySchemaError, match="nor triggers or views"):
            open_gallery(folder, **options)
    assert (folder / "gallery.sqlite").read_bytes() == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_database_that_somebody_has_changed_is_refused(folder, change):
    execute(folder, *CHANGES[change])
    check_refused(folder)


def test_a_trigger_with_a_forged_name_is_refused(folder):
    """SQLite gives no trigger a name of its own tables, but reads one that has it."""
    execute(
        folder,
        TRIGGER.format("hook"),
        "PRAGMA writable_schema = ON",
        """UPDATE sqlite_schema SET name = 'sqlite_hook', sql = replace(sql, 'hook', 'sqlite_hook')
        WHERE name = 'hook'""",
    )
    check_refused(folder)
