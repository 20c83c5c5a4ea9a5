"""A trained model as the beginning of another run."""

from __future__ import annotations

from tacan.config import ModelConfig
from tacan.embeddings.open import find_model_folder
from tacan.errors import ConfigError
from tacan.model import Tacan, load_model

__all__ = ["trained_model"]

_MAY_DIFFER = {"weights", "metric"}
"""Settings of a model that may differ: where its encoder once began, and how it is compared."""


def trained_model(spec: str, settings: ModelConfig) -> Tacan:
    """The model that `spec` names, in training mode.

    `spec` is a model's folder, a run's folder, or the name of a model that ships. Raises
    `ConfigError` where there is none, or where its settings are not `settings`, and
    `CheckpointError` for a damaged one.
    """
    folder = find_model_folder(spec)
    if folder is None:
        raise ConfigError(
            [
                "run.start_from must be a folder with config.json and model.safetensors, a run "
                f"folder of `tacan train`, or a model that ships; got {spec!r}"
            ]
        )
    found = load_model(folder)
    theirs, ours = (
        found.config.model_dump(exclude=_MAY_DIFFER),
        settings.model_dump(exclude=_MAY_DIFFER),
    )
    faults = [
        f"model.{name} is {ours[name]!r}, but {spec} was trained with {value!r}; set it to that"
        for name, value in theirs.items()
        if ours[name] != value
    ]
    if faults:
        raise ConfigError(faults, source="run.start_from")
    return found.model.train()
