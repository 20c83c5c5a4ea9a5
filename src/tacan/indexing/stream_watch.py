"""What streams tell of themselves while they run, added up where several do at the same time."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from tacan.indexing.index_status import IndexWatch
from tacan.progress import Progress, silent
from tacan.video.video_records import FrameDetections

__all__ = ["StreamWatch", "WatchedStream", "WatchedStreams"]


class StreamWatch:
    """Told of a stream while it is run through; this one does nothing."""

    def begins(self, names: Sequence[str], *, n_before: int) -> None:
        """Files of these names, which so many frames of the stream come before."""

    def frame(self, place: int, found: FrameDetections) -> None:
        """A frame of the file at `place` was looked at. Called in another thread."""

    def found(self, count: int) -> None:
        """So many tracklets were stored."""

    def progress(self, done: int, seconds: Mapping[str, float]) -> None:
        """So many frames are done since it began, and each stage was at work for so long."""


class WatchedStreams:
    """Tells `watch` and `progress` of all streams together, which have `total` frames."""

    def __init__(self, watch: IndexWatch, progress: Progress = silent, *, total: int) -> None:
        self.watch = watch
        self._progress = progress
        self._total = total
        self._streams: list[WatchedStream] = []
        self._guard = threading.RLock()

    def stream(self) -> WatchedStream:
        """What a further stream is to be told to."""
        with self._guard:
            self._streams.append(WatchedStream(self))
            return self._streams[-1]

    def changed(self, stream: WatchedStream, *, done: int, seconds: Mapping[str, float]) -> None:
        """A stream has got so far. Called in the streams' threads, one at a time."""
        with self._guard:
            stream.done, stream.seconds = done, seconds
            spent: dict[str, float] = {}
            for each in self._streams:
                for stage, more in each.seconds.items():
                    spent[stage] = spent.get(stage, 0.0) + more
            n_done = sum(each.done for each in self._streams)
            self.watch.stages(spent)
            self._progress(n_done, self._total)
            self.watch.progress(n_done, self._total)

    def found(self, count: int) -> None:
        with self._guard:
            self.watch.found(count)


class WatchedStream(StreamWatch):
    """One of several. `done` are its frames that are done, `seconds` what its stages took."""

    def __init__(self, streams: WatchedStreams) -> None:
        self.done = 0
        self.seconds: Mapping[str, float] = {}
        self._streams = streams
        self._names: Sequence[str] = ()
        self._n_before = 0
        self._seconds_before: Mapping[str, float] = {}

    @property
    def wants_frames(self) -> bool:
        """Whether anybody looks at frames."""
        return self._streams.watch.wants_frames

    def begins(self, names: Sequence[str], *, n_before: int) -> None:
        self._names, self._n_before = names, n_before
        self._seconds_before = self.seconds

    def frame(self, place: int, found: FrameDetections) -> None:
        self._streams.watch.frame(self._names[place], found)

    def found(self, count: int) -> None:
        self._streams.found(count)

    def progress(self, done: int, seconds: Mapping[str, float]) -> None:
        before = self._seconds_before
        spent = {stage: before.get(stage, 0.0) + more for stage, more in seconds.items()}
        self._streams.changed(self, done=self._n_before + done, seconds=spent)

    def ends(self, n_frames: int) -> None:
        """It is done, with all of its `n_frames`."""
        self._streams.changed(self, done=n_frames, seconds=self.seconds)
