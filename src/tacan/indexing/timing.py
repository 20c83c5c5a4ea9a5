"""Where the time of indexing goes: how long each stage was at work."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["STAGES", "StageTimes", "shares_text"]

STAGES = ("decode", "detection", "tracking", "embedding", "storing")
"""The stages of the pipeline, in the order in which a frame meets them."""


class StageTimes:
    """Seconds on the clock that each stage was at work, without those in which it waited.

    The stages run at the same time, so that their seconds may add up to more than have passed;
    and a stage that shares its core with another takes longer on the clock than it would alone.
    Each stage is measured by one thread only.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Adds the time that the block takes to `stage`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - began

    def shares(self) -> dict[str, float]:
        """Each stage's part of all work: they sum to 1, or are all 0 before anything was done."""
        total = sum(self.seconds.values())
        return {stage: spent / total if total else 0.0 for stage, spent in self.seconds.items()}


def shares_text(shares: Mapping[str, float]) -> str:
    """One line for people.

    >>> shares_text({"decode": 0.104, "detection": 0.896})
    'decode 10 %, detection 90 %'
    """
    return ", ".join(f"{stage} {share:.0%}".replace("%", " %") for stage, share in shares.items())
