"""Files that follow each other, as one video."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tacan.errors import VideoError
from tacan.video.decode import open_video
from tacan.video.readable_video import ReadableVideo
from tacan.video.stated_start import StatedStart
from tacan.video.video_records import VideoFrame

__all__ = ["ChainLink", "VideoChain"]


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A file of a chain, as `open_video` opens it; `gap` are the seconds between the end of the
    one before and its first frame."""

    path: Path
    fps: float | None = None
    gap: float = 0.0


class VideoChain:
    """A `ReadableVideo` of files of one camera, whose frames and times go on from file to file.

    Only one file is open at a time. All that is said of the whole is said of the first file. A
    later one that can't be opened or read on ends the chain: `failure` is why, `current` its place.
    """

    def __init__(self, links: Sequence[ChainLink]) -> None:
        """Raises `VideoError` where the first file can't be opened."""
        self._links = links
        self.current = 0
        """The file that is being read, by its place."""
        self.failure: VideoError | None = None
        self.damages: list[str | None] = [None] * len(links)
        self.notes_of: list[tuple[str, ...]] = [()] * len(links)
        """What is to be said of each file once it was read."""
        self._first_frames = [0]
        self._first_seconds = [0.0]
        self._open: ReadableVideo = open_video(links[0].path, fps=links[0].fps)
        self.path = links[0].path
        self.width, self.height = self._open.width, self._open.height
        self.fps = self._open.fps
        self.duration: float | None = None
        self.stated_start: StatedStart | None = self._open.stated_start
        self.n_decoded, self.last_seconds = 0, 0.0

    @property
    def damage(self) -> str | None:
        """What went wrong in the first file in which anything did."""
        return next((damage for damage in self.damages if damage is not None), None)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(note for notes in self.notes_of for note in notes)

    def place_of(self, frame: int) -> int:
        """The file of a frame that was read, by its place."""
        return bisect_right(self._first_frames, frame) - 1

    def first_of(self, place: int) -> tuple[int, float]:
        """Index and seconds of the first frame of a file that was reached."""
        return self._first_frames[place], self._first_seconds[place]

    def promised_frames(self, *, until: float | None = None) -> int:  # noqa: ARG002
        return 0

    def frames(self, *, stride: int = 1, first: int = 0) -> Iterator[VideoFrame]:
        """As `VideoFile.frames`, counted over all files. Raises `VideoError` for the first."""
        self._first_frames, self._first_seconds = [0], [0.0]
        self.failure = None
        for place, link in enumerate(self._links):
            self.current = place
            try:
                yield from self._frames_of(place, link, stride=stride, first=first)
            except VideoError as error:
                if place == 0:
                    raise
                self.failure = error
                return

    def _frames_of(
        self, place: int, link: ChainLink, *, stride: int, first: int
    ) -> Iterator[VideoFrame]:
        if link.path != self._open.path:
            self._open.close()
            self._open = open_video(link.path, fps=link.fps)
        own = self._open
        before, began = self.first_of(place)
        for frame in own.frames(stride=stride, first=_first_in(before, first, stride)):
            index, seconds = before + frame.index, began + frame.seconds
            yield VideoFrame(index, seconds, frame.image, frame.stretch)
        self.damages[place], self.notes_of[place] = own.damage, own.notes
        self.n_decoded, self.last_seconds = before + own.n_decoded, began + own.last_seconds
        if place + 1 < len(self._links):
            self._first_frames.append(self.n_decoded)
            gap = self._links[place + 1].gap
            self._first_seconds.append(self.last_seconds + 1 / own.fps + gap)

    def close(self) -> None:
        self._open.close()


def _first_in(before: int, first: int, stride: int) -> int:
    """The first frame that is wanted of a file which `before` frames come before.

    >>> [_first_in(before, 0, 3) for before in (0, 1, 3, 10)], _first_in(10, 40, 3)
    ([0, 2, 0, 2], 30)
    """
    return max(first - before, (first - before) % stride)
