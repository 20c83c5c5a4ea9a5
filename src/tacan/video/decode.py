"""Decoded frames of a video file, upright, each with its exact time.

Times are the stream's own, so that a variable frame rate needs no special care; frames that are
marked as interlaced are deinterlaced, and the display matrix turns and mirrors the picture. Pixels
that the file calls oblong are left as they are stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from tacan.errors import VideoError
from tacan.video.deinterlace import Deinterlacer
from tacan.video.demux import file_version, not_a_video, open_demuxer, reason, unreadable
from tacan.video.orientation import Orientation
from tacan.video.video_records import VideoFrame

__all__ = ["YEARS", "VideoFile", "open_video", "start_time"]

YEARS = range(1900, 3000)
"""Years in which a video can begin; times at the borders of `datetime` can't be computed with."""
_NO_CLOCK_BEFORE = 1971
"""Cameras without a set clock write the start of 1904 or 1970."""


def open_video(path: Path) -> VideoFile:
    """The video file at `path`, with its first picture tried.

    Raises `VideoError` for a file that is missing, empty, not a video, without a video stream, or
    without a single picture that can be decoded.
    """
    return VideoFile(path)


class VideoFile:
    """A video file: a context manager that tells its shape and yields its frames.

    `width` and `height` are those of the upright picture. `fps` is the average rate; `n_frames`
    and `duration` (seconds) are what the file's head promises, and None where it is silent.
    `start_time` is the aware time of creation in the file's metadata, or None. `damage` says after
    the frames were read what went wrong on the way, or None.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage: str | None = None
        self._bytes, self._container, self._stream = open_demuxer(path)
        self._version = self._bytes.version
        try:
            first = next(self._decoded(), None)
            if first is None:
                raise not_a_video(path, self.damage or "no picture in it")
        except BaseException:
            self.close()
            raise
        self._orientation = Orientation.of(first)
        self._coded_size = (first.width, first.height)
        self.width, self.height = self._orientation.upright_size(first.width, first.height)
        self.fps = float(self._stream.average_rate or self._stream.guessed_rate or 25)
        self.n_frames: int | None = self._stream.frames or None
        self.duration = self._promised_seconds()
        self.start_time = start_time(self._container, self._stream)
        self.damage = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()
        self._bytes.close()

    def promised_frames(self, *, until: float | None = None) -> int:
        """The number of frames, to the time `until` in seconds or to the end, as well as the file's
        head tells it; 0 where it tells nothing."""
        total = self.n_frames or round((self.duration or 0) * self.fps)
        return total if until is None else min(total, round(until * self.fps) + 1)

    def frames(self, *, stride: int = 1, first: int = 0) -> Iterator[VideoFrame]:
        """The frames `first`, `first + stride`, ..., in the order of showing.

        All are decoded, since each builds upon those before it; only these are converted. What
        can't be decoded is left out, and `damage` says so. Each call starts at the beginning.

        Raises `VideoError` while iterating where the file can't be read on, and at the end where
        it is another one than when it was opened: then frames may be missing that a later call
        has, and what was made of them is unfinished.
        """
        if stride < 1 or first < 0:
            raise VideoError(
                "a stride must be at least 1 and a first frame at least 0",
                got=f"stride {stride}, first {first}",
                remedy="Correct them.",
            )
        return self._frames(stride=stride, first=first)

    def _frames(self, *, stride: int, first: int) -> Iterator[VideoFrame]:
        self._rewind()
        start: float | None = None
        seconds = 0.0
        index = -1
        for index, picture in enumerate(Deinterlacer().frames(self._decoded())):
            shown = picture.time if picture.time is not None else index / self.fps
            start = shown if start is None else start
            # A damaged stream may step back in time; the tracklets must not.
            seconds = shown - start if not index else max(shown - start, seconds + 1e-6)
            if index < first or (index - first) % stride:
                continue
            try:
                image = self._upright(picture)
            except (av.error.FFmpegError, ValueError) as error:
                self._note(f"a picture can't be converted: {reason(error)}")
            else:
                yield VideoFrame(index, seconds, image)
        self._check_unchanged()
        self._note_early_end(index + 1, seconds)

    def _check_unchanged(self) -> None:
        """Raises `VideoError` for a file that was written to or replaced since it was opened."""
        # A file that is gone by now was read to its end all the same.
        now = file_version(self.path) or self._version
        if self._bytes.version != self._version or now != self._version:
            raise VideoError(
                "a video must stay as it is while it is read",
                got=f"{self.path}, which was written to, cut or replaced meanwhile",
                remedy="Wait until it is complete; the same command then begins it anew.",
            )

    def _upright(self, picture: av.VideoFrame) -> NDArray[np.uint8]:
        width, height = self._coded_size
        coded: Any = picture.to_ndarray(format="rgb24", width=width, height=height)
        return self._orientation.upright(coded)

    def _rewind(self) -> None:
        self.close()
        self.damage = None
        self._bytes, self._container, self._stream = open_demuxer(self.path)

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Every picture that can be had, going on behind packets that are broken."""
        for packet in self._packets():
            try:
                for picture in self._stream.decode(packet):
                    # Pictures that the decoder held back come without the unit of their time.
                    picture.time_base = picture.time_base or self._stream.time_base
                    yield picture
            except av.error.EOFError:
                pass
            except av.error.FFmpegError as error:
                self._note(f"a part can't be decoded: {reason(error)}")

    def _packets(self) -> Iterator[Any]:
        """The packets that can be had, then None, which asks the decoder for what it holds back.

        Empty ones are left out: they stand for frames that a recorder dropped, and a decoder would
        take the first for the end. Raises `VideoError` where a read failed.
        """
        packets = self._container.demux(self._stream)
        try:
            yield from (packet for packet in packets if packet.size)
        except av.error.FFmpegError as error:
            self._note(f"the file can't be read on: {reason(error)}")
        except OSError as error:
            raise unreadable(self.path, error) from error
        if self._bytes.error is not None:
            raise unreadable(self.path, self._bytes.error)
        yield None

    def _note(self, damage: str) -> None:
        self.damage = self.damage or damage

    def _promised_seconds(self) -> float | None:
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        alone = len(self._container.streams) == 1
        if alone and self._container.duration is not None:
            return self._container.duration / av.time_base
        return None

    def _note_early_end(self, n_read: int, last: float) -> None:
        """Many damaged files just end: found by what the head promised."""
        if self.duration is None:
            return
        end = last + 1 / self.fps
        fewer = self.n_frames is None or n_read < self.n_frames
        if fewer and end < self.duration - max(2 / self.fps, 0.1):
            self._note(f"the video ends after {end:.2f} of {self.duration:.2f} seconds")


def start_time(container: Any, stream: Any) -> datetime | None:
    """The creation time in the metadata, where there is one that makes sense."""
    for metadata in (container.metadata, stream.metadata):
        for key in ("com.apple.quicktime.creationdate", "creation_time"):
            try:
                time = datetime.fromisoformat(metadata.get(key, ""))
            except ValueError:
                continue
            if _NO_CLOCK_BEFORE <= time.year <= YEARS[-1]:
                return time if time.tzinfo else time.replace(tzinfo=UTC)
    return None
