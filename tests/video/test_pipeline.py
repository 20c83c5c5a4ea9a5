from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from tacan.errors import StorageError
from tacan.video.pipeline import CancelledError, Channel, Pipeline


def ours() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("tacan-")]


def failing_after(n: int, error: BaseException) -> Iterator[int]:
    yield from range(n)
    raise error


def test_items_keep_their_order_through_several_threads() -> None:
    with Pipeline() as pipeline:
        first = pipeline.spawn("a", range(1000), ahead=1)
        second = pipeline.spawn("b", (2 * n for n in first), ahead=3)
        assert list(second) == [2 * n for n in range(1000)]
    assert ours() == []


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_an_error_in_any_thread_is_raised_and_ends_all(stage: int) -> None:
    error = StorageError("no room")

    def passing(items: Iterator[int], place: int) -> Iterator[int]:
        for n, item in enumerate(items):
            if place == stage and n == 5:
                raise error
            yield item

    with pytest.raises(StorageError) as caught, Pipeline() as pipeline:
        source = pipeline.spawn("0", passing(itertools.count(), 0), ahead=1)
        middle = pipeline.spawn("1", passing(iter(source), 1), ahead=1)
        last = pipeline.spawn("2", passing(iter(middle), 2), ahead=1)
        for _ in last:
            pass
    assert caught.value is error
    assert ours() == []


def test_an_error_before_the_next_thread_starts_does_not_hang_it() -> None:
    with pytest.raises(ValueError, match="at once"), Pipeline() as pipeline:
        broken = pipeline.spawn("a", failing_after(0, ValueError("at once")), ahead=1)
        for thread in list(pipeline._threads):
            thread.join(5)
        for _ in pipeline.spawn("b", iter(broken), ahead=1):
            pass


def test_an_interruption_of_the_caller_ends_all_threads() -> None:
    with pytest.raises(KeyboardInterrupt), Pipeline() as pipeline:
        endless = pipeline.spawn("a", itertools.count(), ahead=1)
        assert endless.get() == 0
        raise KeyboardInterrupt
    assert ours() == []


def test_the_callers_own_error_is_not_replaced() -> None:
    with pytest.raises(ValueError, match="mine"), Pipeline() as pipeline:
        pipeline.spawn("a", itertools.count(), ahead=1)
        raise ValueError("mine")


def test_a_cancellation_is_no_error_of_a_thread() -> None:
    with pytest.raises(CancelledError), Pipeline() as pipeline:
        pipeline.spawn("a", itertools.count(), ahead=1)
        raise CancelledError


def test_a_stage_counts_the_seconds_of_its_own_work() -> None:
    def slow(items: Iterator[int]) -> Iterator[int]:
        for item in items:
            time.sleep(0.02)
            yield item

    with Pipeline() as pipeline:
        numbers = pipeline.spawn("quick", range(10))
        slept = pipeline.spawn("slow", slow(iter(numbers)))
        assert list(pipeline.spawn("waits", (n for n in slept))) == list(range(10))
    assert set(pipeline.seconds) == {"quick", "slow", "waits"}
    assert pipeline.seconds["slow"] >= 0.2
    assert pipeline.seconds["quick"] < pipeline.seconds["slow"]
    assert pipeline.seconds["waits"] < pipeline.seconds["slow"]


def test_a_thread_of_a_cancelled_pipeline_may_not_begin_another() -> None:
    with pytest.raises(KeyboardInterrupt), Pipeline() as pipeline:
        pipeline.cancel()
        with pytest.raises(CancelledError):
            pipeline.spawn("late", range(3))
        raise KeyboardInterrupt


def in_thread(work) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_full_channel_makes_its_writer_wait() -> None:
    channel = Channel[int](2)
    written: list[int] = []

    def write() -> None:
        for n in range(5):
            channel.put(n)
            written.append(n)
        channel.close()

    writer = in_thread(write)
    time.sleep(0.1)
    assert written == [0, 1]
    assert list(channel) == [0, 1, 2, 3, 4]
    writer.join(5)
    assert channel.ended


def test_a_timeout_ends_before_the_channel_does() -> None:
    channel = Channel[int](1)
    assert channel.get(timeout=0.01) is None
    assert not channel.ended
    channel.close()
    assert channel.get() is None
    assert channel.ended


@pytest.mark.parametrize("full", [True, False])
def test_a_cancellation_wakes_who_waits(full: bool) -> None:
    channel = Channel[int](1)
    seen: list[BaseException] = []

    def wait() -> None:
        try:
            if full:
                channel.put(1)
                channel.put(2)
            else:
                channel.get()
        except CancelledError as error:
            seen.append(error)

    waiting = in_thread(wait)
    time.sleep(0.05)
    channel.cancel()
    waiting.join(5)
    assert len(seen) == 1
    with pytest.raises(CancelledError):
        channel.put(1)
    with pytest.raises(CancelledError):
        channel.get()
