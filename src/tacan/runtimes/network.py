"""A network of one image input in an ONNX or OpenVINO file: checked, and ready to run.

Legend: b images of a batch, H x W pixels.

Each call of a network runs on one thread; several images at once are several calls from several
threads. For small networks, and for files whose batch is fixed at 1, that is faster than all
threads on one image.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError, EncoderError, ModelError
from tacan.files import sha256
from tacan.installing import install_advice
from tacan.runtimes.loaded_file import LoadedFile, UnfitFileError
from tacan.runtimes.onnx_runtime import load_onnx
from tacan.runtimes.openvino_runtime import load_openvino

__all__ = [
    "Network",
    "Role",
    "Runtime",
    "network_digest",
    "network_files",
    "open_network",
    "unfit_network",
]

Role = Literal["detector", "encoder"]
Runtime = Literal["onnx", "openvino"]

_ERRORS: dict[Role, type[ModelError]] = {"detector": DetectorError, "encoder": EncoderError}
_INPUTS: dict[Role, str] = {
    "detector": "one image [1, 3, height, width]",
    "encoder": "images [n, 3, height, width]",
}
LARGEST_INPUT = 1 << 27
"""Pixels of all images of a batch that a file may fix: 1.6 GB of numbers."""

_PACKAGES: dict[Runtime, str] = {"onnx": "onnxruntime", "openvino": "openvino"}


@dataclass(frozen=True)
class Network:
    """A loaded file. `run` takes float32 [b, 3, H, W] and may be called from several threads."""

    batch: int | None
    """b, or None where any number of images may come."""
    size: tuple[int | None, int | None]
    """(H, W), each None where the file leaves it open."""
    run: Callable[[NDArray[np.float32]], NDArray[Any]]


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
    error = _ERRORS[role]
    if not os.path.isfile(file):  # noqa: PTH113  (too long a name is no file)
        raise error(
            f"the file of a {role} must exist",
            got=str(file),
            remedy="Check the path and its spelling.",
        )
    try:
        if runtime == "onnx":
            loaded = load_onnx(file, cuda=cuda)
        else:
            loaded = load_openvino(file, threads=threads, bf16=bf16)
        batch, size = _image_input(loaded)
    except ImportError as fault:
        package = _PACKAGES[runtime]
        raise error(
            f"an {runtime}: {role} needs the package {package}",
            got=str(fault),
            remedy=install_advice(package),
        ) from fault
    except UnfitFileError as fault:
        raise unfit_network(file, role, found=str(fault)) from fault
    if output is not None and output not in loaded.outputs:
        raise error(
            f"the outputs of {file} are {', '.join(loaded.outputs)}",
            got=repr(output),
            remedy="Choose one of them with --output.",
        )
    place = 0 if output is None else list(loaded.outputs).index(output)
    return Network(batch=batch, size=size, run=partial(_run, loaded, place, file, role))


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


def _run(
    loaded: LoadedFile, output: int, file: Path, role: Role, images: NDArray[np.float32]
) -> NDArray[Any]:
    try:
        return loaded.run(images, output)
    except UnfitFileError as fault:
        raise unfit_network(file, role, found=str(fault)) from fault


def _image_input(loaded: LoadedFile) -> tuple[int | None, tuple[int | None, int | None]]:
    """(b, (H, W)) of the one input [b, 3, H, W]."""
    shapes = loaded.input_shapes
    sizes: Sequence[int | None] = shapes[0] if shapes else ()
    if len(shapes) != 1 or len(sizes) != 4 or sizes[1] not in (3, None):
        raise UnfitFileError(f"inputs of the shapes {[list(shape) for shape in shapes]}")
    if math.prod(sizes[i] or 1 for i in (0, 2, 3)) > LARGEST_INPUT:
        raise UnfitFileError(f"an input of {list(sizes)}, more than {LARGEST_INPUT:,} pixels")
    return sizes[0], (sizes[2], sizes[3])
