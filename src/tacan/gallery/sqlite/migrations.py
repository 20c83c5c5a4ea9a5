"""The versions of a gallery's database.

Append only: a migration that galleries were made with is never changed. A database of version v
has had the first v of `MIGRATIONS`; the number is its `PRAGMA user_version`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from tacan.errors import GalleryError, GallerySchemaError
from tacan.gallery.sqlite.connections import transaction

__all__ = [
    "APPLICATION_ID",
    "MIGRATIONS",
    "check_schema",
    "migrate",
    "name_as_newest",
    "schema_version",
]

APPLICATION_ID = 0x5441434E
"""`TACN`, the mark of a gallery's database."""

# Numbers of tracklets stay behind in `deleted_numbers`, so that a source that is still being
# indexed does not bring a deleted tracklet back.
_VERSION_1 = (
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE cameras (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        next_number INTEGER NOT NULL DEFAULT 1)""",
    """CREATE TABLE sources (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,
        camera_id INTEGER NOT NULL REFERENCES cameras (id),
        start_us INTEGER, duration REAL, fps REAL, width INTEGER, height INTEGER,
        settings TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('indexing', 'done')),
        UNIQUE (sha256, camera_id, settings))""",
    """CREATE TABLE tracklets (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source_id INTEGER NOT NULL REFERENCES sources (id),
        number INTEGER NOT NULL,
        camera_id INTEGER NOT NULL REFERENCES cameras (id),
        camera_number INTEGER NOT NULL,
        first_seconds REAL NOT NULL, last_seconds REAL NOT NULL,
        start_us INTEGER, end_us INTEGER,
        n_frames INTEGER NOT NULL, quality REAL NOT NULL, person TEXT,
        UNIQUE (source_id, number), UNIQUE (camera_id, camera_number))""",
    """CREATE TABLE vectors (
        tracklet_id INTEGER PRIMARY KEY REFERENCES tracklets (id) ON DELETE CASCADE,
        embedding BLOB NOT NULL, checksum INTEGER NOT NULL)""",
    """CREATE TABLE trajectories (
        tracklet_id INTEGER PRIMARY KEY REFERENCES tracklets (id) ON DELETE CASCADE,
        frames BLOB NOT NULL, seconds BLOB NOT NULL, boxes BLOB NOT NULL,
        clip_weights BLOB NOT NULL, clip_frames BLOB NOT NULL)""",
    """CREATE TABLE crops (
        tracklet_id INTEGER NOT NULL REFERENCES tracklets (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        path TEXT NOT NULL, frame INTEGER NOT NULL, seconds REAL NOT NULL, box BLOB NOT NULL,
        sharpness REAL NOT NULL, size INTEGER NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (tracklet_id, position)) WITHOUT ROWID""",
    """CREATE TABLE detections (
        source_id INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
        first_frame INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (source_id, first_frame))""",
    """CREATE TABLE deleted_numbers (
        source_id INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
        number INTEGER NOT NULL, PRIMARY KEY (source_id, number)) WITHOUT ROWID""",
    "CREATE TABLE doomed_crops (path TEXT PRIMARY KEY) WITHOUT ROWID",
    "INSERT INTO facts VALUES ('generation', '0'), ('erasing', '0')",
)

# `pending_deletions` are folders of crops that a deletion has still to erase.
_VERSION_2 = (
    "ALTER TABLE facts RENAME TO metadata",
    "ALTER TABLE doomed_crops RENAME TO pending_deletions",
)

# Why a source that is done could not be decoded as a whole.
_VERSION_3 = ("ALTER TABLE sources ADD COLUMN damage TEXT",)

# The tracks that a tracklet was made of.
_VERSION_4 = ("ALTER TABLE trajectories ADD COLUMN tracks BLOB",)

# Who a tracklet shows, what humans said about it, and who did what with the gallery.
# `decisions` are what a human said at once: whether pairs of tracklets are one person, or a name;
# `persons_before` are the persons of the tracklets concerned as they were before it, for its undo.
# A person without tracklets is kept as long as a decision may bring it back.
_VERSION_5 = (
    """CREATE TABLE persons (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT, note TEXT,
        anchor_id INTEGER REFERENCES tracklets (id) ON DELETE SET NULL)""",
    """CREATE TABLE tracklet_persons (
        tracklet_id INTEGER PRIMARY KEY REFERENCES tracklets (id) ON DELETE CASCADE,
        person_id INTEGER NOT NULL REFERENCES persons (id))""",
    """CREATE TABLE decisions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time_us INTEGER NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL,
        person_id INTEGER, name_before TEXT, note_before TEXT)""",
    """CREATE TABLE judgements (
        decision_id INTEGER NOT NULL REFERENCES decisions (id) ON DELETE CASCADE,
        one_id INTEGER NOT NULL REFERENCES tracklets (id) ON DELETE CASCADE,
        other_id INTEGER NOT NULL REFERENCES tracklets (id) ON DELETE CASCADE,
        same INTEGER NOT NULL,
        PRIMARY KEY (decision_id, one_id, other_id)) WITHOUT ROWID""",
    """CREATE TABLE persons_before (
        decision_id INTEGER NOT NULL REFERENCES decisions (id) ON DELETE CASCADE,
        tracklet_id INTEGER NOT NULL REFERENCES tracklets (id) ON DELETE CASCADE,
        person_id INTEGER NOT NULL REFERENCES persons (id),
        PRIMARY KEY (decision_id, tracklet_id)) WITHOUT ROWID""",
    """CREATE TABLE audit_log (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time_us INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL)""",
    # What a deletion follows from a tracklet or a person to the rows that name it.
    "CREATE INDEX persons_by_anchor ON persons (anchor_id)",
    "CREATE INDEX tracklet_persons_by_person ON tracklet_persons (person_id)",
    "CREATE INDEX judgements_by_one ON judgements (one_id)",
    "CREATE INDEX judgements_by_other ON judgements (other_id)",
    "CREATE INDEX persons_before_by_tracklet ON persons_before (tracklet_id)",
    "CREATE INDEX persons_before_by_person ON persons_before (person_id)",
)

# Pairs of tracklets of which a human could not tell whether they are one person.
_VERSION_6 = (
    """CREATE TABLE unsure_pairs (
        decision_id INTEGER NOT NULL REFERENCES decisions (id) ON DELETE CASCADE,
        one_id INTEGER NOT NULL REFERENCES tracklets (id) ON DELETE CASCADE,
        other_id INTEGER NOT NULL REFERENCES tracklets (id) ON DELETE CASCADE,
        PRIMARY KEY (decision_id, one_id, other_id)) WITHOUT ROWID""",
    "CREATE INDEX unsure_pairs_by_one ON unsure_pairs (one_id)",
    "CREATE INDEX unsure_pairs_by_other ON unsure_pairs (other_id)",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    *(_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4, _VERSION_5, _VERSION_6),
)


def _empty_view(table: str, columns: str) -> str:
    nothing = ", ".join(f"NULL AS {column}" for column in columns.split())
    return f"CREATE TEMP VIEW {table} AS SELECT {nothing} WHERE 0"


# By the version that they make: views that give an older database the names of that version.
# So a gallery that nobody may write to needs no migration to be read.
_TEMPORARY_VIEWS: Mapping[int, tuple[str, ...]] = {
    2: (
        "CREATE TEMP VIEW metadata AS SELECT name, value FROM main.facts",
        "CREATE TEMP VIEW pending_deletions AS SELECT path FROM main.doomed_crops",
    ),
    3: ("CREATE TEMP VIEW sources AS SELECT *, NULL AS damage FROM main.sources",),
    4: ("CREATE TEMP VIEW trajectories AS SELECT *, NULL AS tracks FROM main.trajectories",),
    5: (
        _empty_view("persons", "id name note anchor_id"),
        _empty_view("tracklet_persons", "tracklet_id person_id"),
        _empty_view("decisions", "id time_us who kind person_id name_before note_before"),
        _empty_view("judgements", "decision_id one_id other_id same"),
        _empty_view("persons_before", "decision_id tracklet_id person_id"),
        _empty_view("audit_log", "id time_us who action detail"),
    ),
    6: (_empty_view("unsure_pairs", "decision_id one_id other_id"),),
}


def schema_version(connection: sqlite3.Connection) -> int:
    """The version of a database, 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_schema(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a gallery's database; 0 for one without any table.

    Raises `GallerySchemaError` for a newer version, and `GalleryError` for another program's
    database and for one that differs from what the migrations make: a trigger or a view would
    run statements of its author's.
    """
    version = schema_version(connection)
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if (version and owner != APPLICATION_ID) or (not version and _objects(connection)):
        raise GalleryError(
            "a gallery must hold a database made by this software",
            got=f"{path} of another program",
            remedy="Check the path.",
        )
    if version > len(MIGRATIONS):
        raise GallerySchemaError(
            f"a gallery's schema must be of version {len(MIGRATIONS)} or older",
            got=f"{path} of version {version}",
            remedy="Open it with a newer version of TACAN. Nothing was changed.",
        )
    different = sorted(_objects(connection) ^ _made_by_migrations(version))
    if different:
        raise GallerySchemaError(
            f"a gallery of schema version {version} must have the tables of that version and "
            "no others, nor triggers or views",
            got=f"{path}, which differs in {' '.join(different[0][:2])}",
            remedy="Don't use a gallery that somebody has changed; index the videos again.",
        )
    return version


def _objects(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    """Type, name and columns of all that a database defines, apart from SQLite's own tables and
    indexes. A forged trigger or view can have a name like theirs."""
    query = r"""SELECT type, name FROM main.sqlite_schema
        WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' OR type NOT IN ('table', 'index')"""
    found = set()
    for kind, name in connection.execute(query).fetchall():
        columns = ()
        if kind == "table":
            columns = connection.execute("SELECT * FROM pragma_table_xinfo(?)", (name,)).fetchall()
        found.add((str(kind), str(name), repr(columns)))
    return found


def _made_by_migrations(version: int) -> set[tuple[str, ...]]:
    connection = sqlite3.connect(":memory:")
    try:
        for migration in MIGRATIONS[:version]:
            for statement in migration:
                connection.execute(statement)
        return _objects(connection)
    finally:
        connection.close()


def name_as_newest(connection: sqlite3.Connection, path: Path) -> None:
    """Lets a reader of an older database use the tables' newest names, without changing it.

    Raises what `check_schema` raises, and `GallerySchemaError` where it must be migrated first.
    """
    version = check_schema(connection, path)
    newer = range(version + 1, len(MIGRATIONS) + 1)
    if version == 0 or any(number not in _TEMPORARY_VIEWS for number in newer):
        raise GallerySchemaError(
            f"a gallery must be of schema version {len(MIGRATIONS)} to be read",
            got=f"{path} of version {version}",
            remedy="Open it once for writing, such as by `tacan gallery verify --repair`.",
        )
    for number in newer:
        for statement in _TEMPORARY_VIEWS[number]:
            connection.execute(statement)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Brings a database to the newest version, all or nothing.

    Raises what `check_schema` raises, before anything is changed.
    """
    version = check_schema(connection, path)
    if version == len(MIGRATIONS):
        return
    with transaction(connection, "IMMEDIATE"):
        for migration in MIGRATIONS[version:]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
