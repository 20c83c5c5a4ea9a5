"""From what a user writes after `--model` to something that embeds."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import torch

from tacan.embeddings.embedder import ClipEmbedder, Precision, TacanEmbedder
from tacan.embeddings.encoder_settings import EncoderSettings
from tacan.embeddings.own_runtime import RUNTIMES, RuntimeChoice, in_runtime
from tacan.embeddings.shipped import SHIPPED_MODELS, SHIPPED_WEIGHTS
from tacan.embeddings.weighted import NO_CLIP_WEIGHT, WeightedEmbedder, check_clip_weight
from tacan.errors import ConfigError, EncoderError, ModelError
from tacan.model import SavedModel, read_model
from tacan.model.checkpoint import CONFIG_FILE
from tacan.model.memory_format import channels_last

__all__ = ["FROZEN", "choose_device", "find_model_folder", "model_folder", "open_model"]

FROZEN = ("timm", "onnx", "openvino")
"""What stands before the colon of a frozen encoder."""

EXPORTED = ("model", "last")
"""Where a run folder of `tacan train` holds the model of the finished run; until then its last."""


def open_model(
    spec: str | Path,
    *,
    settings: EncoderSettings | None = None,
    weights: str | None = None,
    device: str = "auto",
    precision: Precision = "32",
    threads: int | None = None,
    runtime: RuntimeChoice = "auto",
    clip_weight: str = NO_CLIP_WEIGHT,
) -> ClipEmbedder:
    """The model that `spec` names, ready to embed.

    Parameters
    ----------
    spec
        Text or a path: a folder with `config.json` and `model.safetensors`; a run folder of
        `tacan train`; a name of `SHIPPED_MODELS`; a frozen encoder: `timm:NAME`, `onnx:FILE`,
        `openvino:FILE`; or likewise the file of one of our own models that `tacan export` wrote.
    settings
        For frozen encoders: what differs from their defaults and from the YAML beside the file.
    weights
        For `timm:` only: a local file, `pretrained` or `random`.
    device
        `auto` (a GPU where there is one), `cpu` or `cuda`.
    precision
        `32` or `bf16`.
    threads
        Threads of ONNX Runtime and OpenVINO; None for as many as torch uses.
    runtime
        What computes one of our own models: `torch`, `onnx`, `openvino`, or the fastest that is
        ready for it on this machine (`auto`): see `embeddings.own_runtime`.
    clip_weight
        For frozen encoders: one of our own models (a folder, a run folder, a shipped model's name)
        whose clip weight makes their mean over a tracklet a weighted one, or `none`.

    Raises
    ------
    EncoderError, CheckpointError
        For a model that can't be had.
    ConfigError
        For options that don't belong to this kind of model, or are out of range.

    >>> model = open_model("street", device="cpu")
    >>> model.input_size, model.embedding_dim, model.metric
    ((128, 64), 576, 'cosine')
    """
    kind, _, name = (spec := str(spec)).partition(":")
    _check_options(kind, settings=settings, weights=weights, precision=precision)
    _check_runtime(kind, runtime)
    _check_weighable(kind, clip_weight)
    settings = settings or EncoderSettings()
    threads = threads or torch.get_num_threads()
    only_cpu = "openvino:" if kind == "openvino" else None
    place = choose_device("cpu" if only_cpu and device == "auto" else device, only_cpu=only_cpu)
    if kind == "onnx" or kind == "openvino":
        from tacan.embeddings.exported import open_exported
        from tacan.embeddings.file_encoders import file_embedder

        exported = open_exported(
            Path(name), kind, threads=threads, precision=precision, cuda=place.type == "cuda"
        )
        if exported is not None:
            _check_options("", settings=settings, weights=weights, precision=precision)
            _check_weighable("", clip_weight)
            return exported
        encoder = file_embedder(
            Path(name),
            kind,
            settings=settings,
            device=place,
            precision=precision,
            threads=threads,
        )
    elif kind == "timm":
        from tacan.embeddings.frozen import timm_embedder

        encoder = timm_embedder(
            name, weights=weights, settings=settings, device=place, precision=precision
        )
    else:
        folder = model_folder(spec)
        return _in_folder(
            read_model(folder),
            device=place,
            precision=precision,
            runtime=runtime,
            threads=threads,
        )
    if clip_weight == NO_CLIP_WEIGHT:
        return encoder
    folder = model_folder(clip_weight, to_lend=True)
    saved = read_model(folder)
    check_clip_weight(clip_weight, saved.config)
    weigher = _in_folder(saved, device=place, precision=precision, runtime="auto", threads=threads)
    return WeightedEmbedder(encoder, weigher)


def choose_device(name: str, *, only_cpu: str | None = None) -> torch.device:
    """`auto`, `cpu` or `cuda` -> a device that is there. Raises `ModelError`."""
    if name not in ("auto", "cpu", "cuda"):
        raise ModelError(
            "a device must be auto, cpu or cuda", got=repr(name), remedy="Choose one of them."
        )
    if name == "cuda" and only_cpu is not None:
        raise ModelError(
            f"{only_cpu} encoders run on the CPU", got="cuda", remedy="Leave --device out."
        )
    if name == "cuda" and not torch.cuda.is_available():
        raise ModelError(
            "the device cuda needs a GPU that torch can use",
            got="none",
            remedy="Use --device cpu, or look at torch.cuda.is_available().",
        )
    use_cuda = name == "cuda" or (name == "auto" and torch.cuda.is_available())
    return torch.device("cuda" if use_cuda else "cpu")


def _check_options(
    kind: str, *, settings: EncoderSettings | None, weights: str | None, precision: str
) -> None:
    faults = []
    if kind not in FROZEN and settings is not None:
        given = ", ".join(settings.model_dump(exclude_none=True))
        if given:
            faults.append(
                f"{given}: what lies with a model says how it wants pixels; leave them out"
            )
    if kind != "timm" and weights is not None:
        faults.append(f"weights are for timm: encoders only; got {weights!r}")
    if precision not in ("32", "bf16"):
        faults.append(f"precision must be 32 or bf16; got {precision!r}")
    if kind == "onnx" and precision == "bf16":
        faults.append("onnx: encoders compute as their file says; leave precision out")
    if faults:
        raise ConfigError(faults, source="the model's options")


def _check_runtime(kind: str, runtime: str) -> None:
    faults = []
    if runtime not in RUNTIMES:
        faults.append(f"runtime must be one of {', '.join(RUNTIMES)}; got {runtime!r}")
    elif kind in FROZEN and runtime != "auto":
        faults.append(f"runtime is for models of our own; {kind}: says what runs a frozen encoder")
    if faults:
        raise ConfigError(faults, source="the model's options")


def _check_weighable(kind: str, clip_weight: str) -> None:
    if kind not in FROZEN and clip_weight != NO_CLIP_WEIGHT:
        fault = (
            f"clip_weight is for frozen encoders ({', '.join(f'{one}:' for one in FROZEN)}), as "
            f"models of our own have one; got {clip_weight!r}: leave it out"
        )
        raise ConfigError([fault], source="the model's options")


def find_model_folder(spec: str, *, to_lend: bool = False) -> Path | None:
    """The folder that holds config.json: `spec` itself, the export in a run, or a shipped one.

    Those that know only the clip weight are found where it is `to_lend`. None where `spec` is none
    of these.
    """
    path = Path(spec)
    for folder in (path, *(path / name for name in EXPORTED)):
        if os.path.isfile(folder / CONFIG_FILE):  # noqa: PTH113  (too long a name is no file)
            return folder
    if (shipped := _shipped(to_lend=to_lend).get(spec)) is not None:
        with as_file(files("tacan") / shipped) as folder:
            return folder
    return None


def _shipped(*, to_lend: bool) -> dict[str, str]:
    return SHIPPED_MODELS | SHIPPED_WEIGHTS if to_lend else SHIPPED_MODELS


def model_folder(spec: str, *, to_lend: bool = False) -> Path:
    """The folder of one of our own models, as `find_model_folder` finds it. Raises `EncoderError`
    where `spec` names none."""
    folder = find_model_folder(spec, to_lend=to_lend)
    if folder is not None:
        return folder
    encoders = "" if to_lend else ", timm:NAME, onnx:FILE or openvino:FILE"
    raise EncoderError(
        f"a {'clip weight' if to_lend else 'model'} must be a folder with config.json and "
        "model.safetensors, a run folder of `tacan train`, or one that ships "
        f"({', '.join(_shipped(to_lend=to_lend))}){encoders}",
        got=repr(spec),
        remedy="Check the path and its spelling."
        if os.path.exists(spec)  # noqa: PTH110  (too long a name is no file)
        else "There is no such file or folder: check the path and its spelling.",
    )


def _in_folder(
    saved: SavedModel,
    *,
    device: torch.device,
    precision: Precision,
    runtime: RuntimeChoice,
    threads: int,
) -> ClipEmbedder:
    """The model `saved`, ready to embed."""

    @cache
    def in_torch() -> TacanEmbedder:
        return TacanEmbedder(
            channels_last(saved.build().model.to(device)),
            clip_len=saved.config.clip_len,
            input_size=(saved.config.height, saved.config.width),
            fingerprint=saved.fingerprint,
            metric=saved.config.metric,
            precision=precision,
        )

    plain = device.type == "cpu" and precision == "32"
    return in_runtime(saved, in_torch, runtime, plain=plain, threads=threads)
