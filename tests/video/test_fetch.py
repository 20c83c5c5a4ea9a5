"""Downloading weights from a server of our own: checked, whole or not at all, resumed."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import DetectorError
from tacan.video.fetch import Weights, fetch_weights, weights_folder

CONTENT = np.random.default_rng(0).bytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Sends CONTENT. `breaks_after` bytes it hangs up; `ranges` is whether it can go on."""

    breaks_after: int | None = None
    ranges = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []

    def url(self, path: str = "/w.bin") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        if self.path != "/w.bin":
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.server.ranges else 0
        if start and start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        body = CONTENT[start:]
        if self.server.breaks_after is not None:
            body = body[: self.server.breaks_after]
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield serving
        serving.shutdown()


def weights(server: Server, **changes: str) -> Weights:
    return Weights(**{"name": "w.bin", "url": server.url(), "digest": f"sha256:{SHA256}"} | changes)


def test_a_file_is_fetched_once(server: Server, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    path = fetch_weights(
        weights(server), allowed=True, folder=tmp_path / "new", progress=lambda *p: heard.append(p)
    )
    assert path.read_bytes() == CONTENT
    assert heard[-1] == (len(CONTENT), len(CONTENT))
    assert fetch_weights(weights(server), allowed=False, folder=tmp_path / "new") == path
    assert len(server.asked) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["w.bin"]


def test_nothing_is_fetched_without_leave(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="--fetch") as caught:
        fetch_weights(weights(server), allowed=False, folder=tmp_path)
    assert server.url() in str(caught.value)
    assert str(tmp_path / "w.bin") in str(caught.value)
    assert server.asked == []


def test_the_first_digits_of_a_digest_or_an_md5_are_enough(server: Server, tmp_path: Path) -> None:
    md5 = hashlib.md5(CONTENT).hexdigest()
    for place, digest in enumerate((f"sha256:{SHA256[:8]}", f"md5:{md5}")):
        folder = tmp_path / str(place)
        assert fetch_weights(weights(server, digest=digest), allowed=True, folder=folder).is_file()


@pytest.mark.parametrize("published", [f"sha256:{SHA256[:8]}", "md5"])
@pytest.mark.parametrize("by_hand", [False, True])
def test_the_whole_digest_of_what_first_came_is_kept_and_checked(
    published: str, by_hand: bool, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if published == "md5":
        published = f"md5:{hashlib.md5(CONTENT).hexdigest()}"
    some = weights(server, digest=published)
    if by_hand:
        (tmp_path / "w.bin").write_bytes(CONTENT)
    path = fetch_weights(some, allowed=not by_hand, folder=tmp_path)
    record = tmp_path / "w.bin.sha256"
    assert record.read_text() == f"{SHA256}  w.bin\n"
    assert fetch_weights(some, allowed=False, folder=tmp_path) == path

    # Another content of the published digits, as can be made for 32 bits of them in minutes.
    monkeypatch.setattr(Weights, "matches", lambda *_: True)
    path.write_bytes(b"another")
    with pytest.raises(DetectorError, match=f"must have the SHA-256 {SHA256}.*first came"):
        fetch_weights(some, allowed=True, folder=tmp_path)
    path.unlink()
    monkeypatch.setitem(globals(), "CONTENT", b"another")
    with pytest.raises(DetectorError, match=f"sends must have the SHA-256 {SHA256}"):
        fetch_weights(some, allowed=True, folder=tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [record.name]
    record.unlink()
    assert fetch_weights(some, allowed=True, folder=tmp_path).read_bytes() == b"another"


def test_a_folder_of_weights_may_be_read_only(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("read-only")

    (tmp_path / "w.bin").write_bytes(CONTENT)
    monkeypatch.setattr("tacan.video.fetch.write_text", refuse)
    some = weights(server, digest=f"sha256:{SHA256[:8]}")
    assert fetch_weights(some, allowed=False, folder=tmp_path).is_file()


def test_another_content_is_not_kept(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="Nothing was kept"):
        fetch_weights(weights(server, digest="sha256:00ff"), allowed=True, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_changed_on_the_disk_is_refused(server: Server, tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(CONTENT[:-1])
    with pytest.raises(DetectorError, match="must have the digest"):
        fetch_weights(weights(server), allowed=True, folder=tmp_path)
    assert server.asked == []


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_is_taken_up_again(server: Server, tmp_path: Path, ranges: bool) -> None:
    server.breaks_after = 1_200_000
    with pytest.raises(DetectorError, match="goes on where it stopped"):
        fetch_weights(weights(server), allowed=True, folder=tmp_path)
    assert not (tmp_path / "w.bin").exists()
    have = (tmp_path / "w.bin.part").stat().st_size
    assert have > 0
    server.breaks_after = None
    server.ranges = ranges
    path = fetch_weights(weights(server), allowed=True, folder=tmp_path)
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={have}-"]


def test_a_whole_part_needs_nothing_more(server: Server, tmp_path: Path) -> None:
    (tmp_path / "w.bin.part").write_bytes(CONTENT)
    path = fetch_weights(weights(server), allowed=True, folder=tmp_path)
    assert path.read_bytes() == CONTENT


def test_an_absent_file_and_an_absent_network_say_what_to_do(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(DetectorError, match="404"):
        fetch_weights(weights(server, url=server.url("/other")), allowed=True, folder=tmp_path)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/w.bin"
    with pytest.raises(DetectorError, match="Without a network, copy the file") as caught:
        fetch_weights(weights(server, url=nobody), allowed=True, folder=tmp_path)
    assert str(tmp_path / "w.bin") in str(caught.value)
    with pytest.raises(DetectorError, match="http or https"):
        fetch_weights(weights(server, url="file:///etc/passwd"), allowed=True, folder=tmp_path)


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("TACAN_WEIGHTS", raising=False)
    assert weights_folder() == tmp_path / "tacan" / "weights"
    monkeypatch.setenv("TACAN_WEIGHTS", str(tmp_path / "w"))
    assert weights_folder() == tmp_path / "w"


def test_without_a_home_directory_a_folder_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("TACAN_WEIGHTS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(DetectorError, match="TACAN_WEIGHTS"):
        weights_folder()
