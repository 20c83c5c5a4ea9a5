"""Trainings that were asked to stop: Ctrl-C and SIGTERM end one between two iterations."""

from __future__ import annotations

import signal
from pathlib import Path

__all__ = ["TrainingStopped"]


class TrainingStopped(KeyboardInterrupt):
    """Training was asked to stop (Ctrl-C, SIGTERM) and left a checkpoint to go on from.

    As a `KeyboardInterrupt` it passes by whatever handles faults.
    """

    def __init__(self, *, signal_number: int, iteration: int, iterations: int, run: Path) -> None:
        self.signal_number = signal_number
        self.iteration = iteration
        self.iterations = iterations
        self.run = run
        super().__init__(
            f"stopped by {signal.Signals(signal_number).name} after iteration {iteration} of "
            f"{iterations}; {run} can be resumed"
        )
