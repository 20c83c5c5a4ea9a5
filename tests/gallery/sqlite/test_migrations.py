from __future__ import annotations

import hashlib
import sqlite3

import pytest

from tacan.errors import GallerySchemaError
from tacan.gallery import open_gallery
from tacan.gallery.sqlite import migrations
from tacan.gallery.sqlite.migrations import MIGRATIONS
from tests.gallery.conftest import MODEL, fill

# A migration that galleries were made with is never changed: add a new one, and its digest here.
DIGESTS = (
    "dd449266781a0016dcc49ea03e3a57ba459c01f5f50fd2ec252f3d832d12bb35",
    "d1cfe04ba846a8366bfdc7e7e5f1d24d2b3db461d90f2e4f63d8477c8b6b7198",
    "5ca8b2b7e1b1e8f9d9302e22c257c8276719105f4311c5029875af532804bad4",
    "077073c57bd4cb40ff9ff60e00f11dcce781f1749417e1c5866b05596b20ea41",
    "88bc96a1eed16bb6f601a4769fe2c109e9a410f2620553cb59154d30ca4c9d47",
    "062b9e1148a70866b0b1098799509c8fc5540dea491fd7c2d9889abac71c68ba",
)


def test_migrations_are_append_only():
    digests = tuple(
        hashlib.sha256("\n".join(migration).encode()).hexdigest() for migration in MIGRATIONS
    )
    assert digests == DIGESTS


NEXT = ("ALTER TABLE tracklets ADD COLUMN colour TEXT", "UPDATE metadata SET value = value")


@pytest.fixture
def newer(monkeypatch):
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, NEXT))


def test_an_older_gallery_is_brought_up_to_date_by_its_next_writer(
    make_gallery, newer, monkeypatch
):
    with monkeypatch.context() as older:
        older.setattr(migrations, "MIGRATIONS", MIGRATIONS)
        folder = make_gallery("door")
    with pytest.raises(GallerySchemaError, match="Open it once for writing"):
        open_gallery(folder)
    with open_gallery(folder, write=True) as gallery:
        assert gallery.info().n_tracklets == 3
        assert gallery.info().schema == len(MIGRATIONS) + 1
    with open_gallery(folder) as gallery:
        assert len(gallery.vectors()[0]) == 3


SINCE_VERSION_5 = (
    *(
        "unsure_pairs",
        "judgements",
        "persons_before",
        "decisions",
        "tracklet_persons",
        "persons",
        "audit_log",
    ),
)


def test_a_gallery_of_version_1_is_read_unchanged_and_migrated_by_a_writer(
    make_gallery,
):
    folder = make_gallery("door")
    with sqlite3.connect(folder / "gallery.sqlite") as database:
        for table in SINCE_VERSION_5:
            database.execute(f"DROP TABLE {table}")
        database.execute("ALTER TABLE trajectories DROP COLUMN tracks")
        database.execute("ALTER TABLE sources DROP COLUMN damage")
        database.execute("ALTER TABLE metadata RENAME TO facts")
        database.execute("ALTER TABLE pending_deletions RENAME TO doomed_crops")
        database.execute("PRAGMA user_version = 1")
    before = (folder / "gallery.sqlite").read_bytes()
    with open_gallery(folder) as gallery:
        assert gallery.info().n_tracklets == len(gallery.vectors()[0]) == 3
        assert [source.damage for source in gallery.sources()] == [None]
        assert [each.person_id for each in gallery.tracklets()] == [None] * 3
        people = gallery.store.people()
        assert (people.persons(), people.decisions(), people.log()) == ((), (), ())
        assert people.linking() is people.retention_days() is None
        assert not gallery.log("search")
        assert {gallery.trajectory(each.id).tracks for each in gallery.tracklets()} == {()}
    assert (folder / "gallery.sqlite").read_bytes() == before
    with open_gallery(folder, write=True) as gallery:
        assert gallery.info().schema == len(MIGRATIONS)
    with open_gallery(folder) as gallery:
        assert gallery.info().n_tracklets == len(gallery.vectors()[0]) == 3


def test_a_migration_that_fails_changes_nothing(make_gallery, monkeypatch):
    folder = make_gallery("door")
    broken = (*MIGRATIONS, ("CREATE TABLE extra (x)", "INSERT INTO nowhere VALUES (1)"))
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", broken)
        with pytest.raises(Exception, match="nowhere"):
            open_gallery(folder, write=True)
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        fill(gallery, "yard")
    with sqlite3.connect(folder / "gallery.sqlite") as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
        assert "extra" not in tables
        assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
