"""How long work tells its caller how far it is, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress", "silent"]

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)`, in the unit that the caller was promised."""


def silent(done: int, total: int) -> None:
    """The listener of those who don't want to know."""
