"""Our own models in ONNX and OpenVINO files: settings beside the file, and the way to vectors.

Legend: n clips, T frames, D embedding size, H x W pixels.
"""

from __future__ import annotations

import base64
import math
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from tacan.config.fault_messages import fault_messages
from tacan.config.yaml_text import read_yaml
from tacan.embeddings.embedder import ClipEmbedder, Precision
from tacan.errors import ConfigError, EncoderError
from tacan.files import sha256
from tacan.model.clip_attention import CLIP_WEIGHTINGS
from tacan.model.onnx_export import OUTPUTS
from tacan.runtimes.loaded_file import LoadedFile
from tacan.runtimes.network import Runtime, load_network, unfit_network

__all__ = [
    "LARGEST_DIFFERENCE",
    "ExportSettings",
    "ExportedEmbedder",
    "difference",
    "difference_on_record",
    "exported_files",
    "open_exported",
    "probe",
    "read_export_settings",
]

LARGEST_DIFFERENCE = 1e-4
"""Vectors of two runtimes may be compared, and carry one fingerprint, up to this `difference`."""

PROBE = 2
"""Clips in the batch by which an export is compared with torch whenever it is opened."""

FRAMES_AT_ONCE, PIXELS_AT_ONCE = 16, 1 << 17
"""A call of the network on a CPU takes so many frames, or more up to so many pixels. What a layer
makes of more leaves the cache before the next one reads it: at 128 x 64 pixels, 64 frames take a
tenth to a fifth longer each."""

FORMAT_KEY = "tacan_export"

TINY = 1e-12

Side = Annotated[int, Field(ge=8, le=2048)]


class ExportSettings(BaseModel):
    """What stands in the YAML file beside an exported model."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    tacan_export: Literal["1"] = "1"
    """The format of these settings."""
    fingerprint: Annotated[str, Field(min_length=1, max_length=200)]
    """Vectors of two models can be compared if and only if it is the same."""
    content: str
    """SHA-256 of the file, or of an .xml and its .bin one after the other."""
    clip_len: Annotated[int, Field(ge=1, le=4096)]
    """T."""
    height: Side
    """H, pixels."""
    width: Side
    """W, pixels."""
    clip_weight: Literal["none", "linear_mean", "sigmoid_mean", "sigmoid_sum", "softmax"]
    """How clip weights become a mean (Eq. 3)."""
    metric: Literal["euclidean", "cosine"]
    """The distance that the vectors are meant for."""
    difference: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """The largest `difference` from torch when it was exported."""
    torch_says: str | None = None
    """What `probe` had from torch then: float32 [PROBE, 1 + D], the lowest byte first, in base64.
    Without it each opening asks torch."""


class ExportedEmbedder:
    """An exported model as a `ClipEmbedder`.

    Each call of the network runs on one thread; the clips of a batch are shared among `threads`,
    and on a CPU go to it in parts that its cache holds.
    """

    def __init__(
        self,
        network: LoadedFile,
        settings: ExportSettings,
        *,
        threads: int,
        on_cpu: bool = True,
        precision: Precision = "32",
    ) -> None:
        self._network = network
        self._settings = settings
        self._threads = threads
        self._on_cpu = on_cpu
        self._pool: ThreadPoolExecutor | None = None
        if threads > 1:
            self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tacan-encoder")
        self.clip_len = settings.clip_len
        self.input_size = (settings.height, settings.width)
        self.fingerprint = settings.fingerprint
        self.metric: str = settings.metric
        self.precision: Precision = precision
        blank = np.zeros((1, self.clip_len, 3, *self.input_size), np.uint8)
        embeddings, _, shift = network.run([blank], range(len(OUTPUTS)))
        self.embedding_dim: int = embeddings.shape[1]
        self._shift: NDArray[np.float32] = shift[0]

    @property
    def torch_says(self) -> NDArray[np.float32] | None:
        """What `probe` had from torch when this was exported, [PROBE, 1 + D]; None where that was
        not kept."""
        shape = (PROBE, 1 + self.embedding_dim)
        try:
            kept = base64.b64decode(self._settings.torch_says or "", validate=True)
            return np.frombuffer(kept, "<f4").reshape(shape)
        except ValueError:  # no base64, or of another shape
            return None

    def embed_clips(self, frames: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Clips uint8 RGB [n, T, 3, H, W] -> embeddings [n, D] and clip weights [n]."""
        clips = frames.contiguous().numpy()
        step = -(-len(clips) // self._threads)
        if self._on_cpu:
            frames_at_once = max(FRAMES_AT_ONCE, PIXELS_AT_ONCE // math.prod(self.input_size))
            step = min(step, frames_at_once // self.clip_len)
        step = max(1, step)
        parts = [clips[i : i + step] for i in range(0, len(clips), step)]
        found = list((self._pool.map if self._pool else map)(self._embed, parts))
        embeddings, weights = zip(*found, strict=True)
        return np.concatenate(embeddings), np.concatenate(weights)

    def finish(
        self, weighted_sum: NDArray[np.float64], weight_sum: float, n_clips: int
    ) -> NDArray[np.float32]:
        """Eq. 3 with its divisor, then what the neck adds: [D] -> float32 [D]."""
        competes = CLIP_WEIGHTINGS[self._settings.clip_weight].competes
        mean = weighted_sum / (weight_sum if competes else n_clips)
        return (mean + self._shift).astype(np.float32)

    def _embed(self, clips: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        return self._network.run([clips], range(2))


def open_exported(
    file: Path,
    runtime: Runtime,
    *,
    threads: int,
    precision: Precision = "32",
    cuda: bool = False,
) -> ExportedEmbedder | None:
    """The model that `tacan export` wrote to `file`; None where no such settings lie beside it.

    Raises `EncoderError` where the runtime is absent, or file and settings don't belong together;
    `ConfigError` for faulty settings.
    """
    settings = read_export_settings(file)
    if settings is None:
        return None
    found = load_network(
        file, runtime, role="encoder", threads=threads, bf16=precision == "bf16", cuda=cuda
    )
    shape = [None, settings.clip_len, 3, settings.height, settings.width]
    fits = [list(each) for each in found.input_shapes] == [shape]
    if not fits or len(found.outputs) != len(OUTPUTS):
        raise unfit_network(
            file, "encoder", found=f"an input and outputs that {_beside(file)} doesn't describe"
        )
    if sha256(*exported_files(file)) != settings.content:
        raise EncoderError(
            "an exported model and the settings beside it must be of one export",
            got=f"{file}, and {_beside(file)} of another file",
            remedy="Put both files of one export there, or export the model again.",
        )
    return ExportedEmbedder(found, settings, threads=threads, on_cpu=not cuda, precision=precision)


def read_export_settings(file: Path) -> ExportSettings | None:
    """The settings beside an exported model; None where there are none of that kind.

    Raises `ConfigError` for settings of an export that are damaged or of another format.
    """
    path = _beside(file)
    if not os.path.isfile(path):  # noqa: PTH113  (too long a name is no file)
        return None
    tree = read_yaml(path)
    if not isinstance(tree, dict) or FORMAT_KEY not in tree:
        return None
    try:
        return ExportSettings.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(fault_messages(error, ExportSettings), source=str(path)) from error


def exported_files(file: Path) -> list[Path]:
    """The network's own files: `file`, and the .bin of an .xml."""
    return [file, file.with_suffix(".bin")] if file.suffix == ".xml" else [file]


def difference(one: ClipEmbedder, other: ClipEmbedder, *, batches: tuple[int, ...]) -> float:
    """How far two ways to the same vectors lie apart, on made-up clips in such batches.

    The vector of each clip alone differs by a share of the length of the first one's, and its
    weight by a share of the largest weight of its batch: the largest of all these shares.
    """
    return max(_apart(probe(one, n), probe(other, n)) for n in batches)


def difference_on_record(exported: ExportedEmbedder) -> float:
    """The `difference` from what torch said when it was exported; infinite where that was not
    kept, as by versions before."""
    says = exported.torch_says
    return math.inf if says is None else _apart(says, probe(exported, PROBE))


def probe(embedder: ClipEmbedder, n: int) -> NDArray[np.float32]:
    """[n, 1 + D]: of each of n made-up clips the weight, and its vector as that of a tracklet."""
    embeddings, weights = embedder.embed_clips(
        _made_up_clips(n, embedder.clip_len, embedder.input_size)
    )
    vectors = [
        embedder.finish(embedding * np.float64(weight), float(weight), 1)
        for embedding, weight in zip(embeddings, weights, strict=True)
    ]
    return np.column_stack([weights, np.stack(vectors)]).astype(np.float32)


def _apart(expected: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    off = np.abs(found - expected).astype(np.float64)
    largest_weight = np.abs(expected[:, 0]).max()
    lengths = np.linalg.norm(expected[:, 1:], axis=1)
    shares = [
        off[:, 0].max() / max(largest_weight, TINY),
        *(np.linalg.norm(off[:, 1:], axis=1) / np.maximum(lengths, TINY)),
    ]
    return float(np.max(shares))


def _made_up_clips(n: int, clip_len: int, size: tuple[int, int]) -> Tensor:
    """uint8 [n, T, 3, H, W]: patches of colour with noise over them, the same every time."""
    rng = np.random.default_rng(n)
    height, width = size
    patches = rng.integers(0, 200, (n, 1, 3, 8, 4)).repeat(-(-height // 8), 3)
    patches = patches.repeat(-(-width // 4), 4)[..., :height, :width]
    noise = rng.integers(0, 56, (n, clip_len, 3, height, width))
    return torch.from_numpy((patches + noise).astype(np.uint8))


def _beside(file: Path) -> Path:
    return file.with_suffix(".yaml") if file.name else file
