"""A bounded way from one thread to the next that can end well, or be broken off."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

__all__ = ["BrokenOffError", "Channel"]

Item = TypeVar("Item")


class BrokenOffError(Exception):
    """The work around a channel was broken off; who waits at it has nothing left to do."""


class Channel(Generic[Item]):
    """A queue of at most `room` items.

    A writer waits while it is full, a reader while it is empty. `close` says that nothing more
    will come, and iteration ends after the last item; `break_off` wakes everybody who waits with
    `BrokenOffError` and forgets what was under way, so that no thread is ever left behind.

    >>> channel = Channel[int](2)
    >>> channel.put(1)
    >>> channel.put(2)
    >>> channel.close()
    >>> list(channel)
    [1, 2]
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._broken = False

    def put(self, item: Item) -> None:
        """Hands `item` over, once there is room. Raises `BrokenOffError`."""
        with self._changed:
            self._changed.wait_for(lambda: self._broken or len(self._items) < self._room)
            self._check()
            self._items.append(item)
            self._changed.notify_all()

    def get(self, *, patience: float | None = None) -> Item | None:
        """The next item, or None when the channel has ended or `patience` seconds are over.

        `ended` tells the two apart. Raises `BrokenOffError`.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._broken or self._items or self._closed, timeout=patience
            )
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

    def break_off(self) -> None:
        """Ends all waiting, now and later."""
        with self._changed:
            self._broken = True
            self._items.clear()
            self._changed.notify_all()

    def _check(self) -> None:
        if self._broken:
            raise BrokenOffError
