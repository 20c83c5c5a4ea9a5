"""Detection networks in ONNX and OpenVINO files: one image in, one array out.

Each call runs on one thread; several images at once are several calls from several threads.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError
from tacan.files import sha256

__all__ = ["Network", "open_onnx", "open_openvino"]


@dataclass(frozen=True)
class Network:
    """A loaded file. `run` takes float32 [1, 3, height, width] and may be called from threads."""

    width: int
    height: int
    run: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    digest: str
    """sha256 of the file, with its weights where they lie beside it."""


def open_onnx(file: Path) -> Network:
    """The network in an ONNX file, run by onnxruntime.

    Raises `DetectorError` where the package is absent or the file is not such a network.
    """
    _require_file(file)
    runtime = _runtime("onnxruntime", extra="onnx")
    runtime.disable_telemetry_events()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = runtime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a dozen kinds, none of which it exports.
        raise _unfit(file, str(error)) from error
    inputs = session.get_inputs()
    height, width = _image_size(file, [list(entry.shape) for entry in inputs])
    name, output = inputs[0].name, session.get_outputs()[0].name

    def run(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        return session.run([output], {name: pixels})[0]

    return Network(width=width, height=height, run=run, digest=_digest(file))


def open_openvino(file: Path, *, threads: int = 2) -> Network:
    """The network in an OpenVINO file (.xml with its .bin) or an ONNX file, run by OpenVINO.

    Up to `threads` calls run at once. Raises as `open_onnx` does.
    """
    _require_file(file)
    runtime = _runtime("openvino", extra="openvino")
    options = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": threads,
        "ENABLE_CPU_PINNING": False,
    }
    try:
        core = runtime.Core()
        model = core.read_model(str(file))
        shapes = [[_fixed(step) for step in entry.partial_shape] for entry in model.inputs]
        height, width = _image_size(file, shapes)
        compiled = core.compile_model(model, "CPU", options)
    except RuntimeError as error:
        raise _unfit(file, str(error)) from error
    own = threading.local()

    def run(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        if not hasattr(own, "request"):
            own.request = compiled.create_infer_request()
        own.request.infer([pixels])
        return np.array(own.request.get_output_tensor(0).data)

    return Network(width=width, height=height, run=run, digest=_digest(file))


def _fixed(dimension: Any) -> int | None:
    return dimension.get_length() if dimension.is_static else None


def _image_size(file: Path, shapes: list[list[Any]]) -> tuple[int, int]:
    """(height, width) of the one input [1, 3, height, width]."""
    sizes = shapes[0] if shapes else []
    fixed = len(sizes) == 4 and all(isinstance(step, int) for step in sizes[2:])
    if len(shapes) != 1 or not fixed or sizes[1] != 3 or sizes[0] not in (1, None, "batch"):
        raise _unfit(file, f"inputs of the shapes {shapes}")
    return sizes[2], sizes[3]


def _digest(file: Path) -> str:
    weights = file.with_suffix(".bin")
    return sha256(file, weights) if file.suffix == ".xml" and weights.is_file() else sha256(file)


def _require_file(file: Path) -> None:
    if not file.is_file():
        raise DetectorError(
            "a detector's file must exist", got=str(file), remedy="Check the path and its spelling."
        )


def _runtime(module: str, *, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DetectorError(
            f"this detector needs the package {module}",
            got=str(error),
            remedy=f"Install it: pip install 'tacan[{extra}]'.",
        ) from error


def _unfit(file: Path, found: str) -> DetectorError:
    return DetectorError(
        "a detector must be a network with one input of one image [1, 3, height, width]",
        got=f"{file}: {' '.join(found.split())[:300]}",
        remedy="Check the file, or export the network again with a fixed size.",
    )
