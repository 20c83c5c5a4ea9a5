from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tacan.video.stated_start import stated_start

TIME = datetime(2026, 11, 22, 14, tzinfo=UTC)


@pytest.mark.parametrize("stamp", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00", "soon", "\0"])
def test_a_time_that_no_camera_can_have_is_none(stamp: str) -> None:
    assert stated_start([{"com.apple.quicktime.creationdate": stamp}, {}], duration=1) is None


def test_apple_tells_the_start() -> None:
    tags = {
        "creation_time": "2026-11-22T14:05:00Z",
        "com.apple.quicktime.creationdate": "2026-11-22T15:00:00+01:00",
    }
    found = stated_start([tags, {}], duration=300)
    assert found is not None
    assert (found.time, found.meant) == (TIME, "start")
    assert "com.apple.quicktime.creationdate" in found.note


def test_android_tells_the_end() -> None:
    tags = {"creation_time": "2026-11-22T14:00:20Z", "com.android.version": "14"}
    found = stated_start([tags, {}], duration=20)
    assert found is not None
    assert (found.time, found.meant) == (TIME, "end")
    assert "less the file's duration" in found.note
    unknown = stated_start([tags, {}], duration=None)
    assert unknown is not None
    assert unknown.meant == "unknown"


def test_of_others_nobody_knows_and_it_is_told() -> None:
    found = stated_start([{}, {"creation_time": "2026-11-22T14:00:00"}], duration=20)
    assert found is not None
    assert (found.time, found.meant) == (TIME, "unknown")
    assert "many phones" in found.note
    assert "gallery shift" in found.note
