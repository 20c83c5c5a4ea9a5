"""Frozen frame encoders in ONNX and OpenVINO files.

Legend: n frames, b batch size that a file fixes, D feature size, H x W pixels.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacan.embeddings.embedder import Precision
from tacan.embeddings.encoder_settings import EncoderSettings, Pixels, read_encoder_settings
from tacan.embeddings.frozen import FrozenEmbedder
from tacan.errors import EncoderError
from tacan.files import sha256
from tacan.runtimes.network import Network, Runtime, network_files, open_network, unfit_network

__all__ = ["file_embedder"]

Array = NDArray[Any]


class _Slices:
    """A `Runner` that gives each thread its share of the frames."""

    def __init__(self, network: Network, *, threads: int) -> None:
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


def file_embedder(
    file: Path,
    runtime: Runtime,
    *,
    settings: EncoderSettings,
    device: torch.device,
    precision: Precision,
    threads: int,
) -> FrozenEmbedder:
    """The encoder in an ONNX file, or in an OpenVINO file (.xml with its .bin, or .onnx).

    Colours are RGB and pixels 0 to 1 unless told otherwise; for OpenVINO BGR and 0 to 255, as in
    the Open Model Zoo. `settings` stand above the YAML file beside `file`. OpenVINO runs on the
    CPU, and onnxruntime with the precision of the file.

    Raises `EncoderError` where the runtime is absent, the file is not a network of one image input
    [n, 3, H, W], or there is no such output; `ConfigError` for faulty settings.
    """
    settings = settings.over(read_encoder_settings(file))
    if runtime == "openvino":
        settings = settings.over(EncoderSettings(colours="bgr", pixel_range="0-255"))
    network = open_network(
        file,
        runtime,
        role="encoder",
        threads=threads,
        output=settings.output,
        bf16=precision == "bf16",
        cuda=device.type == "cuda",
    )
    pixels = Pixels.decide(settings, file_size=network.size)
    try:
        return FrozenEmbedder(
            _Slices(network, threads=threads),
            pixels=pixels,
            weights_digest=_weights_digest(file),
            precision=precision,
        )
    except (RuntimeError, ValueError) as error:
        raise unfit_network(file, "encoder", found=str(error)) from error


def _weights_digest(file: Path) -> str:
    """SHA-256 of the digests of the network's files: one for `file`, one more for an XML's .bin.

    Fingerprints in galleries and features files are made of it, so it is not `network_digest`.
    """
    digests = {file.suffix: hashlib.sha256()}
    for part in network_files(file):
        kind = ".bin" if part == file.with_suffix(".bin") else file.suffix
        digests.setdefault(kind, hashlib.sha256()).update(bytes.fromhex(sha256(part)))
    return "".join(digest.hexdigest() for digest in digests.values())
