from __future__ import annotations

import pytest

from tacan.indexing.timing import STAGES, StageTimes, shares_text


def test_shares_sum_to_one_and_time_is_counted_where_it_was_spent() -> None:
    times = StageTimes()
    assert set(times.shares().values()) == {0.0}
    with pytest.raises(ValueError, match="counted"), times.measure("decode"):
        raise ValueError("counted")
    times.seconds["detection"] = 3 * times.seconds["decode"]
    assert times.seconds["decode"] > 0
    assert sum(times.shares().values()) == pytest.approx(1)
    assert times.shares()["detection"] == pytest.approx(0.75)
    assert tuple(times.shares()) == STAGES


def test_a_line_for_people() -> None:
    assert shares_text({"decode": 0.25, "storing": 0.75}) == "decode 25 %, storing 75 %"
