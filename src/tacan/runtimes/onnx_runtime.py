"""ONNX files, run by onnxruntime. It is imported when a file is loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import EncoderError
from tacan.installing import install_advice
from tacan.runtimes.loaded_file import LoadedFile, UnfitFileError
from tacan.runtimes.onnx_image_size import with_image_size

__all__ = ["load_onnx"]

_TYPES = {
    "tensor(float)": np.dtype(np.float32),
    "tensor(float16)": np.dtype(np.float16),
    "tensor(uint8)": np.dtype(np.uint8),
    "tensor(int64)": np.dtype(np.int64),
    "tensor(int32)": np.dtype(np.int32),
}


def load_onnx(file: Path, *, cuda: bool = False, size: tuple[int, int] | None = None) -> LoadedFile:
    """The network in an ONNX file; each call runs on one thread, any number of them at once.

    With `size` (height, width) its image is of that one, also where the file fixes another. Raises
    `ImportError` where onnxruntime is absent, `UnfitFileError` for other files, and `EncoderError`
    where `cuda` asks for a GPU that it can't use.
    """
    # Read when onnxruntime is imported, which otherwise begins a database of events under HOME.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # an error is raised as well
    providers = _providers(onnxruntime, cuda=cuda)
    try:
        # Its fallback is to try the same again, and to print what it tries.
        session = onnxruntime.InferenceSession(
            str(file), options, providers=providers, enable_fallback=False
        )
        if size is not None and not _takes(session.get_inputs()[0].shape, size):
            name = session.get_inputs()[0].name
            model = with_image_size(file.read_bytes(), name, size)
            session = onnxruntime.InferenceSession(
                model, options, providers=providers, enable_fallback=False
            )
        inputs, outputs = session.get_inputs(), [entry.name for entry in session.get_outputs()]
        kinds = [entry.type for entry in inputs]
        shapes = [[_fixed(d) for d in entry.shape] for entry in inputs]
        metadata = dict(session.get_modelmeta().custom_metadata_map)
    except Exception as error:  # onnxruntime raises a dozen kinds, none of which it exports.
        raise UnfitFileError(str(error)) from error
    if not all(kind in _TYPES for kind in kinds):
        raise UnfitFileError(f"inputs of the types {kinds}")
    types = [_TYPES[kind] for kind in kinds]

    def run(given: Sequence[NDArray[Any]], wanted: Sequence[int]) -> list[NDArray[Any]]:
        feed = {
            entry.name: value.astype(kind, copy=False)
            for entry, value, kind in zip(inputs, given, types, strict=True)
        }
        try:
            found = session.run([outputs[i] for i in wanted], feed)
        except Exception as error:
            raise UnfitFileError(str(error)) from error
        return [np.asarray(each) for each in found]

    return LoadedFile(
        input_shapes=shapes, input_types=types, outputs=outputs, run=run, metadata=metadata
    )


def _takes(shape: Sequence[object], size: tuple[int, int]) -> bool:
    """Whether an input [b, 3, H, W] takes images of `size`; one of another form is told later."""
    sides = zip(shape[2:], size, strict=False)
    return len(shape) != 4 or all(_fixed(side) in (None, wanted) for side, wanted in sides)


def _fixed(size: object) -> int | None:
    """A size that is open has a name, or is 0 or less in some files."""
    return size if isinstance(size, int) and size > 0 else None


def _providers(onnxruntime: Any, *, cuda: bool) -> list[str]:
    if not cuda:
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise EncoderError(
            "an onnx: encoder on a GPU needs onnxruntime's GPU build",
            got="onnxruntime without CUDA",
            remedy="Use --device cpu, or take onnxruntime away first. "
            + install_advice("onnxruntime-gpu"),
        )
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]
