"""The models of a run that is still going: its last one, and the best in a validation.

They are there for a run that was interrupted, or that learnt nothing more towards its end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tacan.config import TrainConfig
from tacan.model import Tacan, save_model
from tacan.model.checkpoint import CONFIG_FILE
from tacan.training.training_data import TrainingData

__all__ = ["keep_if_best", "model_notes"]


def model_notes(
    config: TrainConfig,
    data: TrainingData,
    *,
    iterations: int,
    losses: Mapping[str, float],
    scores: Mapping[str, float],
) -> dict[str, Any]:
    """Notes in a model's folder on its training; `scores` are those of the last validation."""
    return {
        "dataset": config.data.dataset,
        "iterations": iterations,
        "seed": config.run.seed,
        "n_identities": len(data.pids),
        "n_tracklets": len(data.training),
        "losses": dict(losses),
        "validation": dict(scores),
    }


def keep_if_best(folder: Path, model: Tacan, config: TrainConfig, *, notes: dict[str, Any]) -> None:
    """Writes `model` into `folder` if its validation has a higher mAP than the model there.

    Of two with the same mAP the earlier one stays. Raises `StorageError`.
    """
    score = notes["validation"].get("mAP")
    if score is not None and score > _validated(folder):
        save_model(folder, model, config.model, notes=notes)


def _validated(folder: Path) -> float:
    """The mAP of the model in `folder`; -1 where there is none that can be read."""
    try:
        content = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        return float(content["notes"]["validation"]["mAP"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return -1.0
