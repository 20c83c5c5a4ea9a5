"""A lock that one process at a time holds, and that its death releases."""

from __future__ import annotations

import sqlite3
from pathlib import Path

__all__ = ["ProcessLock"]


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
        """Whether the lock is held now, after at most `wait` seconds.

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
