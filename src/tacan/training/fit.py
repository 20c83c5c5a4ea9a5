"""The iterations of a run, with all that happens between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import distributed as dist
from torch.optim import Optimizer

from tacan.config import TrainConfig
from tacan.model import save_model
from tacan.progress import Progress, silent
from tacan.runs.training_folder import RunFolder, plain_settings
from tacan.training.callbacks import Reporting, Saving, Validating
from tacan.training.checkpoints import Checkpoint, write_checkpoint
from tacan.training.exported_models import keep_if_best, model_notes
from tacan.training.module import TrainingModule
from tacan.training.processes import Processes, build_trainer, quiet_lightning
from tacan.training.stopping import TrainingStopped
from tacan.training.training_data import TrainingBatches, TrainingData, dead_workers_explained
from tacan.training.training_log import LogRow, RunLog
from tacan.training.validation import validation_scores

__all__ = ["Listeners", "Outcome", "fit"]


@dataclass(frozen=True, slots=True)
class Listeners:
    """Called with every iteration, every row of the log, every validation."""

    progress: Progress = silent
    on_row: Callable[[LogRow], None] | None = None
    on_validation: Callable[[int, Mapping[str, float]], None] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The losses of the last row of the log, and the scores of the last validation."""

    losses: Mapping[str, float]
    scores: Mapping[str, float]


def fit(
    config: TrainConfig,
    folder: RunFolder,
    data: TrainingData,
    *,
    module: TrainingModule,
    batches: TrainingBatches,
    processes: Processes,
    checkpoint: Checkpoint | None,
    listeners: Listeners,
) -> Outcome:
    """Trains `module` on `batches`, from where it stands to the end of the run.

    Only the first process writes and reports. Raises `TrainingStopped` after SIGINT or SIGTERM,
    and whatever else `tacan.training.training_run.train` says.
    """
    log = RunLog(folder.path, last_iteration=module.first_iteration) if processes.is_first else None
    records = _Records(config, folder, data, log, listeners if processes.is_first else Listeners())
    reporting, validating, saving = _callbacks(config, records, checkpoint)
    try:
        with quiet_lightning(), dead_workers_explained(), torch.random.fork_rng(devices=[]):
            trainer = build_trainer(
                processes,
                precision=config.run.precision,
                callbacks=[reporting, validating, saving],
                folder=folder.path,
                find_unused_parameters=config.loss.softmax == 0,
            )
            trainer.fit(module, train_dataloaders=batches)
    except SystemExit as exit_:
        # lightning's answer to Ctrl-C where we have no handler of our own: at its start and end.
        raise KeyboardInterrupt from exit_
    finally:
        if log is not None:
            log.close()
        if dist.is_available() and dist.is_initialized():
            dist.destroy_process_group()
    if saving.stopped_by is not None:
        raise TrainingStopped(
            signal_number=saving.stopped_by,
            iteration=module.iteration,
            iterations=config.run.iterations,
            run=folder.path,
        )
    return Outcome(reporting.losses, validating.scores)


@dataclass(frozen=True, slots=True)
class _Records:
    """The files and listeners for the callbacks' results; only the first process has a log."""

    config: TrainConfig
    folder: RunFolder
    data: TrainingData
    log: RunLog | None
    listeners: Listeners

    def row(self, row: LogRow) -> None:
        if self.log is not None:
            self.log.row(row)
        if self.listeners.on_row is not None:
            self.listeners.on_row(row)

    def validate(self, module: TrainingModule) -> Mapping[str, float]:
        scores = validation_scores(module.model, self.config.model, self.data.validation)
        if self.log is not None:
            self.log.validation(module.iteration, scores)
            notes = self._notes(module, {}, scores)
            keep_if_best(self.folder.best_model, module.model, self.config, notes=notes)
        if self.listeners.on_validation is not None:
            self.listeners.on_validation(module.iteration, scores)
        return scores

    def save(self, module: TrainingModule, reporting: Reporting, validating: Validating) -> None:
        optimiser = cast(Optimizer, module.optimizers(use_pl_optimizer=False))
        reached = Checkpoint(
            iteration=module.iteration,
            config=plain_settings(self.config),
            pids=list(self.data.pids),
            weights=module.state_dict(),
            optimiser=optimiser.state_dict(),
            window=reporting.window(),
            losses=dict(reporting.losses),
            scores=dict(validating.scores),
        )
        write_checkpoint(self.folder.checkpoint, reached)
        if module.iteration < self.config.run.iterations:
            notes = self._notes(module, reached.losses, reached.scores)
            save_model(self.folder.last_model, module.model, self.config.model, notes=notes)

    def _notes(
        self, module: TrainingModule, losses: Mapping[str, float], scores: Mapping[str, float]
    ) -> dict[str, Any]:
        return model_notes(
            self.config, self.data, iterations=module.iteration, losses=losses, scores=scores
        )


def _callbacks(
    config: TrainConfig, records: _Records, checkpoint: Checkpoint | None
) -> tuple[Reporting, Validating, Saving]:
    clips, run = config.clips, config.run
    n_tracklets = clips.identities_per_batch * clips.tracklets_per_identity
    reporting = Reporting(
        every=run.log_every,
        iterations=run.iterations,
        images_per_iteration=n_tracklets * clips.n_clips * config.model.clip_len,
        on_row=records.row,
        progress=records.listeners.progress,
        window=checkpoint.window if checkpoint else {},
        losses=checkpoint.losses if checkpoint else {},
    )
    validating = Validating(
        every=run.validate_every,
        iterations=run.iterations,
        validate=records.validate,
        reporting=reporting,
        scores=checkpoint.scores if checkpoint else {},
    )
    saving = Saving(
        every=run.checkpoint_every,
        iterations=run.iterations,
        save=lambda module: records.save(module, reporting, validating),
        reporting=reporting,
    )
    return reporting, validating, saving
