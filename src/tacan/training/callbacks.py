"""Callbacks between two iterations: a row of the log, a validation, a checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import distributed as dist

from tacan.errors import NonFiniteLossError
from tacan.progress import Progress
from tacan.runs.stop_request import StopRequest
from tacan.training.module import LossValues, TrainingModule
from tacan.training.training_log import LogRow

__all__ = ["Reporting", "Saving", "Validating"]


class Reporting(Callback):
    """Tells `progress` of every iteration, and `on_row` of each `every` iterations together.

    `losses` are those of the last row; `window()` is what has come in since.
    """

    def __init__(
        self,
        *,
        every: int,
        iterations: int,
        images_per_iteration: int,
        on_row: Callable[[LogRow], None],
        progress: Progress,
        window: Mapping[str, float],
        losses: Mapping[str, float],
    ) -> None:
        self.losses = dict(losses)
        self._sums = {
            name: torch.tensor(value, dtype=torch.float64) for name, value in window.items()
        }
        self._every = every
        self._iterations = iterations
        self._images = images_per_iteration
        self._on_row = on_row
        self._progress = progress
        self._since = (0, 0.0)

    def window(self) -> dict[str, float]:
        """The sums of the loss terms since the last row, and their `count`."""
        return {name: total.item() for name, total in self._sums.items()}

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        del trainer
        self._since = (pl_module.iteration, time.perf_counter())
        self._progress(pl_module.iteration, self._iterations)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        del batch, batch_idx
        self._add(outputs["values"])
        iteration = pl_module.iteration
        if iteration % self._every == 0 or iteration == self._iterations:
            self._row(iteration, trainer.optimizers[0].param_groups[0]["lr"])
        self._progress(iteration, self._iterations)

    def _add(self, values: LossValues) -> None:
        for name, value in {**values, "count": torch.ones(())}.items():
            total = self._sums.get(name, torch.zeros((), dtype=torch.float64))
            self._sums[name] = total.to(value.device) + value.double()

    def _row(self, iteration: int, learning_rate: float) -> None:
        sums = self.window()
        self._sums.clear()
        count = sums.pop("count")
        self.losses = {name: total / count for name, total in sums.items()}
        first, begun = self._since
        self._since = (iteration, time.perf_counter())
        images = (iteration - first) * self._images
        self._on_row(
            LogRow(
                iteration=iteration,
                losses=self.losses,
                learning_rate=learning_rate,
                images_per_second=images / (self._since[1] - begun),
            )
        )

    def leave_out(self, seconds: float) -> None:
        """Takes time that was not spent on training out of the speed."""
        self._since = (self._since[0], self._since[1] + seconds)


class Validating(Callback):
    """Calls `validate(module)` every `every` iterations and after the last; 0 is never.

    `scores` are the last ones, by name.
    """

    def __init__(
        self,
        *,
        every: int,
        iterations: int,
        validate: Callable[[TrainingModule], Mapping[str, float]],
        reporting: Reporting,
        scores: Mapping[str, float],
    ) -> None:
        self.scores = dict(scores)
        self._every = every
        self._iterations = iterations
        self._validate = validate
        self._reporting = reporting

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:
        del trainer
        iteration = pl_module.iteration
        if self._every and (iteration % self._every == 0 or iteration == self._iterations):
            begun = time.perf_counter()
            self.scores = dict(self._validate(pl_module))
            self._reporting.leave_out(time.perf_counter() - begun)


class Saving(Callback):
    """Calls `save(module)` every `every` iterations, after the last, and when asked to stop.

    `save` is called in the first process only, and never with weights that are not finite.
    """

    def __init__(
        self,
        *,
        every: int,
        iterations: int,
        save: Callable[[TrainingModule], None],
        reporting: Reporting,
    ) -> None:
        self.stopped_by: int | None = None
        self._every = every
        self._iterations = iterations
        self._save = save
        self._reporting = reporting
        self._request: StopRequest | None = None

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        # Here, and not around the trainer: lightning puts in handlers of its own before.
        del pl_module
        self._request = StopRequest(insist=trainer.world_size == 1)
        self._request.__enter__()

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:
        iteration = pl_module.iteration
        signal_number = self._asked_to_stop(pl_module)
        is_last = iteration == self._iterations
        if iteration % self._every == 0 or is_last or signal_number:
            begun = time.perf_counter()
            _require_finite(pl_module)
            if trainer.is_global_zero:
                self._save(pl_module)
            self._reporting.leave_out(time.perf_counter() - begun)
        if signal_number and not is_last:
            self.stopped_by = signal_number
            trainer.should_stop = True

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:
        del trainer, pl_module
        self._leave()

    def on_exception(self, trainer: Trainer, pl_module: Any, exception: BaseException) -> None:
        del trainer, pl_module, exception
        self._leave()

    def _asked_to_stop(self, module: TrainingModule) -> int:
        """The signal that any of the processes received, or 0: all must stop in one place."""
        received = (self._request.received if self._request else None) or 0
        if not dist.is_available() or not dist.is_initialized() or dist.get_world_size() == 1:
            return received
        number = torch.tensor(received, device=module.device)
        dist.all_reduce(number, op=dist.ReduceOp.MAX)
        return int(number.item())

    def _leave(self) -> None:
        if self._request is not None:
            self._request.__exit__(None, None, None)
            self._request = None


def _require_finite(module: TrainingModule) -> None:
    """A loss can be finite and its gradient not: what is saved is looked at itself."""
    state = [value for value in module.state_dict().values() if value.is_floating_point()]
    if not bool(torch.stack([value.isfinite().all() for value in state]).all()):
        raise NonFiniteLossError(
            "the weights must stay finite",
            got=f"NaN or infinity in them after iteration {module.iteration}",
            remedy="The last checkpoint was made before. Lower optimiser.learning_rate, lengthen "
            "optimiser.warmup, or set optimiser.clip_gradient (5, say).",
        )
