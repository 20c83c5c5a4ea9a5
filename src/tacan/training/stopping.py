"""Requests to stop: Ctrl-C and SIGTERM end a training between two iterations."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

__all__ = ["StopRequest", "TrainingStopped"]


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


class StopRequest:
    """A block in which SIGINT and SIGTERM are noted in `received` and don't interrupt.

    With `insist`, a second Ctrl-C interrupts at once: the checkpoint then is the one before.
    Outside of the main thread, where signals can't be handled, nothing changes.
    """

    def __init__(self, *, insist: bool) -> None:
        self.received: int | None = None
        self._insist = insist
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._insist and number == signal.SIGINT == self.received:
            raise KeyboardInterrupt
        self.received = number
