"""YOLOX by name: the files of its makers' release 0.1.1rc0, under Apache-2.0."""

from __future__ import annotations

from pathlib import Path

from tacan.progress import Progress, silent
from tacan.runtimes.network import onnx_runtime
from tacan.video.detectors.network_detector import (
    FilledDetector,
    NetworkDetector,
    open_network_detector,
)
from tacan.video.fetch import Weights, fetch_weights

__all__ = ["WEIGHTS", "open_named_yolox"]

_RELEASE = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0"


def _weights(name: str, sha256: str, n_bytes: int) -> Weights:
    return Weights(name, f"{_RELEASE}/{name}", f"sha256:{sha256}", "Apache-2.0", n_bytes)


WEIGHTS = {
    "nano": _weights(
        "yolox_nano.onnx",
        "c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d",
        3_659_407,
    ),
    "tiny": _weights(
        "yolox_tiny.onnx",
        "427cc366d34e27ff7a03e2899b5e3671425c262ea2291f88bb942bc1cc70b0f7",
        20_219_662,
    ),
    "s": _weights(
        "yolox_s.onnx",
        "c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063",
        35_858_002,
    ),
}
"""Each network by its size."""
_SIDES = {"nano": 416, "tiny": 416, "s": 640}
"""Height and width of its input."""


def open_named_yolox(
    name: str,
    *,
    threshold: float,
    fetch: bool,
    threads: int = 2,
    folder: Path | None = None,
    progress: Progress = silent,
) -> tuple[NetworkDetector | FilledDetector, str]:
    """The network `name` of `WEIGHTS`, and its fingerprint. Raises as `fetch_weights` does."""
    file = fetch_weights(WEIGHTS[name], allowed=fetch, folder=folder, progress=progress)
    return open_network_detector(
        file,
        onnx_runtime(),
        threshold=threshold,
        threads=threads,
        size=(_SIDES[name], _SIDES[name]),
    )
