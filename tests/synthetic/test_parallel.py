"""Work shared among processes: interruptions. That results don't depend on it: test_dataset.py."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tacan.synthetic.parallel import in_order


class Interrupted:
    """Is interrupted in its second piece of work."""

    def __init__(self) -> None:
        self.drawn: list[int] = []

    def draw(self, index: int) -> int:
        if index == 1:
            interrupt()
        self.drawn.append(index)
        return index

    def compile(self) -> None:
        raise AssertionError


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)  # to this thread: another would tell this one too late
    for _ in range(1000):  # signals are seen between two steps of a program
        pass


def compiler() -> Callable[[], None]:
    """`interrupt` as if the compiler called it, which swallows what is raised."""
    names = {"__name__": "llvmlite.binding.executionengine", "interrupt": interrupt}
    exec("def call():\n try: interrupt()\n except KeyboardInterrupt: pass", names)
    return names["call"]


class Squares:
    def draw(self, index: int) -> int:
        return index * index

    def compile(self) -> None: ...


def test_work_comes_back_in_the_order_that_is_asked_for() -> None:
    assert list(in_order(Squares, order=[3, 1, 2, 0], workers=1)) == [9, 1, 4, 0]


def test_an_interrupt_ends_the_work_at_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    worker = Interrupted()
    pieces = in_order(lambda: worker, order=range(5), workers=1)
    assert next(pieces) == 0
    with pytest.raises(KeyboardInterrupt):
        next(pieces)
    assert worker.drawn == [0]
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_amid_compiling_ends_the_work_after_the_piece(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(Interrupted.draw.__globals__, "interrupt", compiler())
    worker = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        list(in_order(lambda: worker, order=range(5), workers=1))
    assert worker.drawn == [0, 1]


def test_a_caller_that_ignores_interrupts_is_left_alone() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert list(in_order(Interrupted, order=range(3), workers=1)) == [0, 1, 2]
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
