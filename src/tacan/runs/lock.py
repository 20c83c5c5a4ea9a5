"""Locks that one process at a time holds, and that its death releases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tacan.errors import StorageError

__all__ = ["FOLDER_LOCK", "ProcessLock", "only_process_in"]

FOLDER_LOCK = ".lock"
"""The file in a run's folder by which one process at a time works in it."""


class ProcessLock:
    """Held from `acquire` to `release`, or to the end of the process, however it ends.

    It is SQLite's lock on an empty database, which works alike on all systems, and which forked
    processes don't inherit. It holds within one process as well: a second lock on the same path
    is refused. `filelock` does the same, but takes longer to import than a search.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def acquire(self, *, wait: float = 0.0) -> bool:
        """Tries for at most `wait` seconds; True where the lock is held now.

        Raises `sqlite3.OperationalError` where the lock's file can't be made.
        """
        uri = f"{self._path.resolve().as_uri()}?mode=rwc"
        connection = sqlite3.connect(
            uri, uri=True, timeout=wait, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        self._connection = connection
        return True

    def release(self) -> None:
        """Lets the lock go; without effect if it is not held."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def only_process_in(folder: Path) -> Iterator[None]:
    """A block in which no other process works in `folder`, which is made where it is missing.

    After an error nothing of it is left where the folder had no lock before: no lock, and no empty
    folder. Raises `StorageError` where another process is at work in it, and where no file can be
    made there.
    """
    lock, is_new = ProcessLock(folder / FOLDER_LOCK), not (folder / FOLDER_LOCK).exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_held = lock.acquire()
    except (OSError, sqlite3.OperationalError) as error:
        raise StorageError(
            "a run needs a folder that can be written to",
            got=f"{folder}: {getattr(error, 'strerror', None) or error}",
            remedy="Choose another folder by --out.",
        ) from error
    if not is_held:
        raise StorageError(
            "one process at a time works in a run's folder",
            got=f"{folder}, where another one is at work",
            remedy="Wait for it or stop it, or choose another folder by --out.",
        )
    try:
        yield
    except BaseException:
        if is_new:
            with suppress(OSError):
                for left in folder.glob(f"{FOLDER_LOCK}*"):  # SQLite has one of its own beside it
                    left.unlink()
                folder.rmdir()
        raise
    finally:
        lock.release()
