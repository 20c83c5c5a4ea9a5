"""Moments as the database keeps them: whole microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tacan.gallery.errors import GalleryError

__all__ = ["from_microseconds", "to_microseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: datetime) -> int:
    """Exact, before 1970 as well.

    >>> to_microseconds(datetime.fromisoformat("1970-01-01T01:00:01+01:00"))
    1000000

    Raises `GalleryError` for a moment without a time zone.
    """
    if moment.utcoffset() is None:
        raise GalleryError(
            "a moment must have a time zone",
            got=moment.isoformat(),
            remedy="Write it as 2026-11-22T14:00:00+01:00, or with Z for UTC.",
        )
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The moment, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)
