"""Numbers with their nouns, for messages."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, one: str, many: str | None = None) -> str:
    """`number` of what is called `one` when there is one of it, else `many` (by default `one`s).

    >>> counted(1, "crop"), counted(0, "crop"), counted(1234, "query", "queries")
    ('1 crop', '0 crops', '1,234 queries')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
