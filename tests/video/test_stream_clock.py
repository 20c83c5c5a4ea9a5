from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.video.stream_clock import StreamClock


def seconds_of(times: list[float | None], *, fps: float = 10) -> tuple[list[float], int]:
    clock = StreamClock(fps)
    return [clock.seconds(time) for time in times], clock.n_steps


def test_plain_times_are_told_from_the_first_one() -> None:
    assert seconds_of([5.0, 5.5, 5.75]) == ([0.0, 0.5, 0.75], 0)


def test_pictures_out_of_order_do_not_shift_those_after_them() -> None:
    times, n_steps = seconds_of([0.1, 0.4, 0.3, 0.5, 0.2, 0.8])
    assert n_steps == 0
    assert times == pytest.approx([0, 0.3, 0.3, 0.4, 0.4, 0.7], abs=1e-4)


def test_a_clock_that_is_set_back_goes_on() -> None:
    times, n_steps = seconds_of([100.0, 100.1, 0.0, 0.1, 0.2, 50.2])
    assert times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 50.4])
    assert n_steps == 1


def test_a_first_picture_without_a_time() -> None:
    times, n_steps = seconds_of([None, 7.3, 7.4])
    assert times == pytest.approx([0, 0.1, 0.2])
    assert n_steps == 0


@given(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_any_times_rise(times: list[float | None]) -> None:
    assert (np.diff(seconds_of(times)[0]) > 0).all()
