from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tacan.indexing.source_starts import start_in_name, start_of

TIME = datetime(2026, 11, 22, 13, 5, 9, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("door_20261122_140509.mp4", "%Y%m%d_%H%M%S"),
        ("22.11.26 14h05m09 door.avi", "%d.%m.%y %Hh%Mm%S"),
        ("cam[1] Nov 22 2026 02-05-09 PM.mkv", "%b %d %Y %I-%M-%S %p"),
        ("2026-11-22T13:05:09Z.ts", "%Y-%m-%dT%H:%M:%S%z"),
        (f"{int(TIME.timestamp())}.h264", "%s"),
        ("100%_2026326140509.mp4", "100%%_%Y%j%H%M%S"),
    ],
)
def test_times_in_names(name: str, pattern: str) -> None:
    assert start_in_name(Path(name), pattern, zone=BERLIN) == TIME


def test_a_pattern_with_a_slash_reads_the_path() -> None:
    path = Path("/dvr/2026-11-22/14/05.09.mp4")
    assert start_in_name(path, "%Y-%m-%d/%H/%M.%S", zone=BERLIN) == TIME


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("%Y%m%d", "nothing in it"),
        ("%H%M", "at least a day"),
        ("%Q%d", "%Q is not known"),
        ("", "at least a day"),
    ],
)
def test_what_does_not_fit_is_told(pattern: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        start_in_name(Path("door.mp4"), pattern, zone=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "VID_20261122_140509.mp4",
        "2026-11-22 14-05-09.mkv",
        "ch01_20261122140509_20261122150509.dav",
        "99999999999999_2026.11.22-14.05.09.mp4",
        "Screen 2026-11-22 at 14.05.09.mov",
    ],
)
def test_auto_finds_usual_times(name: str) -> None:
    time, note = start_of("auto", Path(name), zone=BERLIN)
    assert time == TIME
    assert "2026-11-22 14:05:09+01:00 is from the file's name" in str(note)
    _, note = start_of("auto", Path(name), zone=None)
    assert "this machine's time zone" in str(note)


@pytest.mark.parametrize("name", ["door.mp4", "IMG_1234.MOV", "20269922_140509.mp4", "1" * 14])
def test_auto_without_a_time_in_the_name_is_the_file_s(name: str) -> None:
    assert start_of("auto", Path(name), zone=BERLIN) == ("file", None)
