"""Work that several processes share, so that its results don't depend on how many there are."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol, TypeVar

from tacan.errors import StorageError

__all__ = ["Worker", "in_order"]

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


class Worker(Protocol[R_co]):
    """Draws any of many things, each the same whoever draws it and when."""

    def draw(self, index: int) -> R_co: ...

    def compile(self) -> None:
        """Runs all compiled code once, so that processes started later find it ready."""


def in_order(
    make: Callable[..., Worker[R]],
    *arguments: Any,
    order: Sequence[int],
    workers: int,
    chunk: int = 1,
) -> Iterator[R]:
    """What `make(*arguments).draw(i)` returns for each i of `order`, in that order.

    With more than one of `workers`, one is made in each process of its own; then `make` and its
    arguments must pickle. Raises `StorageError` where a process dies.
    """
    if min(workers, len(order)) <= 1:
        with _interrupts_heard():
            worker = make(*arguments)
        for index in order:
            with _interrupts_heard():
                drawn = worker.draw(index)
            yield drawn
        return
    with _interrupts_heard():
        make(*arguments).compile()
    # Spawned, not forked: the caller may hold threads (torch does), which a fork would break.
    pool = ProcessPoolExecutor(
        min(workers, len(order)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(make, arguments),
    )
    try:
        yield from pool.map(_draw, order, chunksize=chunk)
    except BrokenProcessPool as error:
        raise StorageError(
            "every drawing process must stay alive",
            got=str(error),
            remedy="Try again with fewer workers.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_heard() -> Iterator[None]:
    """A block in which Ctrl-C raises `KeyboardInterrupt`, though not amid compiling.

    While compiled code is made or loaded, Python is called back from outside, and whatever is
    raised there is lost: then it is raised when the block ends, or at a second Ctrl-C.
    """
    before = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or before is not signal.default_int_handler:
        yield
        return
    heard = False

    def hear(_number: int, frame: FrameType | None) -> None:
        nonlocal heard
        is_second, heard = heard, True
        if is_second or not _is_compiling(frame):
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        raise KeyboardInterrupt


def _is_compiling(frame: FrameType | None) -> bool:
    """Whether the compiler of the kernels is at work in `frame` or in what called it."""
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(("numba.", "llvmlite.")):
            return True
        frame = frame.f_back
    return False


_worker: Worker[Any] | None = None
"""The worker of a drawing process, made once when the process starts."""


def _start(make: Callable[..., Worker[Any]], arguments: tuple[Any, ...]) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller is interrupted, and stops us
    threading.Thread(target=_end_with_caller, daemon=True).start()
    _worker = make(*arguments)


def _end_with_caller() -> None:
    """A killed caller can't stop its processes, which would wait for work for ever."""
    caller = multiprocessing.parent_process()
    if caller is not None:
        caller.join()
        os._exit(1)


def _draw(index: int) -> Any:
    if _worker is None:
        raise RuntimeError("_draw runs only in processes that began with _start")
    return _worker.draw(index)
