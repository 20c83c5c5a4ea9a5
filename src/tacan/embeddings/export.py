"""A model of ours as a file for ONNX Runtime or OpenVINO, checked against torch."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import yaml

from tacan.embeddings.embedder import TacanEmbedder
from tacan.embeddings.exported import (
    LARGEST_DIFFERENCE,
    PROBE,
    ExportedEmbedder,
    ExportSettings,
    difference,
    exported_files,
    probe,
)
from tacan.embeddings.open import FROZEN, model_folder
from tacan.errors import EncoderError, StorageError
from tacan.files import atomic_paths, sha256
from tacan.installing import install_advice
from tacan.model import ModelFolder, load_model
from tacan.model.onnx_export import onnx_network
from tacan.runtimes.loaded_file import UnfitFileError
from tacan.runtimes.network import load_network
from tacan.runtimes.openvino_runtime import save_openvino

__all__ = [
    "ENDINGS",
    "ExportFormat",
    "ExportReport",
    "export_model",
    "export_paths",
    "load_own_model",
]

ExportFormat = Literal["onnx", "openvino"]

ENDINGS: dict[ExportFormat, str] = {"onnx": ".onnx", "openvino": ".xml"}
"""How the name of an exported file ends."""

LARGEST_HALF_DIFFERENCE = 1e-2
"""Likewise where weights are stored in float16. Beyond `LARGEST_DIFFERENCE` the vectors are another
model's, with a fingerprint of their own."""

BATCHES = (1, 2, 7)

TOLD = "# Written by `tacan export`; belongs to the file of the same name beside it.\n"


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote, and how far its vectors lie from torch's."""

    files: tuple[Path, ...]
    n_bytes: int
    difference: float
    """See `exported.difference`."""
    comparable: bool
    """Whether a gallery takes its vectors and torch's as those of one model."""

    def text(self) -> str:
        """It in words."""
        names = " and ".join(str(path) for path in self.files)
        apart = f"largest difference from torch {self.difference:.1e}"
        fit = "" if self.comparable else "; too much for one gallery with the model itself"
        return f"{names}: {self.n_bytes / 1e6:.2f} MB, {apart}{fit}"


def load_own_model(spec: str) -> ModelFolder:
    """The model that `spec` names, which must not be a frozen encoder. Raises `EncoderError`."""
    if spec.partition(":")[0] in FROZEN:
        raise EncoderError(
            "a model of ours can be exported: a folder of one, a run of `tacan train`, or a name",
            got=f"{spec!r}, a frozen encoder",
            remedy="Export it with what made it.",
        )
    return load_model(model_folder(spec))


def export_paths(out: Path, kind: ExportFormat) -> list[Path]:
    """All files of an export to `out`. Raises `StorageError` for a name that ends otherwise."""
    if out.suffix != ENDINGS[kind]:
        raise StorageError(
            f"the name of an export to {kind} must end in {ENDINGS[kind]}",
            got=str(out),
            remedy=f"Call it {out.stem or 'model'}{ENDINGS[kind]}.",
        )
    return [*exported_files(out), out.with_suffix(".yaml")]


def export_model(
    saved: ModelFolder, out: Path, kind: ExportFormat, *, half: bool = False
) -> ExportReport:
    """Writes `saved` to `out` for a runtime, with the settings beside it in a YAML file.

    With `half` the weights are stored in float16. The network is run beside torch first; nothing
    is written where vectors or weights differ by more than `LARGEST_DIFFERENCE`, or in float16
    by more than 1e-2.

    Raises `EncoderError` there, where a package is absent, and where the model can't be exported;
    `StorageError`.
    """
    paths = export_paths(out, kind)
    _require_own_settings(paths[-1])
    with TemporaryDirectory(prefix="tacan-export-") as folder:
        file = Path(folder) / f"model{ENDINGS[kind]}"
        settings = write_checked(saved, file, kind, half=half)
        with atomic_paths(*paths) as drafts:
            for source, draft in zip(exported_files(file), drafts[:-1], strict=True):
                draft.write_bytes(source.read_bytes())
            drafts[-1].write_text(_yaml(settings), encoding="utf-8")
    return ExportReport(
        files=tuple(paths),
        n_bytes=sum(path.stat().st_size for path in paths),
        difference=settings.difference,
        comparable=settings.fingerprint == saved.fingerprint,
    )


def _require_own_settings(path: Path) -> None:
    """Raises `StorageError` where a YAML file that is no export's would be replaced: those of
    training runs are called like the models, too."""
    if path.is_file() and not path.read_bytes().startswith(TOLD.encode()):
        raise StorageError(
            "the settings of an export lie in a YAML file of the same name",
            got=f"{path}, which is another file",
            remedy="Give the export another name.",
        )


def write_checked(
    saved: ModelFolder, file: Path, kind: ExportFormat, *, half: bool = False
) -> ExportSettings:
    """The network in `file`, and the settings that belong beside it. Raises `EncoderError`."""
    config = saved.config
    size = (config.height, config.width)
    whole = onnx_network(saved.model, clip_len=config.clip_len, input_size=size, half=half)
    if kind == "onnx":
        file.write_bytes(whole)
    else:
        _save_openvino(whole, file)
    settings = ExportSettings(
        fingerprint=saved.fingerprint,
        content=sha256(*exported_files(file)),
        clip_len=config.clip_len,
        height=config.height,
        width=config.width,
        clip_weight=config.clip_weight,
        metric=config.metric,
        difference=0.0,
    )
    reference = TacanEmbedder(saved.model, clip_len=config.clip_len, input_size=size)
    found = _apart(reference, saved, file, kind, settings)
    most = LARGEST_HALF_DIFFERENCE if half else LARGEST_DIFFERENCE
    if not found <= most:
        raise EncoderError(
            f"an exported model must give torch's vectors within {most:g} of their length",
            got=f"a difference of {found:.1e}",
            remedy="Leave --half out." if half else "Let torch run it.",
        )
    own = saved.fingerprint
    if found > LARGEST_DIFFERENCE:
        own = hashlib.sha256(f"{own} {settings.content}".encode()).hexdigest()
    says = base64.b64encode(probe(reference, PROBE).astype("<f4").tobytes()).decode()
    return settings.model_copy(update={"difference": found, "fingerprint": own, "torch_says": says})


def _apart(
    reference: TacanEmbedder,
    saved: ModelFolder,
    file: Path,
    kind: ExportFormat,
    settings: ExportSettings,
) -> float:
    """The `difference` of the network in `file` from torch."""
    try:
        network = load_network(file, kind, role="encoder", threads=1)
        exported = ExportedEmbedder(network, settings, threads=1)
        return difference(reference, exported, batches=BATCHES)
    except EncoderError as error:
        raise EncoderError(
            f"an exported model must run in {kind} for any number of clips",
            got=f"temporal pooling {saved.config.temporal_pooling}, encoder "
            f"{saved.config.encoder}: {' '.join(str(error.got).split())[-200:]}",
            remedy="Let torch run it.",
        ) from error


def _save_openvino(network: bytes, file: Path) -> None:
    try:
        save_openvino(network, file)
    except UnfitFileError as error:
        raise EncoderError(
            "a model must be made of operations that OpenVINO has",
            got=str(error)[:300],
            remedy="Export it to onnx, or choose another backbone.",
        ) from error
    except ImportError as error:
        raise EncoderError(
            "an export to openvino needs the package openvino",
            got=str(error),
            remedy=install_advice("openvino"),
        ) from error


def _yaml(settings: ExportSettings) -> str:
    return TOLD + yaml.safe_dump(settings.model_dump(), sort_keys=False)
