"""Numbers with their nouns, and addresses without passwords, for messages."""

from __future__ import annotations

import re

__all__ = ["counted", "without_password"]


def counted(number: int, one: str, many: str | None = None) -> str:
    """`number` of what is called `one` when there is one of it, else `many` (by default `one`s).

    >>> counted(1, "crop"), counted(0, "crop"), counted(1234, "query", "queries")
    ('1 crop', '0 crops', '1,234 queries')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def without_password(address: str) -> str:
    """An address without user, password and what follows a question mark; a path stays as it is.

    One slash after the scheme is enough, since `Path` makes one of two.

    >>> without_password("rtsp://me:secret@door:554/live?key=1"), without_password("a@b?.mp4")
    ('rtsp://...@door:554/live?...', 'a@b?.mp4')
    """
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", address)
    if scheme is None:
        return address
    hidden = re.sub(r"(:/{1,2})[^/]*@", r"\1...@", address)
    return re.sub(r"\?.*", "?...", hidden, flags=re.DOTALL)
