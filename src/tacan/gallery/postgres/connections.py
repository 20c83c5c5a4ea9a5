"""Connections to a gallery's database on a PostgreSQL server.

Statements are those of the SQLite store, with ? for each value: they are written so that both
databases take them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tacan.errors import GalleryBusyError, GalleryError, StorageError
from tacan.installing import install_advice

if TYPE_CHECKING:
    import psycopg

__all__ = ["WRITERS", "PostgresConnection", "connect", "postgres_errors", "transaction"]

TIMEOUT = 10
"""Seconds within which the server has to answer."""
LOCK_SECONDS = 60
WRITERS = 0x5441434E
"""The advisory lock that a transaction holds which writes: so the ids of tracklets rise in the
order in which they are committed, as caches of vectors need it."""


class PostgresConnection:
    """What the SQLite store uses of a connection, of a PostgreSQL server's."""

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.raw = raw

    def execute(self, query: str, values: Sequence[Any] = ()) -> psycopg.Cursor[Any]:
        return self.raw.execute(_translated(query), values or None)  # pyright: ignore

    def executemany(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        with self.raw.cursor() as cursor:
            cursor.executemany(_translated(query), rows)  # pyright: ignore

    @property
    def in_transaction(self) -> bool:
        return self.raw.info.transaction_status != 0

    def close(self) -> None:
        self.raw.close()


@lru_cache(maxsize=256)
def _translated(query: str) -> str:
    return query.replace("%", "%%").replace("?", "%s") if "?" in query else query


def connect(address: str, *, write: bool) -> PostgresConnection:
    """A connection to the server. Raises `GalleryError` where psycopg is not installed."""
    try:
        import psycopg
    except ImportError as error:
        raise GalleryError(
            "a gallery on a server needs the package psycopg",
            got="none",
            remedy=install_advice("psycopg[binary]"),
        ) from error
    options = f"-c search_path=tacan -c lock_timeout={LOCK_SECONDS}s"
    if not write:
        options += " -c default_transaction_read_only=on"
    raw = psycopg.connect(
        address,
        autocommit=True,
        connect_timeout=TIMEOUT,
        application_name="tacan",
        options=options,
    )
    return PostgresConnection(raw)


@contextmanager
def postgres_errors(place: object) -> Iterator[None]:
    """A block in which errors of the server become errors of this package."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith("psycopg"):
            raise
        raise _translated_error(error, place) from error


def _translated_error(error: Exception, place: object) -> Exception:
    import psycopg

    said = str(error).strip().replace("\n", " ")
    state = getattr(error, "sqlstate", None) or ""
    if isinstance(error, psycopg.InterfaceError) and "closed" in said:
        return GalleryError(
            "a gallery must be open to be used",
            got=f"{place}, which was closed",
            remedy="Open it again.",
        )
    if state in ("55P03", "40P01"):
        return GalleryBusyError(
            "a gallery's tables must be free to be changed",
            got=f"{place}, which another process holds",
            remedy="Wait until it has ended. Nothing was changed.",
        )
    if state.startswith("53"):
        return StorageError(
            f"the server of {place} must have room for the data",
            got=said,
            remedy="Free some space; what was committed is safe, and the same command goes on.",
        )
    if state in ("42501", "25006"):
        return StorageError(
            f"the user of {place} must be allowed to do this",
            got=said,
            remedy="Ask for the rights: the owner of the database's schema tacan has them.",
        )
    if isinstance(error, psycopg.OperationalError):
        return GalleryError(
            "the server of a gallery must be reachable",
            got=f"{place} ({said})",
            remedy="Check that it runs; what was committed is safe, and the same command goes on.",
        )
    return GalleryError(
        "a gallery's database must be whole",
        got=f"{place} ({said})",
        remedy="Restore it from a backup, or index the videos again into a new gallery.",
    )


@contextmanager
def transaction(connection: PostgresConnection, *, write: bool) -> Iterator[PostgresConnection]:
    """A block whose changes are all committed or none; one that writes waits for others that do.

    All that a block reads is of one moment.
    """
    begin = "BEGIN" if write else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    connection.execute(begin)
    try:
        if write:
            connection.execute(f"SELECT pg_advisory_xact_lock({WRITERS})")
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if not connection.raw.closed and connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
