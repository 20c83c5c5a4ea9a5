from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from tacan.errors import VideoError
from tacan.video import live_source
from tacan.video.live_address import live_address
from tacan.video.live_feed import FeedBrokenError
from tacan.video.live_source import LiveSource
from tests.video.cameras import Clock, Connections, SteppedFeed


@pytest.fixture(autouse=True)
def no_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "DELAYS", (0.0,))


def pictures(n: int, size: int = 8, *, first: int = 0) -> list[Any]:
    return [np.full((size, size, 3), first + i, np.uint8) for i in range(n)]


def source_of(connections: Connections, clock: Clock, told: list[str]) -> LiveSource:
    address = live_address("rtsp://me:secret@door/live")
    assert address is not None
    return LiveSource(
        address, stop=connections.stopped.is_set, tell=told.append, connect=connections, clock=clock
    )


def watched(source: LiveSource, *, stride: int = 1) -> list[list[tuple[int, float, int]]]:
    """Index, time and content of the frames of each segment."""
    return [
        [
            (f.index, round(f.seconds, 3), int(f.image[0, 0, 0]))
            for f in segment.frames(stride=stride)
        ]
        for segment in source.segments()
    ]


def test_each_connection_is_a_segment_timed_by_when_pictures_come() -> None:
    clock, told = Clock(), []
    gap = [None] * 50
    feeds = (
        SteppedFeed([*pictures(2), *gap, *pictures(1, first=2)], clock),
        SteppedFeed(pictures(2, first=7), clock),
    )
    source = source_of(Connections(feeds[0], FeedBrokenError("busy"), feeds[1]), clock, told)
    assert watched(source) == [
        [(0, 0.0, 0), (1, 0.1, 1), (2, 5.2, 2)],
        [(0, 0.0, 7), (1, 0.1, 8)],
    ]
    assert source.n_breaks == 2
    assert [text.split("; ")[0] for text in told] == [
        "rtsp://...@door/live: the cable was pulled",
        "rtsp://...@door/live: busy",
        "rtsp://...@door/live: the cable was pulled",
    ]
    assert all(feed.is_closed for feed in feeds)


def test_a_new_segment_begins_where_the_size_changes() -> None:
    clock = Clock()
    feed = SteppedFeed([*pictures(2), *pictures(2, 16, first=5)], clock)
    seen = [
        (segment.width, frame.image.shape[0], frame.index, round(frame.seconds, 3))
        for segment in source_of(Connections(feed), clock, []).segments()
        for frame in segment.frames()
    ]
    assert seen == [(8, 8, 0, 0.0), (8, 8, 1, 0.1), (16, 16, 0, 0.0), (16, 16, 1, 0.1)]


class GatedFeed(SteppedFeed):
    """One whose second picture and those after it come when `gate` is opened, all at once."""

    def __init__(self, images: list[Any], clock: Clock, ended: threading.Event) -> None:
        super().__init__(images, clock, at_end=ended.set, n_in_step=0)
        self.gate = threading.Event()

    def pictures(self) -> Any:
        for picture in super().pictures():
            yield picture
            _wait(self.gate)


@pytest.mark.parametrize(
    ("n", "stride", "taken", "counts"),
    [(9, 1, [0, 7, 8], (9, 6)), (9, 3, [0, 3, 6], (3, 0)), (12, 3, [0, 6, 9], (4, 1))],
)
def test_so_many_a_second_are_taken_and_the_oldest_dropped_and_counted(
    n: int, stride: int, taken: list[int], counts: tuple[int, int]
) -> None:
    clock, ended = Clock(), threading.Event()
    feed = GatedFeed(pictures(n), clock, ended)
    segments = source_of(Connections(feed), clock, []).segments()
    segment = next(segments)
    frames = segment.frames(stride=stride)
    seen = [next(frames).index]
    feed.gate.set()
    _wait(ended)
    seen += [frame.index for frame in frames]
    assert seen == taken
    assert (segment.n_wanted, segment.n_dropped) == counts


def test_a_camera_that_lets_nobody_in_is_not_asked_again() -> None:
    refused = VideoError("let in", got="401")
    connections = Connections(refused)
    with pytest.raises(VideoError, match="let in"):
        list(source_of(connections, Clock(), []).segments())
    assert len(connections.addresses) == 1


def test_delays_grow_and_begin_anew_after_a_steady_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delays: list[float] = []
    monkeypatch.setattr(live_source, "DELAYS", (1.0, 2.0, 4.0))
    monkeypatch.setattr(LiveSource, "_pause", lambda _, seconds: delays.append(seconds))
    clock, busy = Clock(), FeedBrokenError("busy")
    steady = SteppedFeed([*pictures(1), *[None] * 400, *pictures(1)], clock)
    short = SteppedFeed(pictures(2), clock)
    watched(source_of(Connections(busy, busy, busy, busy, steady, busy, short), clock, []))
    assert delays == [1.0, 2.0, 4.0, 4.0, 1.0, 2.0, 4.0]


def test_it_stops_while_a_camera_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "POLL_SECONDS", 0.01)
    clock, let_go = Clock(), threading.Event()
    connections = Connections(SteppedFeed(pictures(2), clock, at_end=lambda: _wait(let_go)))
    seen = 0
    for segment in source_of(connections, clock, []).segments():
        for _ in segment.frames():
            seen += 1
            if seen == 2:
                connections.stopped.set()
                let_go.set()
    assert seen == 2


def _wait(event: threading.Event) -> None:
    assert event.wait(20)
