"""Timestamps as a gallery stores them: whole microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tacan.errors import GalleryError

__all__ = ["FIRST_TIMESTAMP", "LAST_TIMESTAMP", "from_microseconds", "to_microseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(timestamp: datetime) -> int:
    """Exact, before 1970 as well.

    >>> to_microseconds(datetime.fromisoformat("1970-01-01T01:00:01+01:00"))
    1000000

    Raises `GalleryError` for a timestamp without a time zone.
    """
    if timestamp.utcoffset() is None:
        raise GalleryError(
            "a timestamp must have a time zone",
            got=timestamp.isoformat(),
            remedy="Write it as 2026-11-22T14:00:00+01:00, or with Z for UTC.",
        )
    return (timestamp - _EPOCH) // _MICROSECOND


FIRST_TIMESTAMP = to_microseconds(datetime(2, 1, 1, tzinfo=UTC))
"""The earliest timestamp that is stored: a year within what `datetime` holds in every zone."""

LAST_TIMESTAMP = to_microseconds(datetime(9998, 12, 31, tzinfo=UTC))
"""The latest one."""


def from_microseconds(microseconds: int | None) -> datetime | None:
    """The timestamp in UTC; None for None, and for a number outside of the years that are stored.

    >>> from_microseconds(1_000_000)
    datetime.datetime(1970, 1, 1, 0, 0, 1, tzinfo=datetime.timezone.utc)
    """
    if microseconds is None or not FIRST_TIMESTAMP <= microseconds <= LAST_TIMESTAMP:
        return None
    return _EPOCH + timedelta(microseconds=microseconds)
