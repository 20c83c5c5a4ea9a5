"""Detection networks in files: one image of a fixed size in, one array out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.runtimes.network import Runtime, network_digest, open_network, unfit_network

__all__ = ["DetectionNetwork", "open_detection_network"]


@dataclass(frozen=True)
class DetectionNetwork:
    """A loaded file. `run` takes float32 [1, 3, height, width] and may be called from threads."""

    width: int
    height: int
    run: Callable[[NDArray[np.float32]], NDArray[Any]]
    digest: str
    """`network_digest` of the file."""


def open_detection_network(file: Path, runtime: Runtime, *, threads: int = 2) -> DetectionNetwork:
    """The network in `file`, as `open_network` reads it, for one image at a time.

    Raises `DetectorError` where the runtime is absent, or the file is not such a network.
    """
    network = open_network(file, runtime, role="detector", threads=threads)
    height, width = network.size
    if height is None or width is None or network.batch not in (1, None):
        raise unfit_network(
            file,
            "detector",
            found=f"{network.batch or 'n'} images of {height or 'any'} x {width or 'any'} pixels",
        )
    return DetectionNetwork(
        width=width, height=height, run=network.run, digest=network_digest(file)
    )
