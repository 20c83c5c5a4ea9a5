"""The processes of a run, and lightning's Trainer for them: one CPU process, one GPU, or several
that torchrun started."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.strategies import DDPStrategy

__all__ = ["Processes", "build_trainer", "quiet_lightning"]


@dataclass(frozen=True, slots=True)
class Processes:
    """This process' number, how many there are, and how many of them on this machine."""

    rank: int = 0
    world_size: int = 1
    local_world_size: int = 1

    @property
    def is_first(self) -> bool:
        """True in the process that writes and reports."""
        return self.rank == 0

    @classmethod
    def from_torchrun(cls) -> Processes:
        """The processes that torchrun names in the environment; one without it."""
        if "TORCHELASTIC_RUN_ID" not in os.environ:
            return cls()
        return cls(
            rank=int(os.environ["RANK"]),
            world_size=int(os.environ["WORLD_SIZE"]),
            local_world_size=int(os.environ["LOCAL_WORLD_SIZE"]),
        )


def build_trainer(
    processes: Processes,
    *,
    precision: str,
    callbacks: Sequence[Callback],
    folder: Path,
    find_unused_parameters: bool = False,
) -> Trainer:
    """A Trainer for one pass over what it is given, that writes nothing and says nothing itself.

    Logs, checkpoints and the progress bar are in `callbacks`; batches come ready for this rank.
    """
    alone = processes.world_size == 1
    return Trainer(
        accelerator="cuda" if torch.cuda.is_available() else "cpu",
        devices=processes.local_world_size,
        num_nodes=processes.world_size // processes.local_world_size,
        strategy=("auto" if alone else DDPStrategy(find_unused_parameters=find_unused_parameters)),
        plugins=[LightningEnvironment() if alone else TorchElasticEnvironment()],
        precision="bf16-mixed" if precision == "bf16" else "32-true",
        callbacks=list(callbacks),
        max_epochs=1,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_autolog_hparams=False,
        default_root_dir=folder,
    )


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """A block in which lightning keeps its tips and warnings to itself."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\b")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
