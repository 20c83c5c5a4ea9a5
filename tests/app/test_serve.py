"""Starting the server: what it may be given, and what it says."""

from __future__ import annotations

import socket

import pytest

from tacan.app import serve as serving
from tacan.app.serve import ServeSettings, serve
from tacan.errors import ConfigError, GalleryError, StorageError


@pytest.fixture
def started(monkeypatch):
    """Runs of the server, which end at once."""
    runs = []

    def run(served, listening, on_start):
        on_start()
        runs.append((served, listening.getsockname()))
        listening.close()

    monkeypatch.setattr(serving, "run_server", run)
    return runs


@pytest.fixture
def opened(monkeypatch):
    addresses: list[str] = []
    monkeypatch.setattr(serving.webbrowser, "open", addresses.append)
    return addresses


def test_it_listens_to_this_machine_alone_and_opens_the_browser(folder, started, opened):
    said: list[str] = []
    serve([folder], ServeSettings(port=0), say=said.append)
    ((served, (host, port)),) = started
    assert host == "127.0.0.1"
    address, _, ticket = opened[0].partition("?token=")
    assert address == f"http://127.0.0.1:{port}/"
    assert f"{address}?token={served.keys.token}" in said[0]
    # Everybody on the machine sees a browser's command line: what is in it lets in once.
    assert ticket != served.keys.token
    assert served.keys.admits(ticket)
    assert not served.keys.admits(ticket)
    serve([folder], ServeSettings(port=0, no_browser=True), say=said.append)
    assert len(opened) == 1


def test_other_machines_need_the_password(folder, started, tmp_path):
    with pytest.raises(ConfigError, match="--host needs --password-file"):
        serve([folder], ServeSettings(host="0.0.0.0"), say=print)
    path = tmp_path / "password.txt"
    path.write_text("a long password\n", encoding="utf-8")
    said: list[str] = []
    settings = ServeSettings(host="0.0.0.0", port=0, password_file=path, no_browser=True)
    serve([folder], settings, say=said.append)
    assert "unencrypted" in said[1]
    assert started[0][0].keys.has_password


def test_settings_that_can_not_be_are_told_together(tmp_path, started):
    settings = ServeSettings(host="desk", port=70_000, videos=(tmp_path / "none",))
    with pytest.raises(ConfigError) as raised:
        serve([], settings, say=print)
    assert len(raised.value.faults) == 4


def test_a_port_that_is_taken(folder, started):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = ServeSettings(port=taken.getsockname()[1], no_browser=True)
        with pytest.raises(StorageError, match="needs a port of its own"):
            serve([folder], settings, say=print)


def test_galleries_of_the_folder_at_hand_or_those_given(folder, started, monkeypatch, tmp_path):
    monkeypatch.chdir(folder.parent)
    settings = ServeSettings(port=0, no_browser=True)
    serve([], settings, say=print)
    assert started[0][0].galleries.names() == ("people.gallery",)
    serve([folder, tmp_path / "new.gallery"], settings, say=print)
    assert not started[1][0].galleries.is_there("new.gallery")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(GalleryError):
        serve([tmp_path / "other"], settings, say=print)
