"""When a video begins: a time, a pattern in its name, or what its metadata say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Literal

from tacan.video.stated_start import YEARS

__all__ = ["START_FORMS", "Start", "parse_start", "start_in_name", "start_of"]

Start = datetime | Literal["file", "after"] | None
"""The time of a video's first frame: known, to be taken from the file's metadata, the end of the
file before it, or unknown."""

START_FORMS = (
    "a start must be a time with its time zone, such as 2026-11-22T14:00:00+01:00, in the years "
    f"{YEARS[0]} to {YEARS[-1]}, `file`, `auto`, or `name:PATTERN` such as name:%Y%m%d_%H%M%S"
)

_NAME = "name:"
_DIRECTIVES = {
    "Y": r"\d{4}", "y": r"\d{2}", "m": r"\d{2}", "d": r"\d{2}", "H": r"\d{2}", "I": r"\d{2}",
    "M": r"\d{2}", "S": r"\d{2}", "f": r"\d{1,6}", "j": r"\d{3}", "p": r"[AaPp][Mm]",
    "b": r"[^\W\d_]+", "B": r"[^\W\d_]+", "z": r"(?:[+-]\d{2}:?\d{2}|Z)", "s": r"\d{10}",
    "%": "%",
}  # fmt: skip
"""What each directive of `strptime` stands for in a name; %s is a count of seconds since 1970."""
_USUAL = re.compile(
    r"(?<!\d)(?P<Y>(?:19|20)\d\d)[-_.]?(?P<m>\d\d)[-_.]?(?P<d>\d\d)"
    r"[-_ T.at]{0,4}(?P<H>\d\d)[-_.:hH]?(?P<M>\d\d)[-_.:mM]?(?P<S>\d\d)(?!\d)"
)
"""A day and a time as cameras and recorders write them into names."""


def parse_start(text: str) -> Start:
    """`2026-11-22T14:00:00+01:00` -> an aware time; `file` stays.

    >>> parse_start("2026-11-22T14:00:00Z").isoformat()
    '2026-11-22T14:00:00+00:00'

    Raises `ValueError` for anything else: a time without its time zone, or one that no camera can
    have seen.
    """
    return "file" if text == "file" else _possible(datetime.fromisoformat(text))


def start_of(text: str, path: Path, *, zone: tzinfo | None) -> tuple[Start, str | None]:
    """The start that `text` asks for, of the video `path`, and a sentence on where it is from.

    Beside what `parse_start` knows: `name:PATTERN`, which is found in the name, and `auto`, which
    is a usual time in the name, or else `file`. `zone` is that of times in names; for `auto` this
    machine's where it is None. Raises `ValueError`, with a reason for people.
    """
    if text.startswith(_NAME):
        time = start_in_name(path, text.removeprefix(_NAME), zone=zone)
    elif text == "auto":
        found = _usual_time(path)
        if found is None:
            return "file", None
        time = _possible(found.replace(tzinfo=zone) if zone else found.astimezone())
    else:
        try:
            return parse_start(text), None
        except (ValueError, OverflowError) as error:
            raise ValueError(START_FORMS) from error
    by = "" if zone or text.startswith(_NAME) else ", by this machine's time zone (--zone)"
    return time, f"the start {time.isoformat(' ', 'seconds')} is from the file's name{by}"


def start_in_name(path: Path, pattern: str, *, zone: tzinfo | None) -> datetime:
    """The time that stands in the name of a file, or in its path where `pattern` has a slash.

    >>> start_in_name(Path("door_20261122_140000.mp4"), "%Y%m%d_%H%M%S", zone=UTC).isoformat()
    '2026-11-22T14:00:00+00:00'

    `pattern` is one of `strptime`, in `zone` unless it has %z or %s. Raises `ValueError`.
    """
    text = path.absolute().as_posix() if "/" in pattern else path.name
    found = re.search(_expression(pattern), text)
    if found is None:
        raise ValueError(f"{path.name!r} has nothing in it that reads as {pattern}")
    if "%s" in pattern:
        return _possible(datetime.fromtimestamp(int(found["s"]), UTC))
    time = datetime.strptime(found[0], pattern)  # The zone is told beside it.
    if time.tzinfo is None:
        if zone is None:
            raise ValueError("a time in a name needs its time zone: --zone, such as Europe/Berlin")
        time = time.replace(tzinfo=zone)
    return _possible(time)


def _expression(pattern: str) -> str:
    parts = []
    for directive, text in re.findall(r"%(.)|([^%]+)", pattern):
        if directive and directive not in _DIRECTIVES:
            raise ValueError(
                f"%{directive} is not known; {', '.join(f'%{d}' for d in _DIRECTIVES)} are"
            )
        known = _DIRECTIVES.get(directive, "")
        parts.append(f"(?P<s>{known})" if directive == "s" else known or re.escape(text))
    if not any(each in pattern for each in ("%d", "%j", "%s")):
        raise ValueError(f"{pattern!r} must have at least a day, such as %Y%m%d, or %s")
    return "".join(parts)


def _usual_time(path: Path) -> datetime | None:
    for found in _USUAL.finditer(path.name):
        try:
            year, month, day, hour, minute, second = (int(found[part]) for part in "YmdHMS")
            return datetime(year, month, day, hour, minute, second)
        except ValueError:
            continue
    return None


def _possible(time: datetime) -> datetime:
    if time.utcoffset() is None or time.year not in YEARS:
        raise ValueError("a time without its time zone, or of another age")
    return time
