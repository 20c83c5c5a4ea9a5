"""Networks in files of other runtimes: ONNX and OpenVINO.

Legend: n frames, b batch size that a file fixes, D feature size, H x W pixels.

Both runtimes are imported when they are asked for. On a CPU both give each frame, or share of the
batch, to one thread: for small networks, and for files whose batch is fixed at 1, that is faster
than all threads on one frame.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacan.embeddings.embedder import Precision
from tacan.embeddings.encoder_settings import EncoderSettings, Pixels, read_encoder_settings
from tacan.embeddings.frozen import FrozenEmbedder, file_digest
from tacan.errors import EncoderError

__all__ = ["onnx_embedder", "openvino_embedder"]

Array = NDArray[Any]


@dataclass(frozen=True)
class _Network:
    """A loaded file: what it takes, and a function that is safe to call from several threads."""

    batch: int | None
    """b, or None where any number of frames may come."""
    size: tuple[int | None, int | None]
    """(H, W) that the file fixes."""
    run: Callable[[Array], Array]
    """float32 [b or n, 3, H, W] -> an output [b or n, D, ...]."""


class _Slices:
    """A `Runner` that gives each thread its share of the frames."""

    def __init__(self, network: _Network, *, threads: int) -> None:
        self._network = network
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tacan-encoder")

    def __call__(self, frames: Tensor) -> NDArray[np.float32]:
        array = frames.contiguous().numpy()
        step = self._network.batch or -(-len(array) // self._threads)
        parts = [array[i : i + step] for i in range(0, len(array), step)]
        return np.concatenate(list(self._pool.map(self._features, parts)))

    def _features(self, part: Array) -> NDArray[np.float32]:
        n_missing = (self._network.batch or len(part)) - len(part)
        full = np.concatenate([part, np.repeat(part[-1:], n_missing, axis=0)])
        output = self._network.run(full)
        if output.ndim < 2 or len(output) != len(full):
            raise EncoderError(
                "an encoder's output must have one row a frame, [n, D]",
                got=f"{list(output.shape)} for {len(full)} frames",
                remedy="Name the output that holds the features with --output.",
            )
        features = output.reshape(*output.shape[:2], -1).mean(2, dtype=np.float32)
        return features[: len(part)]


def onnx_embedder(
    file: Path, *, settings: EncoderSettings, device: torch.device, threads: int
) -> FrozenEmbedder:
    """The encoder in an ONNX file, run by onnxruntime.

    Raises `EncoderError` where onnxruntime is absent, the file is not a network of one image
    input [n, 3, H, W], or there is no such output; `ConfigError` for faulty settings.
    """
    _require_file(file)
    settings = settings.over(read_encoder_settings(file))
    network = _load_onnx(file, output=settings.output, device=device)
    return _embedder(file, network, settings=settings, threads=threads, precision="32")


def openvino_embedder(
    file: Path, *, settings: EncoderSettings, precision: Precision, threads: int
) -> FrozenEmbedder:
    """The encoder in an OpenVINO file (.xml with its .bin, or .onnx), run on the CPU.

    Colours are BGR and pixels 0 to 255 unless told otherwise, as in the Open Model Zoo. Raises
    as `onnx_embedder` does.
    """
    _require_file(file)
    settings = settings.over(read_encoder_settings(file)).over(
        EncoderSettings(colours="bgr", pixel_range="0-255")
    )
    network = _load_openvino(file, output=settings.output, precision=precision, threads=threads)
    return _embedder(file, network, settings=settings, threads=threads, precision=precision)


def _embedder(
    file: Path,
    network: _Network,
    *,
    settings: EncoderSettings,
    threads: int,
    precision: Precision,
) -> FrozenEmbedder:
    pixels = Pixels.decide(settings, file_size=network.size)
    digest = file_digest(file)
    weights = file.with_suffix(".bin")
    if file.suffix == ".xml" and weights.is_file():
        digest += file_digest(weights)
    try:
        return FrozenEmbedder(
            _Slices(network, threads=threads),
            pixels=pixels,
            weights_digest=digest,
            precision=precision,
        )
    except (RuntimeError, ValueError) as error:
        raise _unfit(file, str(error)) from error


def _load_onnx(file: Path, *, output: str | None, device: torch.device) -> _Network:
    runtime = _runtime("onnxruntime", extra="onnx")
    runtime.disable_telemetry_events()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = runtime.InferenceSession(
            str(file), options, providers=_providers(runtime, device)
        )
    except Exception as error:  # onnxruntime raises a dozen kinds, none of which it exports.
        raise _unfit(file, str(error)) from error
    inputs = session.get_inputs()
    batch, size = _image_input(file, [entry.shape for entry in inputs])
    if inputs[0].type not in ("tensor(float)", "tensor(float16)"):
        raise _unfit(file, f"an input of type {inputs[0].type}")
    kind = np.float16 if "16" in inputs[0].type else np.float32
    name = inputs[0].name
    chosen = _choose_output(file, [entry.name for entry in session.get_outputs()], output)
    outputs = [session.get_outputs()[chosen].name]

    def run(frames: Array) -> Array:
        return session.run(outputs, {name: frames.astype(kind, copy=False)})[0]

    return _Network(batch=batch, size=size, run=run)


def _providers(runtime: Any, device: torch.device) -> list[str]:
    if device.type != "cuda":
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in runtime.get_available_providers():
        raise EncoderError(
            "an onnx: encoder on a GPU needs onnxruntime's GPU build",
            got="onnxruntime without CUDA",
            remedy="Install onnxruntime-gpu in its place, or use --device cpu.",
        )
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]


def _load_openvino(
    file: Path, *, output: str | None, precision: Precision, threads: int
) -> _Network:
    runtime = _runtime("openvino", extra="openvino")
    options = {
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": threads,
        "ENABLE_CPU_PINNING": False,
    }
    try:
        model = runtime.Core().read_model(str(file))
        shapes = [[_fixed(step) for step in entry.partial_shape] for entry in model.inputs]
        batch, size = _image_input(file, shapes)
        compiled = runtime.Core().compile_model(model, "CPU", options)
    except RuntimeError as error:
        raise _unfit(file, str(error)) from error
    names = [next(iter(sorted(entry.get_names())), "") for entry in compiled.outputs]
    chosen = _choose_output(file, names, output)
    idle: SimpleQueue[Any] = SimpleQueue()
    for _ in range(threads):
        idle.put(compiled.create_infer_request())

    def run(frames: Array) -> Array:
        request = idle.get()
        try:
            request.infer([frames])
            return np.array(request.get_output_tensor(chosen).data)
        finally:
            idle.put(request)

    return _Network(batch=batch, size=size, run=run)


def _fixed(dimension: Any) -> int | None:
    return dimension.get_length() if dimension.is_static else None


def _image_input(
    file: Path, shapes: Sequence[Sequence[Any]]
) -> tuple[int | None, tuple[int | None, int | None]]:
    """(b, (H, W)) of the one input [b, 3, H, W]; None, or a name, is a size left open."""
    sizes = [step if isinstance(step, int) else None for step in shapes[0]] if shapes else []
    if len(shapes) != 1 or len(sizes) != 4 or sizes[1] not in (3, None):
        raise _unfit(file, f"inputs of the shapes {[list(shape) for shape in shapes]}")
    return sizes[0], (sizes[2], sizes[3])


def _choose_output(file: Path, names: Sequence[str], wanted: str | None) -> int:
    if wanted is None:
        return 0
    if wanted not in names:
        raise EncoderError(
            f"the outputs of {file} are {', '.join(names)}",
            got=repr(wanted),
            remedy="Choose one of them with --output.",
        )
    return list(names).index(wanted)


def _require_file(file: Path) -> None:
    if not file.is_file():
        raise EncoderError(
            "an encoder's file must exist", got=str(file), remedy="Check the path and its spelling."
        )


def _runtime(module: str, *, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise EncoderError(
            f"{extra}: encoders need the package {module}",
            got=str(error),
            remedy=f"Install it: pip install 'tacan[{extra}]'.",
        ) from error


def _unfit(file: Path, found: str) -> EncoderError:
    return EncoderError(
        "a frozen encoder must be a network with one input of images [n, 3, H, W]",
        got=f"{file}: {' '.join(found.split())[:300]}",
        remedy="Check the file, or export the network again.",
    )
