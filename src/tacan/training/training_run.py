"""A training run, from its settings to the exported model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacan.config import TrainConfig
from tacan.errors import ConfigError, TrainingError
from tacan.model import save_model
from tacan.progress import Progress, silent
from tacan.runs.lock import only_process_in
from tacan.runs.run_state import remove
from tacan.runs.training_folder import RunFolder, check_settings, resolve_paths
from tacan.training.batch_norms import check_synchronisation, synchronise_batch_norms
from tacan.training.build_training import build_batches, build_module, read_training_data
from tacan.training.checkpoints import Checkpoint, read_checkpoint, remove_drafts
from tacan.training.exported_models import model_notes
from tacan.training.fit import Listeners, Outcome, fit
from tacan.training.processes import Processes
from tacan.training.training_data import TrainingData
from tacan.training.training_log import LogRow

__all__ = ["RunRecord", "require_no_fetch", "train"]


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
    """The model's notes: data set, seed, final losses, validation."""


def train(
    config: TrainConfig,
    out: Path | str,
    *,
    resume: bool = False,
    fetch: bool = False,
    change_iterations: bool = False,
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
    fetch
        Let timm fetch first weights from the network, where `model.weights` is `pretrained`.
    change_iterations
        Let the run that goes on have another length, though its learning rate depends on that: the
        weights are then not those of a run that had this length from the beginning.
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
        Where another process trains in `out`, or a file can't be written. The checkpoint before it
        is untouched.
    TrainingStopped
        After SIGINT or SIGTERM, with a checkpoint left to go on from.

    >>> config = load_config("demo", {"data.dataset": "folder", "data.root": "people"})
    ... # doctest: +SKIP
    >>> record = train(config, "runs/first")  # doctest: +SKIP
    >>> model = tacan.open_model(str(record.model_folder))  # doctest: +SKIP
    """
    out = Path(out)
    processes = Processes.from_torchrun()
    listeners = Listeners(progress, on_row, on_validation)
    with only_process_in(out) if processes.is_first else nullcontext():
        return _train(
            resolve_paths(config),
            RunFolder(out),
            processes,
            resume=resume,
            fetch=fetch,
            change_iterations=change_iterations,
            listeners=listeners,
        )


def _train(
    config: TrainConfig,
    folder: RunFolder,
    processes: Processes,
    *,
    resume: bool,
    fetch: bool,
    change_iterations: bool,
    listeners: Listeners,
) -> RunRecord:
    check_synchronisation(config, processes)
    if processes.is_first:
        folder.check(config, resume=resume, change_iterations=change_iterations)
    data = read_training_data(config)
    checkpoint = (
        _checkpoint(folder, config, data, change_iterations=change_iterations) if resume else None
    )
    if checkpoint is None and not fetch:
        require_no_fetch(config)
    done = checkpoint.iteration if checkpoint else 0
    module = build_module(config, n_identities=len(data.pids), checkpoint=checkpoint)
    if config.run.sync_batch_norm and processes.world_size > 1:
        synchronise_batch_norms(module.model)
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
            listeners=listeners,
        )
    notes = model_notes(
        config,
        data,
        iterations=config.run.iterations,
        losses=outcome.losses,
        scores=outcome.scores,
    )
    if processes.is_first:
        save_model(folder.model, module.model, config.model, notes=notes)
        remove(folder.path, [folder.last_model.name])
    return RunRecord(
        folder=folder.path,
        model_folder=folder.model,
        log=folder.log,
        checkpoint=folder.checkpoint,
        iterations=config.run.iterations,
        n_identities=len(data.pids),
        n_tracklets=len(data.training),
        notes=notes,
    )


def require_no_fetch(config: TrainConfig) -> None:
    """Raises `ConfigError` where `config` begins with weights that come from the network."""
    if config.model.weights == "pretrained" and config.run.start_from is None:
        raise ConfigError(
            [
                f"model.weights 'pretrained' lets timm fetch those of {config.model.encoder} from "
                "the network; add --fetch to allow it, or name a file by --model.weights FILE, or "
                "begin with random weights by --model.weights null"
            ],
            source="the first weights",
        )


def _checkpoint(
    folder: RunFolder, config: TrainConfig, data: TrainingData, *, change_iterations: bool
) -> Checkpoint | None:
    """The checkpoint of the run in `folder`; None where it has to begin."""
    remove_drafts(folder.checkpoint)
    if not folder.checkpoint.exists():
        return None
    checkpoint = read_checkpoint(folder.checkpoint)
    check_settings(checkpoint.config, config, change_iterations=change_iterations)
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
            remedy=f"With {checkpoint.iteration} it ends where it is; more goes on from there.",
        )
    return checkpoint
