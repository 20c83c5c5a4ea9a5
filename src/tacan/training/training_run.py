"""A training run, from its settings to the exported model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacan.config import TrainConfig
from tacan.errors import TrainingError
from tacan.model import save_model
from tacan.progress import Progress, silent
from tacan.runs.training_folder import RunFolder, check_settings, resolve_paths
from tacan.training.build_training import build_batches, build_module, read_training_data
from tacan.training.checkpoints import Checkpoint, read_checkpoint, remove_drafts
from tacan.training.fit import Listeners, Outcome, fit
from tacan.training.processes import Processes
from tacan.training.training_data import TrainingData
from tacan.training.training_log import LogRow

__all__ = ["RunRecord", "train"]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A finished run."""

    folder: Path
    model_folder: Path
    """The exported model, for `load_model` and `tacan embed --model`."""
    log: Path
    """CSV with a row every `run.log_every` iterations."""
    checkpoint: Path
    iterations: int
    n_identities: int
    n_tracklets: int
    notes: Mapping[str, Any]
    """What stands in the model's notes as well: data set, seed, final losses, validation."""


def train(
    config: TrainConfig,
    out: Path,
    *,
    resume: bool = False,
    progress: Progress = silent,
    on_row: Callable[[LogRow], None] | None = None,
    on_validation: Callable[[int, Mapping[str, float]], None] | None = None,
) -> RunRecord:
    """Trains a model as `config` says, in the folder `out`.

    On a CPU the weights are a function of `config`, the data and the number of threads alone,
    however often the run was stopped, killed and resumed on the way.

    Parameters
    ----------
    config
        The settings. `data.root` must be there.
    out
        The run's folder: settings, logs, the resumable checkpoint and the exported model.
    resume
        Go on with the run in `out`, from its checkpoint; begin it where there is none.
    progress
        In iterations.
    on_row, on_validation
        Called with each row of the log, and with the iteration and the scores of each validation.

    Raises
    ------
    ConfigError, DataError, EncoderError
        For settings, data and weight files that can't be used.
    TrainingError
        Where `out` holds another run, the loss is not finite, or a reading process died.
    CheckpointError
        For a damaged or unsafe checkpoint.
    StorageError
        Where a file can't be written. The checkpoint before it is untouched.
    TrainingStopped
        After SIGINT or SIGTERM, with a checkpoint left to go on from.
    """
    config, folder, processes = resolve_paths(config), RunFolder(out), Processes.from_torchrun()
    if processes.is_first:
        folder.check(config, resume=resume)
    data = read_training_data(config)
    checkpoint = _checkpoint(folder, config, data) if resume else None
    done = checkpoint.iteration if checkpoint else 0
    module = build_module(config, n_identities=len(data.pids), checkpoint=checkpoint)
    batches = build_batches(config, data, first_batch=done, processes=processes)
    if processes.is_first:
        folder.keep(config)
    if checkpoint is not None and done == config.run.iterations:
        outcome = Outcome(checkpoint.losses, checkpoint.scores)
    else:
        outcome = fit(
            config,
            folder,
            data,
            module=module,
            batches=batches,
            processes=processes,
            checkpoint=checkpoint,
            listeners=Listeners(progress, on_row, on_validation),
        )
    notes = _notes(config, data, outcome)
    if processes.is_first:
        save_model(folder.model, module.model, config.model, notes=notes)
    return RunRecord(
        folder=out,
        model_folder=folder.model,
        log=folder.log,
        checkpoint=folder.checkpoint,
        iterations=config.run.iterations,
        n_identities=len(data.pids),
        n_tracklets=len(data.training),
        notes=notes,
    )


def _checkpoint(folder: RunFolder, config: TrainConfig, data: TrainingData) -> Checkpoint | None:
    """Where the run in `folder` stands; None where it has to begin."""
    remove_drafts(folder.checkpoint)
    if not folder.checkpoint.exists():
        return None
    checkpoint = read_checkpoint(folder.checkpoint)
    check_settings(checkpoint.config, config)
    if checkpoint.pids != list(data.pids):
        raise TrainingError(
            "a run goes on with the identities that it began with",
            got=f"{len(data.pids)} in {config.data.root}, where there were {len(checkpoint.pids)}"
            if len(data.pids) != len(checkpoint.pids)
            else f"others in {config.data.root}",
            remedy="Name the data set that it was begun with, or start another run by --out.",
        )
    if checkpoint.iteration > config.run.iterations:
        raise TrainingError(
            "a run can't end before the iteration that it has reached",
            got=f"run.iterations {config.run.iterations} after {checkpoint.iteration}",
            remedy="Raise run.iterations.",
        )
    return checkpoint


def _notes(config: TrainConfig, data: TrainingData, outcome: Outcome) -> dict[str, Any]:
    return {
        "dataset": config.data.dataset,
        "iterations": config.run.iterations,
        "seed": config.run.seed,
        "n_identities": len(data.pids),
        "n_tracklets": len(data.training),
        "losses": outcome.losses,
        "validation": outcome.scores,
    }
