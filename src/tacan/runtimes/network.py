"""Networks in ONNX and OpenVINO files: loaded, checked, and ready to run.

Legend: b images of a batch, H x W pixels.

Each call of a network runs on one thread; several images at once are several calls from several
threads. For small networks, and for files whose batch is fixed at 1, that is faster than all
threads on one image.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError, EncoderError, ModelError
from tacan.files import sha256
from tacan.installing import install_advice
from tacan.runtimes.loaded_file import LoadedFile, UnfitFileError
from tacan.runtimes.onnx_runtime import load_onnx
from tacan.runtimes.opencv_runtime import load_opencv
from tacan.runtimes.openvino_runtime import load_openvino

__all__ = [
    "Network",
    "Role",
    "Runtime",
    "load_network",
    "network_digest",
    "network_files",
    "onnx_runtime",
    "open_network",
    "unfit_network",
]

Role = Literal["detector", "encoder"]
Runtime = Literal["onnx", "openvino", "opencv"]

_ERRORS: dict[Role, type[ModelError]] = {"detector": DetectorError, "encoder": EncoderError}
_INPUTS: dict[Role, str] = {
    "detector": "one image [1, 3, height, width]",
    "encoder": "images [n, 3, height, width]",
}
LARGEST_INPUT = 1 << 27
"""Pixels of all images of a batch that a file may fix: 1.6 GB of numbers."""

_PACKAGES: dict[Runtime, str] = {
    "onnx": "onnxruntime",
    "openvino": "openvino",
    "opencv": "opencv-contrib-python-headless",
}


@dataclass(frozen=True)
class Network:
    """A loaded file. `run` takes float32 [b, 3, H, W] and may be called from several threads."""

    batch: int | None
    """b, or None where any number of images may come."""
    size: tuple[int | None, int | None]
    """(H, W), each None where the file leaves it open."""
    run: Callable[[NDArray[np.float32]], NDArray[Any]]


def load_network(
    file: Path,
    runtime: Runtime,
    *,
    role: Role,
    threads: int,
    bf16: bool = False,
    cuda: bool = False,
    size: tuple[int, int] | None = None,
) -> LoadedFile:
    """The file as its runtime loads it. Parameters and errors as those of `open_network`.

    With `size` (height, width) the network takes images of that one, also where the file fixes
    another; OpenCV has to be told the file's own. A file that can't is an unfit one.
    """
    error = _ERRORS[role]
    # Path.is_file raises for a name that is too long.
    if not os.path.isfile(file):  # noqa: PTH113
        raise error(
            f"the file of a {role} must exist",
            got=str(file),
            remedy="Check the path and its spelling.",
        )
    try:
        loaded = _loaded(file, runtime, threads=threads, bf16=bf16, cuda=cuda, size=size)
        _require_bounded(loaded)
    except ImportError as fault:
        package = _PACKAGES[runtime]
        raise error(
            f"an {runtime}: {role} needs the package {package}",
            got=str(fault),
            remedy=install_advice(package),
        ) from fault
    except UnfitFileError as fault:
        raise unfit_network(file, role, found=str(fault)) from fault
    return replace(loaded, run=partial(_run_or_tell, loaded, file, role))


def _loaded(
    file: Path,
    runtime: Runtime,
    *,
    threads: int,
    bf16: bool,
    cuda: bool,
    size: tuple[int, int] | None,
) -> LoadedFile:
    if runtime == "onnx":
        return load_onnx(file, cuda=cuda, size=size)
    if runtime == "opencv":
        if size is None:
            raise UnfitFileError("a size of the image that OpenCV can't tell")
        return load_opencv(file, threads=threads, size=size)
    return load_openvino(file, threads=threads, bf16=bf16, size=size)


def onnx_runtime() -> Runtime:
    """What runs ONNX files here: onnxruntime or OpenVINO where one is installed, else OpenCV."""
    if find_spec("onnxruntime"):
        return "onnx"
    return "openvino" if find_spec("openvino") else "opencv"


def open_network(
    file: Path,
    runtime: Runtime,
    *,
    role: Role,
    threads: int,
    output: str | None = None,
    bf16: bool = False,
    cuda: bool = False,
) -> Network:
    """The network in an ONNX file, or in an OpenVINO file (.xml with its .bin, or .onnx).

    Parameters
    ----------
    file, runtime
        The file and what runs it.
    role
        What the network is for, in the words of errors.
    threads
        Calls that OpenVINO runs at once; onnxruntime runs as many as there are.
    output
        Name of the output that is wanted; the first one when not given.
    bf16
        Whether OpenVINO computes in bfloat16; onnxruntime computes as the file says.
    cuda
        Whether onnxruntime uses a GPU.

    Raises
    ------
    DetectorError, EncoderError
        By `role`: for a file that is missing or no network of one image input [b, 3, H, W], an
        absent runtime, and an unknown output. So does `run`, where the file fails at its work.
    """
    loaded = load_network(file, runtime, role=role, threads=threads, bf16=bf16, cuda=cuda)
    batch, size = _image_input(loaded, file, role)
    if output is not None and output not in loaded.outputs:
        raise _ERRORS[role](
            f"the outputs of {file} are {', '.join(loaded.outputs)}",
            got=repr(output),
            remedy="Choose one of them with --output.",
        )
    place = 0 if output is None else list(loaded.outputs).index(output)
    return Network(batch=batch, size=size, run=partial(_run, loaded, place))


def unfit_network(file: Path, role: Role, *, found: str) -> ModelError:
    """The error for a file that holds no network of that role."""
    return _ERRORS[role](
        f"a {role} must be a network with one input of {_INPUTS[role]}",
        got=f"{file}: {' '.join(found.split())[:300]}",
        remedy="Check the file, or export the network again.",
    )


def network_files(file: Path) -> list[Path]:
    """The files that hold a network: `file`, its .bin, and those named as `file` with more behind.

    ONNX keeps the weights of large networks in files of their own, which begin with its name.
    """
    beside = sorted(file.parent.iterdir()) if file.parent.is_dir() else []
    found = [part for part in beside if part.is_file() and part.name.startswith(file.name)]
    weights = file.with_suffix(".bin")
    return [*found, weights] if file.suffix == ".xml" and weights.is_file() else found


def network_digest(file: Path) -> str:
    """SHA-256 of the contents of `network_files`, one after another."""
    return sha256(*network_files(file))


def _run(loaded: LoadedFile, output: int, images: NDArray[np.float32]) -> NDArray[Any]:
    return loaded.run([images], [output])[0]


def _run_or_tell(
    loaded: LoadedFile, file: Path, role: Role, given: Sequence[NDArray[Any]], wanted: Sequence[int]
) -> list[NDArray[Any]]:
    try:
        return loaded.run(given, wanted)
    except UnfitFileError as fault:
        raise unfit_network(file, role, found=str(fault)) from fault


def _require_bounded(loaded: LoadedFile) -> None:
    """Raises `UnfitFileError` where the images that an input asks for would take all memory."""
    for shape in loaded.input_shapes:
        pixels = math.prod(size or 1 for size in (*shape[:1], *shape[2:]))
        if pixels > LARGEST_INPUT:
            raise UnfitFileError(f"an input of {list(shape)}, more than {LARGEST_INPUT:,} pixels")


def _image_input(
    loaded: LoadedFile, file: Path, role: Role
) -> tuple[int | None, tuple[int | None, int | None]]:
    """(b, (H, W)) of the one input [b, 3, H, W]."""
    shapes = loaded.input_shapes
    sizes: Sequence[int | None] = shapes[0] if shapes else ()
    whole = any(np.issubdtype(kind, np.integer) for kind in loaded.input_types)
    if len(shapes) != 1 or len(sizes) != 4 or sizes[1] not in (3, None) or whole:
        raise unfit_network(file, role, found=f"inputs of the shapes {_shapes(loaded)}")
    return sizes[0], (sizes[2], sizes[3])


def _shapes(loaded: LoadedFile) -> list[list[int | None]]:
    return [list(shape) for shape in loaded.input_shapes]
