"""Colours as drawing takes them."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["Colour", "shade"]

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""


@lru_cache(maxsize=4096)
def shade(colour: Colour, factor: float) -> Colour:
    """Darker below 1, lighter above.

    >>> shade((200, 100, 0), 0.5), shade((200, 100, 0), 2)
    ((100, 50, 0), (255, 200, 0))
    """
    red, green, blue = (min(255, round(level * factor)) for level in colour)
    return red, green, blue
