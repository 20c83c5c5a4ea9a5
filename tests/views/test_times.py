from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tacan.views.times import clock, local_time, span

MOMENT = datetime(2026, 11, 22, 23, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00.0"), (59.96, "1:00.0"), (3599.99, "1:00:00.0"), (7325.25, "2:02:05.2")],
)
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_the_wall_clock_of_a_zone() -> None:
    assert local_time(MOMENT, ZoneInfo("Europe/Berlin")) == "2026-11-23 00:59:58 +01:00"
    assert local_time(MOMENT, timezone(-timedelta(hours=3, minutes=30))).endswith("-03:30")
    here = MOMENT.astimezone()
    assert local_time(MOMENT).startswith(f"{here:%Y-%m-%d %H:%M:%S}")


def test_a_span_over_midnight_names_both_days() -> None:
    shown = span(
        start=MOMENT,
        end=MOMENT + timedelta(seconds=5),
        first_seconds=1,
        last_seconds=6,
        zone=UTC,
    )
    assert shown == "2026-11-22 23:59:58 to 2026-11-23 00:00:03 +00:00"
