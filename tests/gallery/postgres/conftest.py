"""One server for all, and the tests of galleries in folders run with galleries on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tacan.gallery.opening import open_gallery
from tests.gallery import conftest
from tests.gallery.servers import Server, start_server

make_gallery = conftest.make_gallery


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    yield from start_server()


@pytest.fixture
def galleries_on_server(server, monkeypatch, request) -> None:
    """Every gallery that the tests of `request.module.SAME_AS` open in a folder is on the server,
    with its crops in the folder."""

    def opened(folder, **how):
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        return open_gallery(server.address(name, folder), **how)

    for module in (conftest, request.module.SAME_AS):
        monkeypatch.setattr(module, "open_gallery", opened, raising=False)


def same_tests(module: ModuleType, *, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """The tests and fixtures of a module, without those of what only a folder has."""
    return {
        name: each
        for name, each in vars(module).items()
        if (name.startswith("test_") or name in ("gallery", "folder")) and name not in but
    }
