from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.errors import GalleryError
from tacan.gallery.timestamps import from_microseconds, to_microseconds

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=ZONES))
def test_a_timestamp_comes_back_as_the_same_instant(timestamp):
    back = from_microseconds(to_microseconds(timestamp))
    assert back == timestamp
    assert back.tzinfo is UTC


def test_one_instant_is_one_number_in_every_zone():
    texts = ("2026-11-22T14:00:00+01:00", "2026-11-22T13:00:00Z", "2026-11-22T08:00:00-05:00")
    assert len({to_microseconds(datetime.fromisoformat(text)) for text in texts}) == 1


def test_a_timestamp_without_zone_is_refused():
    with pytest.raises(GalleryError, match="time zone"):
        to_microseconds(datetime(2026, 11, 22))
