from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest

from tacan.errors import StorageError
from tacan.indexing.channel import BrokenOffError
from tacan.indexing.crew import Crew


def ours() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("tacan-")]


def failing_after(n: int, error: BaseException) -> Iterator[int]:
    yield from range(n)
    raise error


def test_items_keep_their_order_through_several_threads() -> None:
    with Crew() as crew:
        first = crew.put_to_work(range(1000), name="a", room=1)
        second = crew.put_to_work((2 * n for n in first), name="b", room=3)
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

    with pytest.raises(StorageError) as caught, Crew() as crew:
        source = crew.put_to_work(passing(itertools.count(), 0), name="0", room=1)
        middle = crew.put_to_work(passing(iter(source), 1), name="1", room=1)
        last = crew.put_to_work(passing(iter(middle), 2), name="2", room=1)
        for _ in last:
            pass
    assert caught.value is error
    assert ours() == []


def test_an_error_before_the_next_thread_starts_does_not_hang_it() -> None:
    with pytest.raises(ValueError, match="at once"), Crew() as crew:
        broken = crew.put_to_work(failing_after(0, ValueError("at once")), name="a", room=1)
        for thread in list(crew._threads):
            thread.join(5)
        for _ in crew.put_to_work(iter(broken), name="b", room=1):
            pass


def test_an_interruption_of_the_caller_ends_all_threads() -> None:
    with pytest.raises(KeyboardInterrupt), Crew() as crew:
        endless = crew.put_to_work(itertools.count(), name="a", room=1)
        assert endless.get() == 0
        raise KeyboardInterrupt
    assert ours() == []


def test_the_callers_own_error_is_not_replaced() -> None:
    with pytest.raises(ValueError, match="mine"), Crew() as crew:
        crew.put_to_work(itertools.count(), name="a", room=1)
        raise ValueError("mine")


def test_breaking_off_is_no_error_of_a_thread() -> None:
    with pytest.raises(BrokenOffError), Crew() as crew:
        crew.put_to_work(itertools.count(), name="a", room=1)
        raise BrokenOffError
