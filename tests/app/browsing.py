"""A server in a thread, and Debian's chromium in front of it, which is watched."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tacan.app.served import Served
from tacan.app.server import build_app

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page

__all__ = ["Watched", "browse", "chromium", "running"]

WAIT = 60_000
"""Milliseconds that a screen may take on a machine that is busy with other things."""


def chromium() -> str:
    """Where the browser is; skips the test where there is none."""
    pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    if path is None:
        pytest.skip("no chromium is installed: apt-get install chromium")
    return path


class Watched:
    """What a page asked for, and what its console said was wrong."""

    def __init__(self, page: Page) -> None:
        self.hosts: set[str] = set()
        self.faults: list[str] = []
        page.on("request", lambda request: self._note(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, said: ConsoleMessage) -> None:
        # The picture of the frame at hand goes when a run ends, perhaps just when it is asked for.
        if said.type == "error" and "/indexing/picture" not in said.location["url"]:
            self.faults.append(said.text)

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob"):
            self.hosts.add(parts.netloc)


@contextmanager
def running(served: Served) -> Iterator[str]:
    """The address of a server of this run, with its token."""
    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(build_app(served), log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/?token={served.keys.token}"
    finally:
        server.should_exit = True
        thread.join(10)
        served.close()


@contextmanager
def browse(
    *, width: int = 1400, height: int = 900, dark: bool = False, downloads: Path | None = None
) -> Iterator[Page]:
    """A page in a browser of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            accept_downloads=downloads is not None,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(WAIT)
        yield page
        browser.close()
