"""People detectors by name, all behind the protocol `Detector`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError
from tacan.progress import Progress, silent
from tacan.video.choose_detector import AUTO, choose_detector
from tacan.video.tiling import Tiled
from tacan.video.video_records import Detections

__all__ = [
    "DETECTORS",
    "INPUT_SIDE",
    "Detector",
    "DetectorSpec",
    "ImageDetector",
    "ThreadedDetector",
    "open_detector",
]

INPUT_SIDE = 640
"""Pixels: the longer side of the picture that a detector sees, where it doesn't say."""


class Detector(Protocol):
    """A people detector for batches of pictures.

    `fingerprint` changes whenever the answers may change: it covers the weights and every setting.
    `input_side` is the longer side, in pixels, of what its network sees of a picture of any size.
    """

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def input_side(self) -> int: ...

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, tiles: bool = False
    ) -> list[Detections]:
        """One `Detections` for each image (uint8 [H, W, 3] RGB).

        With `tiles` they are parts of frames that are shown whole as well, so that people who are
        large in them may be left out.
        """
        ...


class ImageDetector(Protocol):
    """A people detector for single pictures, called from threads.

    Each file of `tacan.video.detectors` has one. Where pictures are scaled to the size of a network
    it has an `input_side`, as `Detector` has; where tiles are looked at otherwise, `detect_tile`.
    """

    def detect_one(self, image: NDArray[np.uint8]) -> Detections:
        """The people in one image uint8 [H, W, 3] RGB."""
        ...


class ThreadedDetector:
    """A `Detector` that gives each thread one image at a time; a single one is the caller's."""

    def __init__(
        self, detector: ImageDetector, *, name: str, fingerprint: str, threads: int
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.input_side: int = getattr(detector, "input_side", INPUT_SIDE)
        self._detect_one = detector.detect_one
        self._detect_tile: Callable[[NDArray[np.uint8]], Detections] = getattr(
            detector, "detect_tile", detector.detect_one
        )
        self._map: Callable[..., Iterable[Detections]] = map
        if threads > 1:
            pool = ThreadPoolExecutor(threads, thread_name_prefix="tacan-detector")
            self._map = pool.map

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, tiles: bool = False
    ) -> list[Detections]:
        """One `Detections` for each image, in their order."""
        return list(self._map(self._detect_tile if tiles else self._detect_one, images))


class DetectorSpec(NamedTuple):
    """One kind of detector."""

    threshold: float
    """Least score of a detection, unless told otherwise."""
    argument: str | None
    """What follows the colon, if anything."""
    open: Callable[..., tuple[ImageDetector, str]]
    """Called with the argument and with `threshold`, `fetch`, `threads` and `progress`; gives the
    detector and its fingerprint. It imports what it needs."""


def _onnx(file: str, *, threshold: float, threads: int, **_: Any) -> tuple[ImageDetector, str]:
    from tacan.video.detectors.network_detector import open_network_detector

    return open_network_detector(Path(file), "onnx", threshold=threshold, threads=threads)


def _openvino(file: str, *, threshold: float, threads: int, **_: Any) -> tuple[ImageDetector, str]:
    from tacan.video.detectors.network_detector import open_network_detector

    return open_network_detector(Path(file), "openvino", threshold=threshold, threads=threads)


def _yolox(argument: str, *, fetch: bool, **rest: Any) -> tuple[ImageDetector, str]:
    from tacan.video.detectors.yolox_weights import WEIGHTS, open_named_yolox

    if argument not in WEIGHTS:
        return _onnx(argument, **rest)
    return open_named_yolox(argument, fetch=fetch, **rest)


def _torchvision(
    name: str, *, threshold: float, fetch: bool, progress: Progress, **_: Any
) -> tuple[ImageDetector, str]:
    from tacan.video.detectors.torchvision import open_torchvision

    return open_torchvision(name, threshold=threshold, fetch=fetch, progress=progress)


def _rfdetr(
    name: str, *, threshold: float, fetch: bool, progress: Progress, **_: Any
) -> tuple[ImageDetector, str]:
    from tacan.video.detectors.rfdetr import open_rfdetr

    return open_rfdetr(name, threshold=threshold, fetch=fetch, progress=progress)


def _street(_: str, *, threshold: float, threads: int, **__: Any) -> tuple[ImageDetector, str]:
    from tacan.video.detectors.street import open_street

    return open_street(threshold=threshold, threads=threads)


DETECTORS = {
    "street": DetectorSpec(0.1, None, _street),
    "yolox": DetectorSpec(0.1, "nano|tiny|s|FILE", _yolox),
    "onnx": DetectorSpec(0.1, "FILE", _onnx),
    "openvino": DetectorSpec(0.1, "FILE", _openvino),
    "torchvision": DetectorSpec(0.1, "NAME", _torchvision),
    "rfdetr": DetectorSpec(0.1, "NAME", _rfdetr),
}
"""Each kind of detector by its name."""


def open_detector(
    spec: str,
    *,
    tiles: tuple[int, int] | None = None,
    threshold: float | None = None,
    fetch: bool = False,
    threads: int = 2,
    progress: Progress = silent,
) -> Detector:
    """The detector that `spec` names: `yolox:nano`, `onnx:FILE` and so on; `auto` is the best that
    is there, see `choose_detector`.

    `tiles` (rows, columns) cuts each frame into overlapping tiles, for people who are small in it.
    `threshold` is the least score; the tracker does better with a low one. `fetch` allows weights
    to be downloaded, and `progress` is told of their bytes. `threads` images are looked at at the
    same time. Raises `DetectorError`.
    """
    if spec == AUTO:
        spec = choose_detector(fetch=fetch).spec
    kind, _, argument = spec.partition(":")
    known = DETECTORS.get(kind)
    if known is None or (known.argument is None) != (not argument):
        forms = [
            AUTO,
            *(n if d.argument is None else f"{n}:{d.argument}" for n, d in DETECTORS.items()),
        ]
        raise DetectorError(
            f"a detector must be one of {', '.join(forms)}",
            got=repr(spec),
            remedy="Correct it; ready boxes are given with mot:FILE.",
        )
    least = known.threshold if threshold is None else threshold
    if not 0 <= least < 1:
        raise DetectorError(
            "a detector's threshold must be at least 0 and below 1", got=least, remedy="Change it."
        )
    found, digest = known.open(
        argument, threshold=least, fetch=fetch, threads=threads, progress=progress
    )
    detector = ThreadedDetector(
        found, name=spec, fingerprint=f"{digest}:threshold={least}", threads=threads
    )
    return detector if tiles is None else Tiled(detector, rows=tiles[0], columns=tiles[1])
