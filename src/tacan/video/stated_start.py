"""The time at which a file says that it was recorded, and by which of its tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["YEARS", "StatedStart", "stated_start"]

YEARS = range(1900, 3000)
"""Years in which a video can begin; times at the borders of `datetime` can't be computed with."""
_NO_CLOCK_BEFORE = 1971
"""Cameras without a set clock write the start of 1904 or 1970."""
_APPLE_START = "com.apple.quicktime.creationdate"
_CREATION = "creation_time"
_ANDROID = "com.android."
"""How the names of Android's own tags begin. Its recorder writes `creation_time` when it stops."""


@dataclass(frozen=True, slots=True)
class StatedStart:
    """The aware time at which a video begins, as its metadata have it.

    `tag` is the name of the entry. `meant` says what it stands for: the recording's `start`, its
    `end`, from which the duration was taken off, or `unknown`, where it was taken for the start.
    """

    time: datetime
    tag: str
    meant: str

    @property
    def note(self) -> str:
        """Where the time is from, as a sentence."""
        begins = f"the start {self.time.isoformat(' ', 'seconds')} is from the file's {self.tag}"
        if self.meant == "start":
            return begins
        if self.meant == "end":
            return f"{begins}, at which Android ends a recording, less the file's duration"
        return (
            f"{begins}; many phones write there when a recording ended: if times are late by the "
            "video's length, `tacan gallery shift` corrects them"
        )


def stated_start(
    metadata: Iterable[Mapping[str, str]], *, duration: float | None
) -> StatedStart | None:
    """The start that the first of `metadata` tells which makes sense; None where none does.

    `duration` are the seconds of the video, None where they are not known.
    """
    told = list(metadata)
    is_android = any(key.startswith(_ANDROID) for entries in told for key in entries)
    for entries in told:
        for tag in (_APPLE_START, _CREATION):
            time = _time(entries.get(tag, ""))
            if time is None:
                continue
            if tag == _APPLE_START:
                return StatedStart(time, tag, "start")
            if is_android and duration is not None:
                return StatedStart(time - timedelta(seconds=duration), tag, "end")
            return StatedStart(time, tag, "unknown")
    return None


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not _NO_CLOCK_BEFORE <= time.year <= YEARS[-1]:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
