from __future__ import annotations

import pytest

from tacan.text import counted, without_password


@pytest.mark.parametrize("number", [0, 2, 11, 21, 1001])
def test_all_but_one_are_many(number: int) -> None:
    assert counted(number, "crop") == f"{number:,} crops"
    assert counted(number, "query", "queries") == f"{number:,} queries"


def test_one_is_one() -> None:
    assert counted(1, "crop") == "1 crop"
    assert counted(1, "query", "queries") == "1 query"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://me:se@cret@door:554/live", "rtsp://...@door:554/live"),
        ("rtsp:/me:secret@door/live", "rtsp:/...@door/live"),
        ("http://door/live?user=me&pwd=secret", "http://door/live?..."),
        ("me:secret@door.mp4", "me:secret@door.mp4"),
        ("/videos/a@b?.mp4", "/videos/a@b?.mp4"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert without_password(address) == shown
