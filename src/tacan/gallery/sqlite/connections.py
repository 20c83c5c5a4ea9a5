"""Connections to a gallery's database: one that writes, any number that read.

Write-ahead logging (WAL) lets readers read what was committed while one process writes. A reader
needs no right to write; where the folder can't be written to, the database is opened as one that
nobody changes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tacan.errors import GalleryBusyError, GalleryError, StorageError

__all__ = ["connect_appender", "connect_reader", "connect_writer", "sqlite_errors", "transaction"]

PAGE_SIZE = 32768  # 7 vectors of 1,024 numbers a page; small pages waste half of themselves
CACHE_KIBIBYTES = 16384
APPENDING_WAIT = 5.0  # seconds
WAIT_HINT = "Wait until it has ended, or let this one wait (--wait)."

_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_UNREADABLE = (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """A block in which errors of SQLite become errors of this package."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        if "closed" not in str(error):
            raise  # a defect of this software
        raise GalleryError(
            "a gallery must be open to be used",
            got=f"{path}, which was closed",
            remedy="Open it again.",
        ) from error
    except sqlite3.Error as error:
        raise _translated(error, path) from error


def _translated(error: sqlite3.Error, path: Path) -> Exception:
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    code = extended & 0xFF
    if extended in _UNREADABLE:
        return GalleryError(
            "a gallery's database must be readable",
            got=f"{path} ({error})",
            remedy="Check the disk; nothing was changed.",
        )
    if code in _FULL:
        return StorageError(
            f"{path} must be writable, with room for the data",
            got=error,
            remedy="Free some space; what was committed is safe, and the same command goes on.",
        )
    if code in _BUSY:
        return GalleryBusyError(
            "only one process at a time may write to a gallery",
            got=f"{path}, which another one is using",
            remedy=WAIT_HINT,
        )
    if code in _UNWRITABLE:
        return StorageError(
            f"{path} must be writable", got=error, remedy="Check the permissions of its folder."
        )
    return GalleryError(
        "a gallery's database must be whole",
        got=f"{path} ({error})",
        remedy="Restore it from a copy, or index the videos again into a new gallery.",
    )


def connect_writer(path: Path, *, wait: float) -> sqlite3.Connection:
    """A connection that may write; makes an empty database where there is none.

    `wait` is how long, in seconds, it waits for others.
    """
    connection = _connect(f"{path.resolve().as_uri()}?mode=rwc", wait)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_appender(path: Path) -> sqlite3.Connection:
    """A connection that adds a line to a database that is there, beside any writer.

    Raises `sqlite3.Error` where it can't be written to.
    """
    connection = _connect(f"{path.resolve().as_uri()}?mode=rw", APPENDING_WAIT)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path, *, wait: float) -> sqlite3.Connection:
    """A connection that never writes.

    Where nothing can be written beside the database (a folder without that right, a read-only
    medium), it is opened as unchanging, unless a log beside it holds what is not yet in it.
    """
    uri = path.resolve().as_uri()
    try:
        return _checked_reader(f"{uri}?mode=ro", wait)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _UNWRITABLE:
            raise
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise StorageError(
                "a gallery that can't be written to must have been closed by its writer",
                got=f"{log} with changes that are not yet in the database",
                remedy="Open it once where it can be written to, or copy it to such a place.",
            ) from error
    return _checked_reader(f"{uri}?immutable=1&mode=ro", wait)


def _checked_reader(uri: str, wait: float) -> sqlite3.Connection:
    connection = _connect(uri, wait)
    try:
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(uri: str, wait: float) -> sqlite3.Connection:
    # Threads share a connection; the store lets in one at a time.
    connection = sqlite3.connect(
        uri, uri=True, timeout=wait, isolation_level=None, check_same_thread=False
    )
    # What a database defines may not call functions with side effects.
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str) -> Iterator[sqlite3.Connection]:
    """A block whose changes are all committed or none; `kind` is DEFERRED or IMMEDIATE.

    All that a DEFERRED block reads is of one moment.
    """
    connection.execute(f"BEGIN {kind}")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after some errors, such as a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
