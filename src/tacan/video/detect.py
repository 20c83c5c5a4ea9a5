"""People detectors by name, all behind `tacan.video.records.Detector`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError
from tacan.video.records import Detections, Detector
from tacan.video.tiling import Tiled

__all__ = ["DETECTORS", "Reader", "ReaderDetector", "open_detector"]


class Reader(Protocol):
    """What one file of `tacan.video.detectors` has to offer. It is called from threads."""

    def detect_one(self, image: NDArray[np.uint8]) -> Detections:
        """The people in one image uint8 [H, W, 3] RGB."""
        ...


class ReaderDetector:
    """A `Detector` that gives each thread one image at a time."""

    def __init__(self, reader: Reader, *, name: str, fingerprint: str, threads: int) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self._reader = reader
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tacan-detector")

    def detect(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """One `Detections` for each image, in their order."""
        return list(self._pool.map(self._reader.detect_one, images))


class Wish(NamedTuple):
    """What somebody asks of one kind of detector."""

    argument: str
    """What stands behind the colon."""
    threshold: float
    fetch: bool
    threads: int


class Kind(NamedTuple):
    """One kind of detector."""

    threshold: float
    """Scores below it are not reported, unless told otherwise."""
    argument: str | None
    """What is to stand behind the colon."""
    open: Callable[[Wish], tuple[Reader, str]]
    """Gives the reader and its fingerprint. It imports what it needs."""


def _hog(wish: Wish) -> tuple[Reader, str]:
    from tacan.video.detectors.hog import open_hog

    return open_hog(threshold=wish.threshold)


def _yolox(wish: Wish) -> tuple[Reader, str]:
    from tacan.video.detectors.yolox import open_yolox

    return open_yolox(Path(wish.argument), threshold=wish.threshold, threads=wish.threads)


def _openvino(wish: Wish) -> tuple[Reader, str]:
    from tacan.video.detectors.openvino import open_openvino_detector

    file = Path(wish.argument)
    return open_openvino_detector(file, threshold=wish.threshold, threads=wish.threads)


def _torchvision(wish: Wish) -> tuple[Reader, str]:
    from tacan.video.detectors.torchvision import open_torchvision

    return open_torchvision(wish.argument, threshold=wish.threshold, fetch=wish.fetch)


def _rfdetr(wish: Wish) -> tuple[Reader, str]:
    from tacan.video.detectors.rfdetr import open_rfdetr

    return open_rfdetr(wish.argument, threshold=wish.threshold, fetch=wish.fetch)


DETECTORS = {
    "hog": Kind(0.2, None, _hog),
    "yolox": Kind(0.1, "FILE", _yolox),
    "openvino": Kind(0.1, "FILE", _openvino),
    "torchvision": Kind(0.1, "NAME", _torchvision),
    "rfdetr": Kind(0.1, "NAME", _rfdetr),
}
"""Every kind of detector that looks at pictures."""


def open_detector(
    spec: str,
    *,
    tiles: tuple[int, int] | None = None,
    threshold: float | None = None,
    fetch: bool = False,
    threads: int = 2,
) -> Detector:
    """The detector that `spec` names: `hog`, `yolox:FILE`, `openvino:FILE` and so on.

    `tiles` (rows, columns) cuts each frame into overlapping tiles, for people who are small in it.
    `threshold` is the least score; the tracker does better with a low one. `fetch` allows weights
    to be downloaded. `threads` images are looked at at the same time. Raises `DetectorError`.
    """
    name, _, argument = spec.partition(":")
    kind = DETECTORS.get(name)
    if kind is None or (kind.argument is None) != (not argument):
        forms = (n if k.argument is None else f"{n}:{k.argument}" for n, k in DETECTORS.items())
        raise DetectorError(
            f"a detector must be one of {', '.join(forms)}",
            got=repr(spec),
            remedy="Correct it; ready boxes are given with mot:FILE.",
        )
    least = kind.threshold if threshold is None else threshold
    if not 0 <= least < 1:
        raise DetectorError(
            "a detector's threshold must be at least 0 and below 1", got=least, remedy="Change it."
        )
    reader, digest = kind.open(Wish(argument, least, fetch, threads))
    detector = ReaderDetector(
        reader, name=spec, fingerprint=f"{digest}:threshold={least}", threads=threads
    )
    return detector if tiles is None else Tiled(detector, rows=tiles[0], columns=tiles[1])
