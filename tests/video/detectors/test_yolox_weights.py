"""YOLOX by name: fetched from a server of our own, checked, and run."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import DetectorError
from tacan.runtimes import network
from tacan.runtimes.network import onnx_runtime
from tacan.video.detect import open_detector
from tacan.video.detectors import yolox_weights
from tacan.video.detectors.yolox_weights import WEIGHTS
from tacan.video.fetch import Weights
from tests.video.detectors.graphs import HEIGHT, WIDTH, write_graph, yolox_rows


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Weights]:
    """A small network that stands for yolox:nano, at an address of this machine."""
    served = tmp_path / "served"
    served.mkdir()
    rows = yolox_rows((0, 0.9, 0.9, 0))
    content = write_graph(served / "yolox_nano.onnx", {"output": rows}).read_bytes()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=served)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/yolox_nano.onnx"
        weights = Weights("yolox_nano.onnx", url, digest, "Apache-2.0", len(content))
        monkeypatch.setitem(yolox_weights.WEIGHTS, "nano", weights)
        monkeypatch.setenv("TACAN_WEIGHTS", str(tmp_path / "weights"))
        yield weights
        server.shutdown()


def test_a_network_is_fetched_by_its_name_and_known_afterwards(offer: Weights) -> None:
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    with pytest.raises(DetectorError, match=r"Apache-2\.0.*--fetch"):
        open_detector("yolox:nano")
    heard: list[tuple[int, int]] = []
    fetched = open_detector("yolox:nano", fetch=True, progress=lambda *p: heard.append(p))
    assert heard[-1] == (offer.n_bytes, offer.n_bytes)
    assert [len(found) for found in fetched.detect([image])] == [1]
    for spec in ("yolox:nano", "auto"):
        again = open_detector(spec)
        assert (again.name, again.fingerprint) == ("yolox:nano", fetched.fingerprint)


def test_nothing_is_fetched_for_auto_unless_it_is_allowed(offer: Weights) -> None:
    assert open_detector("auto").name == "street"
    assert open_detector("auto", fetch=True).name == "yolox:nano"


def test_another_content_is_refused(offer: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Weights(offer.name, offer.url, WEIGHTS["tiny"].digest)
    monkeypatch.setitem(yolox_weights.WEIGHTS, "nano", other)
    with pytest.raises(DetectorError, match="Nothing was kept"):
        open_detector("yolox:nano", fetch=True)


def test_every_network_has_an_address_a_whole_digest_and_a_licence() -> None:
    for weights in WEIGHTS.values():
        assert weights.url.startswith("https://github.com/Megvii-BaseDetection/YOLOX/releases/")
        assert weights.url.endswith(f"/{weights.name}")
        assert len(weights.digest) == len("sha256:") + 64
        assert weights.licence == "Apache-2.0"
        assert weights.n_bytes is not None


@pytest.mark.parametrize(
    ("installed", "runtime"),
    [({"onnxruntime", "openvino"}, "onnx"), ({"openvino"}, "openvino"), (set(), "opencv")],
)
def test_what_is_installed_runs_it(
    installed: set[str], runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "find_spec", lambda name: name if name in installed else None)
    assert onnx_runtime() == runtime
