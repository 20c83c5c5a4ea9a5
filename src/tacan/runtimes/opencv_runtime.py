"""ONNX files, run by OpenCV, which is always there: slower, and for inputs of a known size only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.runtimes.loaded_file import LoadedFile, UnfitFileError

__all__ = ["load_opencv"]


def load_opencv(file: Path, *, threads: int, size: tuple[int, int]) -> LoadedFile:
    """The network in an ONNX file with one image input of `size` (height, width).

    OpenCV doesn't tell what a file's input is. Up to `threads` calls run at once. Raises
    `UnfitFileError` for files that it can't read.
    """
    import cv2  # fails where a library of the system is missing, which other runtimes don't need

    idle: SimpleQueue[Any] = SimpleQueue()
    try:
        networks = [cv2.dnn.readNetFromONNX(str(file)) for _ in range(threads)]
    except cv2.error as error:
        raise UnfitFileError(str(error)) from error
    for network in networks:
        idle.put(network)
    names = list(networks[0].getUnconnectedOutLayersNames())

    def run(given: Sequence[NDArray[Any]], wanted: Sequence[int]) -> list[NDArray[Any]]:
        network = idle.get()
        try:
            network.setInput(given[0])
            found = network.forward(names)
            return [np.array(found[output]) for output in wanted]
        except cv2.error as error:
            raise UnfitFileError(str(error)) from error
        finally:
            idle.put(network)

    return LoadedFile(
        input_shapes=[[1, 3, *size]],
        input_types=[np.dtype(np.float32)],
        outputs=names,
        run=run,
    )
