"""Requests to stop: Ctrl-C and SIGTERM, heard where work can end in order."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

__all__ = ["StopRequest"]


class StopRequest:
    """A block in which SIGINT and SIGTERM are noted in `received` and don't interrupt.

    With `insist`, a second Ctrl-C interrupts at once: then work ends where it is.
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
