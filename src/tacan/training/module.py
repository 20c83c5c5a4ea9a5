"""One step of training: model, loss, seed and learning rate of an iteration."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer

from tacan.errors import NonFiniteLossError
from tacan.losses.gather import gather_batch
from tacan.losses.multi_loss import LossTerms, MultiLoss
from tacan.model import Tacan

__all__ = ["LossValues", "TrainingModule"]

LossValues = dict[str, Tensor]
"""The total as `loss`, and every term that is on under its own name: scalars."""

_STEPS = 5  # what the seed is for, as in `tacan.clips.identity_sampler`


class TrainingModule(LightningModule):
    """A model and its loss, ready for lightning's Trainer.

    Whatever an iteration depends on besides the weights and the optimiser's state is a function of
    its number: the batch (see `IdentityBatchSampler`), the seed of what is random in the model,
    and the learning rate. So nothing else has to be stored to go on after a stop.

    Parameters
    ----------
    model, losses
        What is trained. The classifier in `losses` learns as well.
    build_optimiser
        Makes the optimiser from the weights.
    optimiser_state
        The optimiser's state after `first_iteration` iterations, or None to begin.
    learning_rate
        From the number of an iteration, from 0.
    seed, first_iteration
        The run's seed, and the number of iterations that are already done.
    largest_gradient
        Largest norm of the gradient; 0 leaves it alone.
    """

    def __init__(
        self,
        *,
        model: Tacan,
        losses: MultiLoss,
        build_optimiser: Callable[[Iterable[nn.Parameter]], Optimizer],
        learning_rate: Callable[[int], float],
        seed: int,
        first_iteration: int = 0,
        optimiser_state: dict[str, Any] | None = None,
        largest_gradient: float = 0.0,
    ) -> None:
        super().__init__()
        self.model = model
        self.losses = losses
        self.seed = seed
        self.first_iteration = first_iteration
        self.largest_gradient = largest_gradient
        self._build_optimiser = build_optimiser
        self._optimiser_state = optimiser_state
        self._learning_rate = learning_rate

    @property
    def iteration(self) -> int:
        """The number of iterations that are done."""
        return self.first_iteration + self.global_step

    def configure_optimizers(self) -> Optimizer:
        optimiser = self._build_optimiser(self.parameters())
        if self._optimiser_state is not None:
            optimiser.load_state_dict(self._optimiser_state)
            self._optimiser_state = None
        return optimiser

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        del batch, batch_idx
        optimiser = self.optimizers(use_pl_optimizer=False)
        for group in optimiser.param_groups:  # pyright: ignore[reportAttributeAccessIssue]
            group["lr"] = self._learning_rate(self.iteration)
        seed = _mix(self.seed, self.iteration, self.global_rank)
        torch.default_generator.manual_seed(seed)  # a hundred times faster than torch.manual_seed
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)

    def training_step(self, batch: tuple[Tensor, Tensor]) -> dict[str, Any]:
        """Frames uint8 [B, m, T, 3, H, W] and labels [B] -> the loss, and its terms as `values`.

        B is this rank's part of the batch; the loss is that of the whole. Raises
        `NonFiniteLossError` before a step is made with a loss that is NaN or infinite.
        """
        frames, labels = batch
        output = self.model(frames)
        tracklets = gather_batch(output.tracklet_embedding.float())
        metric = (
            tracklets
            if output.metric_embedding is output.tracklet_embedding
            else gather_batch(output.metric_embedding.float())
        )
        pooling = output.pooling_loss
        if pooling is not None:
            pooling = gather_batch(pooling.float()[None]).mean()
        with torch.autocast(frames.device.type, enabled=False):
            terms = self.losses(tracklets, metric, gather_batch(labels), pooling)
        values = _values(terms)
        if not math.isfinite(values["loss"].item()):
            raise non_finite_loss(values, iteration=self.iteration + 1)
        return {"loss": terms.total, "values": values}

    def configure_gradient_clipping(self, optimizer: Optimizer, *_: Any, **__: Any) -> None:
        del optimizer  # lightning's own clipping refuses fused optimisers in mixed precision
        if self.largest_gradient > 0:
            nn.utils.clip_grad_norm_(self.parameters(), self.largest_gradient)


def non_finite_loss(values: LossValues, *, iteration: int) -> NonFiniteLossError:
    """The error for a loss that is NaN or infinite."""
    terms = ", ".join(f"{name} {value.item():.4g}" for name, value in values.items())
    return NonFiniteLossError(
        "the loss must stay finite",
        got=f"{terms} in iteration {iteration}",
        remedy="The last checkpoint was made before. Lower optimiser.learning_rate, lengthen "
        "optimiser.warmup, set optimiser.clip_gradient (5, say), or leave out bf16.",
    )


def _values(terms: LossTerms) -> LossValues:
    named = {
        "loss": terms.total,
        "softmax": terms.softmax,
        "triplet": terms.triplet,
        "min_max": terms.min_max,
        "pooling": terms.pooling,
    }
    return {name: value.detach() for name, value in named.items() if value is not None}


def _mix(seed: int, iteration: int, rank: int) -> int:
    """A seed of its own for every iteration and rank of a run."""
    sequence = np.random.SeedSequence([seed, _STEPS, iteration, rank])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))
