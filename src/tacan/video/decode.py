"""Decoded frames of a video file, upright, each with its exact time.

Times are the stream's own, so that a variable frame rate needs no special care; frames that are
marked as interlaced are deinterlaced, the display matrix turns and mirrors the picture, and pixels
that the file calls oblong are made square.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import av.error

from tacan.errors import VideoError
from tacan.text import counted
from tacan.video.deinterlace import Deinterlacer
from tacan.video.demux import file_version, not_a_video, open_demuxer, reason, unreadable
from tacan.video.frame_rate import frame_rate
from tacan.video.picture_folder import PictureFolder
from tacan.video.picture_order import PictureOrder, picture_order
from tacan.video.stated_start import stated_start
from tacan.video.stream_clock import StreamClock
from tacan.video.upright import UprightPictures
from tacan.video.video_records import VideoFrame

__all__ = ["VideoFile", "open_video"]

_INDEXED = ("mov,", "matroska,")
"""Formats whose files say where each whole picture lies, and whose clocks are never set anew."""


def open_video(path: Path, *, fps: float | None = None) -> VideoFile | PictureFolder:
    """The video at `path`, a file or a folder of pictures, with its first picture tried.

    `fps` is its frame rate: for pictures, and where what a file says is not to be believed.

    Raises `VideoError` for a file that is missing, empty, not a video, without a video stream, or
    without a single picture that can be decoded.
    """
    return PictureFolder(path, fps=fps) if os.path.isdir(path) else VideoFile(path, fps=fps)  # noqa: PTH112


class VideoFile:
    """A video file: a context manager that tells its shape and yields its frames.

    `width` and `height` are those of the upright picture with square pixels. `fps` is the average
    rate; `n_frames` and `duration` (seconds) are what the file's head promises, and None where it
    is silent. All of it is a `ReadableVideo`'s.
    """

    def __init__(self, path: Path, *, fps: float | None = None) -> None:
        self.path = path
        self.damage: str | None = None
        self._given_fps = fps
        self._clock_steps = 0
        self.n_decoded, self.last_seconds = 0, 0.0
        self._bytes, self._container, self._stream = open_demuxer(path)
        self._version = self._bytes.version
        try:
            first = next(self._decoded(), None)
            if first is None:
                raise not_a_video(path, self.damage or "no picture in it")
            self._first_time = first.time
        except BaseException:
            self.close()
            raise
        self._upright = UprightPictures(first, pixel_shape=self._stream.sample_aspect_ratio)
        self.width, self.height = self._upright.width, self._upright.height
        self.stretch = self._upright.stretch
        rate, self._is_assumed = frame_rate(self._container, self._stream)
        self.fps = fps or rate
        self.n_frames: int | None = self._stream.frames or None
        self.duration = self._promised_seconds()
        metadata = (self._container.metadata, self._stream.metadata)
        self.stated_start = stated_start(metadata, duration=self.duration)
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

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing of the times of the frames, as sentences."""
        notes = []
        if self._is_assumed and self._given_fps is None:
            notes.append(
                f"the file does not say how many frames a second it has: {self.fps:g} are assumed, "
                "and times are wrong if that is; --fps tells it"
            )
        if self._clock_steps:
            notes.append(
                f"the stream's clock steps back, {counted(self._clock_steps, 'time')}, as where "
                "recordings were put together: each part goes on where the one before ended"
            )
        return tuple(notes)

    def measured_seconds(self) -> float:
        """How long the video is, by all packets of the file, for files whose head doesn't say.

        Nothing is decoded. What can't be read ends it.
        """
        self._rewind()
        first, last, count = None, None, 0
        with suppress(VideoError):
            for packet in self._packets():
                if packet is None:
                    break
                count += 1
                if packet.pts is not None and packet.time_base is not None:
                    time = float(packet.pts * packet.time_base)
                    first = time if first is None else min(first, time)
                    last = time if last is None else max(last, time)
        self.damage = None
        by_count = count / self.fps
        if first is None or last is None or self._given_fps is not None:
            return by_count
        return last - first + 1 / self.fps

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

    def frames_from(self, seconds: float) -> Iterator[VideoFrame]:
        """The frames from about a time on, in the order of showing, for who wants one of them.

        Where the file has an index of its pictures, decoding begins with the whole picture before
        that time, and the frames' `index` is as the average rate has it; else it begins with the
        first of all. Raises `VideoError` while iterating where the file can't be read on.
        """
        can_seek = self._container.format.name.startswith(_INDEXED) and self._given_fps is None
        if seconds <= 0 or not can_seek or self._first_time is None:
            yield from self.frames(first=max(0, int(seconds * self.fps)))
            return
        self._rewind()
        start = int((seconds + self._first_time) / self._stream.time_base)
        with suppress(av.error.FFmpegError):  # then it stands at the first
            self._container.seek(start, stream=self._stream)
        for picture in Deinterlacer().frames(self._decoded()):
            if picture.time is None or (time := picture.time - self._first_time) < seconds:
                continue
            with suppress(av.error.FFmpegError, ValueError):
                image = self._upright(picture)
                yield VideoFrame(round(time * self.fps), time, image, self.stretch)

    def frames_between(self, first: int, end: int, *, stride: int = 1) -> Iterator[VideoFrame]:
        """The frames `first`, `first + stride`, ... before `end`, as `frames` gives them.

        Where the file has an index of its pictures and a time for each, decoding begins with a
        whole picture shortly before `first`; else with the first of all. Raises `VideoError` while
        iterating where the file can't be read on, and where pictures are missing in that part: then
        `frames` may have others under these numbers.
        """
        order = self._picture_order(end)
        if order is None:
            yield from takewhile(
                lambda frame: frame.index < end, self._frames(stride=stride, first=first)
            )
            return
        self._rewind()
        with suppress(av.error.FFmpegError):  # then it stands at the first
            self._container.seek(order.start_before(first), stream=self._stream)
        yield from self._shown(self._placed(order, first, end), stride=stride, first=first)

    def _placed(self, order: PictureOrder, first: int, end: int) -> Iterator[tuple[int, Any]]:
        """The pictures from here to before `end`, with their indices; the first is no later than
        `first`. Raises `VideoError` where one is missing."""
        following: int | None = None
        for picture in Deinterlacer().frames(self._decoded()):
            index = order.place(picture)
            if index is None or not (index <= first if following is None else index == following):
                break
            following = index + 1
            if index >= end:
                return
            yield index, picture
        if following is None or following < len(order):
            raise VideoError(
                "all pictures of a part must come out",
                got=f"{self.path}, where one is missing behind frame {following or first}",
                remedy="Read the file from its beginning.",
            )

    def _picture_order(self, end: int) -> PictureOrder | None:
        """The order of the pictures up to `end`; None where the file doesn't tell it."""
        if not self._container.format.name.startswith(_INDEXED) or self._first_time is None:
            return None
        self._rewind()
        order = picture_order(self._packets(), end)
        return None if self.damage is not None else order

    def _frames(self, *, stride: int, first: int) -> Iterator[VideoFrame]:
        self._rewind()
        self.n_decoded, self.last_seconds = 0, 0.0
        numbered = enumerate(Deinterlacer().frames(self._decoded()))
        yield from self._shown(numbered, stride=stride, first=first)
        self._check_unchanged()
        self._note_early_end(self.n_decoded, self.last_seconds)

    def _shown(
        self, numbered: Iterable[tuple[int, Any]], *, stride: int, first: int
    ) -> Iterator[VideoFrame]:
        """The frames `first`, `first + stride`, ... of pictures with their indices."""
        clock = StreamClock(self.fps)
        has_begun = False
        for index, picture in numbered:
            if not has_begun and index > 0:
                clock.seconds(self._first_time)
            has_begun = True
            if self._given_fps is None:
                seconds = clock.seconds(picture.time)
                self._clock_steps = clock.n_steps
            else:
                seconds = index / self._given_fps
            self.n_decoded, self.last_seconds = index + 1, seconds
            if index < first or (index - first) % stride:
                continue
            try:
                image = self._upright(picture)
            except (av.error.FFmpegError, ValueError) as error:
                self._note(f"a picture can't be converted: {reason(error)}")
            else:
                yield VideoFrame(index, seconds, image, self.stretch)

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
        if self._given_fps is not None:
            return None if self.n_frames is None else self.n_frames / self._given_fps
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
