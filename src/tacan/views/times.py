"""Times as people write and read them."""

from __future__ import annotations

from datetime import datetime, tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tacan.errors import ConfigError

__all__ = ["clock", "local_time", "parse_time", "parse_zone", "seconds_text", "span"]


def clock(seconds: float) -> str:
    """Seconds from a video's start as it stands under a player, with tenths.

    >>> clock(12.34), clock(61), clock(3723.96)
    ('0:12.3', '1:01.0', '1:02:04.0')
    """
    tenths = round(10 * seconds)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    rest = f"{tenths // 10:02d}.{tenths % 10}"
    return f"{hours}:{minutes:02d}:{rest}" if hours else f"{minutes}:{rest}"


def seconds_text(seconds: float) -> str:
    """A length of time in the largest units that leave two digits or more.

    >>> [seconds_text(seconds) for seconds in (-2.04, 45, 600, 5400, 200_000)]
    ['-2.0 s', '45 s', '10 min', '90 min', '56 h']
    """
    size = abs(seconds)
    if size < 10:
        return f"{seconds:.1f} s"
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min")):
        if size < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 3600:.0f} h"


def local_time(time: datetime, zone: tzinfo | None = None) -> str:
    """A time by the wall clock of `zone`, this machine's own if None, with its offset.

    >>> from datetime import UTC
    >>> local_time(datetime.fromisoformat("2026-11-22T14:00:07.600+01:00"), UTC)
    '2026-11-22 13:00:07 +00:00'
    """
    local = time.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S} {_offset(local)}"


def span(
    *,
    start: datetime | None,
    end: datetime | None,
    first_seconds: float,
    last_seconds: float,
    zone: tzinfo | None = None,
) -> str:
    """From when to when: by the wall clock where it is known, else within the video.

    >>> from datetime import UTC
    >>> start = datetime.fromisoformat("2026-11-22T14:00:07+01:00")
    >>> end = start.replace(second=9)
    >>> span(start=start, end=end, first_seconds=7, last_seconds=9, zone=UTC)
    '2026-11-22 13:00:07 to 13:00:09 +00:00'
    >>> span(start=None, end=None, first_seconds=7, last_seconds=9)
    '0:07.0 to 0:09.0 in the video'
    """
    if start is None or end is None:
        return f"{clock(first_seconds)} to {clock(last_seconds)} in the video"
    first, last = start.astimezone(zone), end.astimezone(zone)
    day = "" if first.date() == last.date() else f"{last:%Y-%m-%d} "
    return f"{first:%Y-%m-%d %H:%M:%S} to {day}{last:%H:%M:%S} {_offset(last)}"


def _offset(local: datetime) -> str:
    digits = f"{local:%z}"
    return f"{digits[:3]}:{digits[3:5]}"


def parse_time(text: str, *, option: str) -> datetime:
    """`2026-11-22T14:00:00+01:00` -> a time. Raises `ConfigError` for anything else.

    A time without its zone is refused: by whose clock would it be?
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.utcoffset() is None:
        fault = (
            f"{option} must be a time with its time zone, such as 2026-11-22T14:00:00+01:00, "
            f"or with Z for UTC; got {text!r}"
        )
        raise ConfigError([fault], source="the command line")
    return time


def parse_zone(name: str | None) -> tzinfo | None:
    """`Europe/Berlin` -> that zone, None -> None. Raises `ConfigError` for an unknown name."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = get_close_matches(name, available_timezones(), n=1)
        hint = f"did you mean {near[0]}?" if near else "write it as in Europe/Berlin, or UTC"
        fault = f"--zone must be a time zone; got {name!r}: {hint}"
        raise ConfigError([fault], source="the command line") from error
