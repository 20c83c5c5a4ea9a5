"""Threads that work one behind the other, with bounded queues between them, and end together."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

__all__ = ["CancelledError", "Channel", "Pipeline", "count_as_waiting"]

Item = TypeVar("Item")


class CancelledError(Exception):
    """The pipeline around a channel was cancelled."""


class _Waited(threading.local):
    """Seconds that this thread has waited at channels."""

    seconds = 0.0


_waited = _Waited()


def count_as_waiting(seconds: float) -> None:
    """Says that the stage of this thread has waited for so long, for something outside."""
    _waited.seconds += seconds


class Channel(Generic[Item]):
    """A queue of at most `size` items from one thread to the next.

    A writer waits while it is full, a reader while it is empty. `close` says that nothing more
    will come, and iteration ends after the last item; `cancel` wakes everybody who waits with
    `CancelledError` and drops what is in it, so that no thread is ever left behind.

    >>> channel = Channel[int](2)
    >>> channel.put(1)
    >>> channel.put(2)
    >>> channel.close()
    >>> list(channel)
    [1, 2]
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._cancelled = False

    def put(self, item: Item) -> None:
        """Hands `item` over, once there is room. Raises `CancelledError`."""
        with self._changed:
            self._changed.wait_for(lambda: self._cancelled or len(self._items) < self._size)
            self._check()
            self._items.append(item)
            self._changed.notify_all()

    def get(self, *, timeout: float | None = None) -> Item | None:
        """The next item, or None when the channel has ended or after `timeout` seconds.

        `ended` tells the two apart. Raises `CancelledError`.
        """
        began = time.perf_counter()
        with self._changed:
            self._changed.wait_for(
                lambda: self._cancelled or self._items or self._closed, timeout=timeout
            )
            _waited.seconds += time.perf_counter() - began
            self._check()
            if not self._items:
                return None
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    @property
    def ended(self) -> bool:
        """Whether the channel is closed and everything in it has been taken."""
        with self._changed:
            return self._closed and not self._items

    def __iter__(self) -> Iterator[Item]:
        while (item := self.get()) is not None:
            yield item

    def close(self) -> None:
        """No more items will come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def cancel(self) -> None:
        """Ends all waiting, now and later."""
        with self._changed:
            self._cancelled = True
            self._items.clear()
            self._changed.notify_all()

    def _check(self) -> None:
        if self._cancelled:
            raise CancelledError


class Pipeline:
    """A context whose threads are all gone when it is left, however that happens.

    >>> with Pipeline() as pipeline:
    ...     numbers = pipeline.spawn("count", range(3))
    ...     doubled = pipeline.spawn("double", (2 * n for n in numbers))
    ...     list(doubled)
    [0, 2, 4]

    The first error in any thread cancels all; it is raised where the context is left, in place of
    the `CancelledError` that the reader of the last channel meets. An error or an interruption
    within the context cancels all threads as well.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        """Seconds on the clock that each stage was at work, without those in which it waited.

        The stages run at the same time, so that their seconds may add up to more than have
        passed; and a stage that shares its core takes longer than it would alone."""
        self._threads: list[threading.Thread] = []
        self._channels: list[Channel[Any]] = []
        self._first_error: BaseException | None = None
        self._cancelled = False
        self._lock = threading.Lock()

    def spawn(self, name: str, items: Iterable[Item], *, ahead: int = 2) -> Channel[Item]:
        """Runs through `items` in a thread of its own, the stage `name`; they come out of the
        channel, in which at most `ahead` of them wait. Raises `CancelledError`."""
        channel: Channel[Item] = Channel(ahead)
        thread = threading.Thread(
            target=self._work, args=(name, items, channel), name=f"tacan-{name}", daemon=True
        )
        with self._lock:
            if self._cancelled:
                raise CancelledError
            self.seconds[name] = 0.0
            self._channels.append(channel)
            self._threads.append(thread)
            thread.start()
        return channel

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.cancel()
        while self._threads:
            self._threads.pop().join()
        if self._first_error is not None and (error is None or isinstance(error, CancelledError)):
            raise self._first_error

    def cancel(self) -> None:
        """Ends all threads as soon as they meet a channel, and lets none begin."""
        with self._lock:
            self._cancelled = True
        for channel in self._channels:
            channel.cancel()

    def _work(self, name: str, items: Iterable[Any], channel: Channel[Any]) -> None:
        try:
            iterator = iter(items)
            while True:
                began, waited = time.perf_counter(), _waited.seconds
                try:
                    item = next(iterator)
                except StopIteration:
                    break
                finally:
                    spent = time.perf_counter() - began - (_waited.seconds - waited)
                    self.seconds[name] += spent
                channel.put(item)
            channel.close()
        except CancelledError:
            self.cancel()
        except BaseException as error:
            with self._lock:
                self._first_error = self._first_error or error
            self.cancel()
