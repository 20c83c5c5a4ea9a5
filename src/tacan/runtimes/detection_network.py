"""Detection networks in files: one image in, all outputs out."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.runtimes.loaded_file import LoadedFile
from tacan.runtimes.network import Runtime, load_network, network_digest, unfit_network

__all__ = ["DetectionNetwork", "open_detection_network"]

OPEN_SIZE = 640
"""Height and width of the image where a file leaves them open and doesn't say what it was trained
with: what most detectors were trained with."""


@dataclass(frozen=True)
class DetectionNetwork:
    """A loaded file. `run` takes float32 [1, 3, height, width] and may be called from threads.

    It gives all outputs by name, floating ones as float32. A second input, the image's size, is
    told `width` and `height`.
    """

    width: int
    height: int
    run: Callable[[NDArray[np.float32]], dict[str, NDArray[Any]]]
    digest: str
    """`network_digest` of the file."""
    runtime: str = "onnxruntime"
    """What runs it: answers of two runtimes differ in their last bits."""
    class_names: Mapping[int, str] = field(default_factory=dict)
    """The names of the classes, in files that tell them."""


def open_detection_network(
    file: Path, runtime: Runtime, *, threads: int = 2, size: tuple[int, int] | None = None
) -> DetectionNetwork:
    """The network in `file`, as `load_network` reads it, for one image at a time.

    `size` is the (height, width) of its image, as for `load_network`; the file says it otherwise.
    Raises `DetectorError` where the runtime is absent, or the file is not such a network.
    """
    loaded = load_network(file, runtime, role="detector", threads=threads, size=size)
    height, width = _image_size(loaded, file, size)
    return DetectionNetwork(
        width=width,
        height=height,
        run=partial(_run, loaded, width, height),
        digest=network_digest(file),
        runtime="onnxruntime" if runtime == "onnx" else runtime,
        class_names=_class_names(loaded.metadata.get("names", "")),
    )


def _run(
    loaded: LoadedFile, width: int, height: int, image: NDArray[np.float32]
) -> dict[str, NDArray[Any]]:
    sizes = [np.array([[width, height]])] * (len(loaded.input_shapes) - 1)
    found = loaded.run([image, *sizes], range(len(loaded.outputs)))
    single = [
        each.astype(np.float32, copy=False) if np.issubdtype(each.dtype, np.floating) else each
        for each in found
    ]
    return dict(zip(loaded.outputs, single, strict=True))


def _image_size(loaded: LoadedFile, file: Path, size: tuple[int, int] | None) -> tuple[int, int]:
    """(height, width) of the one image, `size` where the file leaves it open.

    A second input may be two whole numbers, the image's size.
    """
    image, *others = loaded.input_shapes or [[]]
    fits = (
        len(image) == 4
        and image[0] in (1, None)
        and image[1] in (3, None)
        and not np.issubdtype(loaded.input_types[0], np.integer)
        and len(others) <= 1
        and all(
            len(shape) == 2 and shape[1] in (2, None) and np.issubdtype(kind, np.integer)
            for shape, kind in zip(others, loaded.input_types[1:], strict=True)
        )
    )
    if not fits:
        shapes = [[size or "any" for size in shape] for shape in loaded.input_shapes]
        raise unfit_network(file, "detector", found=f"inputs of the shapes {shapes}")
    trained = _literal(loaded.metadata.get("imgsz", ""))
    usual = trained if _is_size(trained) else (OPEN_SIZE, OPEN_SIZE)
    height, width = size or usual
    return image[2] or height, image[3] or width


def _is_size(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(side, int) and 32 <= side <= 4096 for side in value)
    )


def _class_names(text: str) -> dict[int, str]:
    """The names of the classes, which Ultralytics writes as `{0: 'person', 1: 'bicycle'}`.

    >>> _class_names("{0: 'person'}")
    {0: 'person'}
    >>> _class_names("sorry")
    {}
    """
    found = _literal(text)
    if isinstance(found, list):
        found = dict(enumerate(found))
    if not isinstance(found, dict) or not all(isinstance(number, int) for number in found):
        return {}
    return {number: str(name) for number, name in found.items()}


def _literal(text: str) -> Any:
    """What a literal of Python in a file's metadata says; None for anything else."""
    try:
        return ast.literal_eval(text) if len(text) < 100_000 else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
