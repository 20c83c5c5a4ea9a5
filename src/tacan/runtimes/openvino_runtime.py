"""OpenVINO and ONNX files, run by OpenVINO on the CPU. It is imported when a file is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.runtimes.loaded_file import LoadedFile, UnfitFileError

__all__ = ["load_openvino", "save_openvino"]


def load_openvino(
    file: Path, *, threads: int, bf16: bool = False, size: tuple[int, int] | None = None
) -> LoadedFile:
    """The network in an OpenVINO file (.xml with its .bin) or an ONNX file.

    Up to `threads` calls run at once, each on one thread. With `size` (height, width) its image is
    of that one, also where the file fixes another. Raises `ImportError` where openvino is absent
    and `UnfitFileError` for other files.
    """
    openvino = _import_openvino()
    core = _core(openvino)
    options = {
        "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": threads,
        "ENABLE_CPU_PINNING": False,
    }
    try:
        model = core.read_model(str(file))
        if size is not None:
            shape = [*model.inputs[0].partial_shape]
            model.reshape({0: openvino.PartialShape([*shape[:2], *size])})
        compiled = core.compile_model(model, "CPU", options)
        shapes = [[_fixed(d) for d in entry.partial_shape] for entry in model.inputs]
        outputs = [next(iter(sorted(entry.get_names())), "") for entry in compiled.outputs]
        types = [np.dtype(entry.element_type.to_dtype()) for entry in compiled.inputs]
        metadata = _metadata(model)
    except (RuntimeError, ValueError) as error:  # names that are no UTF-8 are the latter
        raise UnfitFileError(str(error)) from error
    idle: SimpleQueue[Any] = SimpleQueue()
    for _ in range(threads):
        idle.put(compiled.create_infer_request())

    def run(given: Sequence[NDArray[Any]], wanted: Sequence[int]) -> list[NDArray[Any]]:
        request = idle.get()
        try:
            fed = [v.astype(kind, copy=False) for v, kind in zip(given, types, strict=True)]
            request.infer(fed)
            return [np.array(request.get_output_tensor(output).data) for output in wanted]
        except (RuntimeError, ValueError) as error:
            raise UnfitFileError(str(error)) from error
        finally:
            idle.put(request)

    return LoadedFile(
        input_shapes=shapes, input_types=types, outputs=outputs, run=run, metadata=metadata
    )


def save_openvino(network: bytes, file: Path) -> None:
    """Writes the ONNX network to `file` (.xml) and its numbers, as they are, to the .bin beside it.

    Raises `ImportError` where openvino is absent and `UnfitFileError` for what it can't read.
    """
    openvino = _import_openvino()
    try:
        model = _core(openvino).read_model(network)
        openvino.save_model(model, str(file), compress_to_fp16=False)
    except (RuntimeError, ValueError) as error:
        raise UnfitFileError(str(error)) from error


def _metadata(model: Any) -> dict[str, str]:
    """What an ONNX file says about itself, which OpenVINO keeps as `framework`."""
    entries = dict(model.get_rt_info()).get("framework", {})
    return {name: str(getattr(entry, "value", entry)) for name, entry in dict(entries).items()}


def _import_openvino() -> Any:
    # Its telemetry sends an event to an analytics host and writes a client id under HOME as soon
    # as openvino is imported. OpenVINO does without where this module can't be imported.
    sys.modules["openvino_telemetry"] = None  # pyright: ignore[reportArgumentType]
    import openvino

    # Its binding looks NumPy up at the first tensor, under a lock that it holds while it waits for
    # the interpreter's: two threads with their first tensors would wait for each other for ever.
    openvino.Tensor(np.zeros(1, np.float32)).data[:] = 0.0
    return openvino


@cache
def _core(openvino: Any) -> Any:
    """OpenVINO's own, the same for all files and never let go.

    It gives the thread that compiles first a stack for signals, and takes it away when it ends in
    whatever thread that is: the next signal, a Ctrl-C say, would then be a segmentation fault.
    """
    return openvino.Core()


def _fixed(dimension: Any) -> int | None:
    return dimension.get_length() if dimension.is_static else None
