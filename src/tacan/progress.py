"""The progress of long work, told to a listener."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

__all__ = ["Progress", "Stage", "StageListener", "silent", "unheard"]

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)`, in the unit that the caller was promised."""


def silent(done: int, total: int) -> None:
    """The listener that does nothing."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Stage `number` of `count` begins, or was done before and is passed over.

    `unit` is what its progress counts, `seconds` the time that it took before, where that is known.
    """

    number: int
    count: int
    title: str
    unit: str
    done: bool
    seconds: float | None = None


StageListener = Callable[[Stage], AbstractContextManager[Progress]]
"""Told of every stage, which runs in the block that it gives and reports its progress there."""


def unheard(stage: Stage) -> AbstractContextManager[Progress]:
    """The listener to stages that does nothing."""
    del stage
    return nullcontext(silent)
