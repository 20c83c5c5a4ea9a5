"""A live camera as videos: one for each connection, and a new one where the picture's size changes.

    camera -> reading thread -> the 2 newest pictures -> whoever asks for frames

Nothing waits for the reader of the frames: a picture that nobody has taken when the second one
after it comes is dropped, and counted. Times are those at which pictures come.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av.error

from tacan.video.live_address import LiveAddress
from tacan.video.live_feed import Connect, FeedBrokenError, LivePicture, open_feed
from tacan.video.pipeline import count_as_waiting
from tacan.video.stated_start import StatedStart
from tacan.video.video_records import VideoFrame

__all__ = ["LiveSegment", "LiveSource"]

DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds before each further try to connect; the last holds for all after it."""
STEADY_SECONDS = 30.0
"""After a connection that has lasted so long, the delays begin anew."""
WAITING = 2
"""Pictures that wait for whoever takes them."""
POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A picture, its place among those of the connection, and the clock when it came."""

    index: int
    clock: float
    picture: LivePicture


class _Connection:
    """A thread that connects, reads and lets go; the newest pictures wait in it."""

    def __init__(
        self,
        address: LiveAddress,
        connect: Connect,
        clock: Callable[[], float],
    ) -> None:
        self.fps = 0.0
        self.reason = "the camera closed the connection"
        self.fault: BaseException | None = None
        """What can't be mended by connecting again."""
        self.n_wanted = self.n_dropped = 0
        self._address, self._connect, self._clock = address, connect, clock
        self._interval = self._due = 0.0
        self._waiting: deque[_Arrived] = deque()
        self._changed = threading.Condition()
        self._ended = self._closing = False
        self._thread = threading.Thread(target=self._work, name="tacan-camera", daemon=True)
        self._thread.start()

    def want(self, interval: float) -> None:
        """From now on a picture is wanted every `interval` seconds; each one at 0."""
        with self._changed:
            self._interval = interval
            self._due = self._waiting[-1].clock + interval if self._waiting else 0.0
            self.n_wanted, self.n_dropped = len(self._waiting), 0

    def first(self, stop: Callable[[], bool]) -> _Arrived | None:
        """The next picture, which stays; None at the end, and where `stop` says so."""
        with self._changed:
            began = time.perf_counter()
            while not (self._waiting or self._ended or stop()):
                self._changed.wait(POLL_SECONDS)
            count_as_waiting(time.perf_counter() - began)
            return self._waiting[0] if self._waiting and not stop() else None

    def take(self, size: tuple[int, int], stop: Callable[[], bool]) -> _Arrived | None:
        """As `first`, but takes the picture; None also for one of another (width, height)."""
        with self._changed:
            arrived = self.first(stop)
            if arrived is None or (arrived.picture.width, arrived.picture.height) != size:
                return None
            return self._waiting.popleft()

    def close(self) -> None:
        """Lets the camera go, now or when it next sends something."""
        self._closing = True
        self._thread.join(timeout=2.0)

    def _work(self) -> None:
        try:
            feed = self._connect(self._address)
            try:
                self.fps = feed.fps
                for index, picture in enumerate(feed.pictures()):
                    self._put(_Arrived(index, self._clock(), picture))
                    if self._closing:
                        break
            finally:
                feed.close()
        except FeedBrokenError as error:
            self.reason = str(error)
        except BaseException as error:
            self.fault = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, arrived: _Arrived) -> None:
        with self._changed:
            # A little early is in time: cameras tick unevenly.
            if arrived.clock < self._due - self._interval / 4:
                return
            self._due = max(self._due + self._interval, arrived.clock)
            self.n_wanted += 1
            self._waiting.append(arrived)
            if len(self._waiting) > WAITING:
                self._waiting.popleft()
                self.n_dropped += 1
            self._changed.notify_all()


class LiveSegment:
    """A `ReadableVideo` of what a camera shows in one connection and one size.

    `start` is when its first picture came, by this machine's clock. Its frames can be read once.
    `n_wanted` counts the pictures that were to be looked at, `n_dropped` those of them that were
    not, since others were looked at for too long.
    """

    def __init__(
        self,
        connection: _Connection,
        first: _Arrived,
        *,
        path: Path,
        start: datetime,
        fps: float,
        stop: Callable[[], bool],
    ) -> None:
        self.path = path
        self.start = start
        self.width, self.height = first.picture.width, first.picture.height
        self.fps = fps
        self.duration: float | None = None
        self.stated_start: StatedStart | None = None
        self.n_decoded, self.last_seconds = 0, 0.0
        self.n_wanted = self.n_dropped = 0
        self._connection = connection
        self._first = first
        self._stop = stop

    @property
    def damage(self) -> str | None:
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        return ()

    def promised_frames(self, *, until: float | None = None) -> int:  # noqa: ARG002
        return 0

    def place_of(self, frame: int) -> int:  # noqa: ARG002
        """The only one: see `VideoChain.place_of`."""
        return 0

    def first_of(self, place: int) -> tuple[int, float]:  # noqa: ARG002
        """As `VideoChain.first_of`."""
        return 0, 0.0

    def frames(self, *, stride: int = 1, first: int = 0) -> Iterator[VideoFrame]:  # noqa: ARG002
        """Frames as they come, so many a second as every `stride`-th would be at `fps`, to the end
        of the connection or to a picture of another size."""
        connection = self._connection
        connection.want(stride / self.fps if stride > 1 else 0.0)
        size = self.width, self.height
        while (arrived := connection.take(size, self._stop)) is not None:
            index = arrived.index - self._first.index
            self.n_decoded = index + 1
            self.last_seconds = max(arrived.clock - self._first.clock, 0.0)
            self.n_wanted, self.n_dropped = connection.n_wanted, connection.n_dropped
            try:
                image = arrived.picture.image()
            except (av.error.FFmpegError, ValueError):
                continue  # a picture that was damaged on its way
            yield VideoFrame(index, self.last_seconds, image)

    def close(self) -> None:
        """The connection is let go by the `LiveSource`."""


class LiveSource:
    """A live camera, watched until `stop` says so.

    After a break or some seconds of silence it is connected again, after 1, 2, 4 and up to 30
    seconds; `tell` is told so. `fps` is its rate, where what it says is not to be believed.
    """

    def __init__(
        self,
        address: LiveAddress,
        *,
        fps: float | None = None,
        stop: Callable[[], bool],
        tell: Callable[[str], None],
        connect: Connect = open_feed,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address = address
        self.n_breaks = 0
        """Connections that have ended after a picture came."""
        self._fps = fps
        self._stop = stop
        self._tell = tell
        self._connect = connect
        self._clock = clock

    def segments(self) -> Iterator[LiveSegment]:
        """The segments one after another; each is read to its end before the next is asked for.

        Raises `VideoError` where the camera lets nobody in.
        """
        n_tries = 0
        while not self._stop():
            connection = _Connection(self.address, self._connect, self._clock)
            try:
                seconds = yield from self._segments_of(connection)
            finally:
                connection.close()
            if connection.fault is not None:
                raise connection.fault
            if self._stop():
                return
            self.n_breaks += seconds is not None
            n_tries = 0 if seconds is not None and seconds >= STEADY_SECONDS else n_tries
            delay = DELAYS[min(n_tries, len(DELAYS) - 1)]
            n_tries += 1
            self._tell(
                f"{self.address.shown}: {connection.reason}; connecting again in {delay:g} s"
            )
            self._pause(delay)

    def _segments_of(self, connection: _Connection) -> Iterator[LiveSegment]:
        """The segments of one connection; returns the seconds that it lasted from the first
        picture on, None where none came."""
        began: float | None = None
        while (first := connection.first(self._stop)) is not None:
            began = first.clock if began is None else began
            age = max(self._clock() - first.clock, 0.0)
            yield LiveSegment(
                connection,
                first,
                path=Path(self.address.shown),
                start=datetime.now(UTC) - timedelta(seconds=age),
                fps=self._fps or connection.fps,
                stop=self._stop,
            )
        return None if began is None else self._clock() - began

    def _pause(self, seconds: float) -> None:
        end = self._clock() + seconds
        while not self._stop() and (left := end - self._clock()) > 0:
            time.sleep(min(left, POLL_SECONDS))
