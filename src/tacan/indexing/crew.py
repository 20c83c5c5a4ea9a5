"""Threads that work one behind the other, and that end together."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self, TypeVar

from tacan.indexing.channel import BrokenOffError, Channel

__all__ = ["Crew"]

Item = TypeVar("Item")


class Crew:
    """A context whose threads are all gone when it is left, however that happens.

    >>> with Crew() as crew:
    ...     numbers = crew.put_to_work(iter(range(3)), name="count", room=1)
    ...     doubled = crew.put_to_work((2 * n for n in numbers), name="double", room=1)
    ...     list(doubled)
    [0, 2, 4]

    The first error in any thread breaks off the work of all; it is raised where the context is
    left, in place of the `BrokenOffError` that the reader of the last channel meets. An error or
    an interruption within the context breaks off all threads as well.
    """

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._channels: list[Channel[Any]] = []
        self._first_error: BaseException | None = None
        self._lock = threading.Lock()

    def put_to_work(self, items: Iterable[Item], *, name: str, room: int) -> Channel[Item]:
        """Runs through `items` in a thread of its own; what they are comes out of the channel.

        At most `room` items wait in the channel.
        """
        channel: Channel[Item] = Channel(room)
        self._channels.append(channel)
        thread = threading.Thread(
            target=self._work, args=(items, channel), name=f"tacan-{name}", daemon=True
        )
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
            self._break_off()
        for thread in self._threads:
            thread.join()
        if self._first_error is not None and (error is None or isinstance(error, BrokenOffError)):
            raise self._first_error

    def _work(self, items: Iterable[Any], channel: Channel[Any]) -> None:
        try:
            for item in items:
                channel.put(item)
            channel.close()
        except BrokenOffError:
            # Channels that were not there yet when the work was broken off must end as well.
            self._break_off()
        except BaseException as error:
            with self._lock:
                self._first_error = self._first_error or error
            self._break_off()

    def _break_off(self) -> None:
        for channel in list(self._channels):
            channel.break_off()
