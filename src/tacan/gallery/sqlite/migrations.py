"""The versions of a gallery's database.

Append only: a migration that galleries were made with is never changed. A database of version v
has had the first v of `MIGRATIONS`; the number is its `PRAGMA user_version`.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tacan.gallery.errors import GalleryError, GallerySchemaError

__all__ = ["APPLICATION_ID", "MIGRATIONS", "check_schema", "migrate", "schema_version"]

APPLICATION_ID = 0x5441434E
"""`TACN`: says whose database it is."""

# Numbers of tracklets stay behind in `deleted_numbers`, so that a source that is still being
# indexed does not bring a deleted tracklet back. `doomed_crops` are files that a deletion has
# still to remove.
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

MIGRATIONS: tuple[tuple[str, ...], ...] = (_VERSION_1,)


def schema_version(connection: sqlite3.Connection) -> int:
    """The version of a database, 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raises `GallerySchemaError` unless the database has exactly the version known here, and
    `GalleryError` for a database that is no gallery's."""
    version = schema_version(connection)
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if version and owner != APPLICATION_ID:
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
    if version < len(MIGRATIONS):
        raise GallerySchemaError(
            f"a gallery must be of schema version {len(MIGRATIONS)} to be read",
            got=f"{path} of version {version}",
            remedy="Open it once for writing, such as by `tacan gallery verify --repair`.",
        )


def migrate(connection: sqlite3.Connection, path: Path) -> int:
    """Brings a database to the newest version, all or nothing; returns the version it had.

    Raises `GallerySchemaError` for a database that is newer, before anything is changed.
    """
    version = schema_version(connection)
    if version >= len(MIGRATIONS):
        check_schema(connection, path)
        return version
    connection.execute("BEGIN IMMEDIATE")
    try:
        for migration in MIGRATIONS[version:]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return version
