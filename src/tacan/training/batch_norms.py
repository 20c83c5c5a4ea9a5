"""Batch normalisation over the whole batch, where several processes hold a part of it each."""

from __future__ import annotations

import torch
from timm.layers.norm_act import convert_sync_batchnorm
from torch import nn

from tacan.config import TrainConfig
from tacan.errors import ConfigError
from tacan.training.processes import Processes

__all__ = ["check_synchronisation", "synchronise_batch_norms"]


def check_synchronisation(config: TrainConfig, processes: Processes) -> None:
    """Raises `ConfigError` where `run.sync_batch_norm` is set and the processes have no GPUs."""
    if config.run.sync_batch_norm and processes.world_size > 1 and not torch.cuda.is_available():
        raise ConfigError(
            [
                f"run.sync_batch_norm is set, and the {processes.world_size} processes have no "
                "GPU; torch synchronises batch normalisation on GPUs only. Leave it out, train in "
                "one process, or choose an encoder without batch normalisation "
                "(test_efficientnet_gn, a vision transformer)"
            ]
        )


def synchronise_batch_norms(model: nn.Module) -> None:
    """Makes the batch norms of `model` take mean and variance over all processes, in training.

    Weights, statistics and their names stay; where the model is not in training, so do its
    results. torch's own conversion would drop the activations that timm's batch norms hold.
    """
    convert_sync_batchnorm(model)
