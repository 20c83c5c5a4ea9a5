"""A model as a folder: `model.safetensors` and a `config.json` with all that its user must know."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors.torch import load, save

from tacan.config import ModelConfig
from tacan.config.fault_messages import fault_messages
from tacan.errors import CheckpointError
from tacan.files import atomic_paths
from tacan.model.build import build_model
from tacan.model.tacan import Tacan
from tacan.version import VERSION

__all__ = [
    "CONFIG_FILE",
    "WEIGHTS_FILE",
    "ModelFolder",
    "SavedModel",
    "load_model",
    "read_model",
    "save_model",
]

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
FORMAT = 1


@dataclass(frozen=True)
class ModelFolder:
    """A model as it was saved: itself, its settings, its fingerprint, and notes of its maker."""

    model: Tacan
    config: ModelConfig
    fingerprint: str
    notes: dict[str, Any]


@dataclass(frozen=True)
class SavedModel:
    """The files of a model in `folder`, of which nothing is built yet."""

    folder: Path
    config: ModelConfig
    fingerprint: str
    notes: dict[str, Any]
    weights: bytes = field(repr=False)
    settings: dict[str, Any] = field(repr=False)
    """`config` as it stands in the file."""

    @property
    def is_whole(self) -> bool:
        """Whether settings and weights are those of the fingerprint."""
        return _fingerprint(self.settings, self.weights) == self.fingerprint

    def build(self) -> ModelFolder:
        """The model itself, ready for use (in evaluation mode). Raises as `load_model` does."""
        try:
            state = load(self.weights)
        except (
            Exception
        ) as error:  # Unknown types and odd headers are answered with errors of any kind.
            raise CheckpointError(
                f"{WEIGHTS_FILE} must be a whole file of the safetensors format (a pickle is "
                "refused)",
                got=f"{self.folder / WEIGHTS_FILE}: {error}",
                remedy="Save the model again with `tacan train`, or copy it again.",
            ) from error
        try:
            model = build_model(self.config)
            model.load_state_dict(state)
        except (RuntimeError, ValueError, TypeError, OverflowError, MemoryError) as error:
            raise CheckpointError(
                f"the weights must have the shapes that {CONFIG_FILE} describes",
                got=f"{self.folder}: {' '.join(str(error).split())[:300]}",
                remedy="Put the two files of one model into the folder.",
            ) from error
        if not self.is_whole:
            raise _broken(self.folder, "settings and weights that are not of one model")
        return ModelFolder(
            model=model.eval(), config=self.config, fingerprint=self.fingerprint, notes=self.notes
        )


def save_model(
    folder: Path,
    model: Tacan,
    config: ModelConfig,
    *,
    notes: dict[str, Any] | None = None,
    half: bool = False,
) -> str:
    """Writes `model` into `folder`, replacing what model was there, and returns its fingerprint.

    With `half` the weights are rounded to float16, which halves the file; a model computes in
    float32 either way. The fingerprint is the SHA-256 of settings and weights: vectors of two
    models can be compared if and only if it is the same. Raises `StorageError`, and leaves the
    old model whole.
    """
    plain = config.model_dump(mode="json") | {"weights": None}
    state = {
        name: (value.half() if half and value.is_floating_point() else value).contiguous()
        for name, value in model.state_dict().items()
    }
    weights = save(state, metadata={"format": "pt"})
    fingerprint = _fingerprint(plain, weights)
    content = {
        "format": FORMAT,
        "tacan_version": VERSION,
        "fingerprint": fingerprint,
        "model": plain,
        "notes": notes or {},
    }
    with atomic_paths(folder / WEIGHTS_FILE, folder / CONFIG_FILE) as (weights_draft, config_draft):
        weights_draft.write_bytes(weights)
        config_draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return fingerprint


def load_model(folder: Path) -> ModelFolder:
    """Reads the model in `folder` and nothing else, ready for use (in evaluation mode).

    Raises `CheckpointError` for a folder without a model, a damaged or unsafe file, weights of
    another shape than the settings say, and files that don't belong together; `EncoderError` for
    settings with an unknown encoder.
    """
    return read_model(folder).build()


def read_model(folder: Path) -> SavedModel:
    """Reads the files of the model in `folder`, and leaves it to `SavedModel.build` to see whether
    they belong together.

    Where settings that somebody else wrote say where first weights come from (`weights`), that is
    passed over: the folder holds all weights. Raises `CheckpointError` for a folder without a
    model, and damaged settings.
    """
    content = _read_config(folder)
    try:
        config = ModelConfig.model_validate(content["model"])
    except ValidationError as error:
        faults = fault_messages(error, ModelConfig)
        raise _broken(folder / CONFIG_FILE, "; ".join(faults[:3])) from error
    return SavedModel(
        folder=folder,
        config=config.model_copy(update={"weights": None}),
        fingerprint=content["fingerprint"],
        notes=content.get("notes", {}),
        weights=_read_bytes(folder / WEIGHTS_FILE),
        settings=content["model"],
    )


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG_FILE
    try:
        content = json.loads(_read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise _broken(path, f"no JSON: {error}") from error
    if not isinstance(content, dict) or not {"format", "model", "fingerprint"} <= content.keys():
        raise _broken(path, "not all of format, model and fingerprint")
    if not isinstance(content.get("notes", {}), dict):
        raise _broken(path, "notes that are no mapping")
    if content["format"] != FORMAT:
        raise CheckpointError(
            f"this version of TACAN reads models of format {FORMAT}",
            got=f"{path}: format {content['format']}",
            remedy="Install the version that made it, or a newer one.",
        )
    return content


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"a model's folder must hold {CONFIG_FILE} and {WEIGHTS_FILE}",
            got=f"{path}: {getattr(error, 'strerror', None) or error}",
            remedy="Name the folder that `tacan train` exported.",
        ) from error


def _broken(path: Path, found: str) -> CheckpointError:
    return CheckpointError(
        "a model's files must be as TACAN wrote them",
        got=f"{path}: {found}",
        remedy="Copy the model again, or save it again.",
    )


def _fingerprint(plain: dict[str, Any], weights: bytes) -> str:
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
    digest.update(weights)
    return digest.hexdigest()
