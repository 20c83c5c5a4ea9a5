from __future__ import annotations

import threading
import time

import pytest

from tacan.indexing.channel import BrokenOffError, Channel


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


def test_patience_ends_before_the_channel_does() -> None:
    channel = Channel[int](1)
    assert channel.get(patience=0.01) is None
    assert not channel.ended
    channel.close()
    assert channel.get() is None
    assert channel.ended


@pytest.mark.parametrize("full", [True, False])
def test_breaking_off_wakes_who_waits(full: bool) -> None:
    channel = Channel[int](1)
    seen: list[BaseException] = []

    def wait() -> None:
        try:
            if full:
                channel.put(1)
                channel.put(2)
            else:
                channel.get()
        except BrokenOffError as error:
            seen.append(error)

    waiting = in_thread(wait)
    time.sleep(0.05)
    channel.break_off()
    waiting.join(5)
    assert len(seen) == 1
    with pytest.raises(BrokenOffError):
        channel.put(1)
    with pytest.raises(BrokenOffError):
        channel.get()
