from __future__ import annotations

import pytest

from tacan.text import counted


@pytest.mark.parametrize("number", [0, 2, 11, 21, 1001])
def test_all_but_one_are_many(number: int) -> None:
    assert counted(number, "crop") == f"{number:,} crops"
    assert counted(number, "query", "queries") == f"{number:,} queries"


def test_one_is_one() -> None:
    assert counted(1, "crop") == "1 crop"
    assert counted(1, "query", "queries") == "1 query"
