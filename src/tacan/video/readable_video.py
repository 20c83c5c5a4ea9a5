"""What is asked of anything that frames of a video come from: a file, pictures, several files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tacan.video.stated_start import StatedStart
from tacan.video.video_records import VideoFrame

__all__ = ["ReadableVideo"]


class ReadableVideo(Protocol):
    """An open video: its shape, and its frames.

    `width` and `height` are those of the upright picture with square pixels. `fps` is the average
    rate; `duration` (seconds) is what is promised, None where nothing is. `stated_start` is when it
    says that it was recorded, or None. After the frames were read, `damage` says what went wrong on
    the way, or None, `notes` what else is worth knowing, as sentences, `n_decoded` how many frames
    there were and `last_seconds` when the last one was shown.
    """

    path: Path
    width: int
    height: int
    fps: float
    duration: float | None
    stated_start: StatedStart | None
    n_decoded: int
    last_seconds: float

    @property
    def damage(self) -> str | None: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    def promised_frames(self, *, until: float | None = None) -> int:
        """The number of frames, to the time `until` in seconds or to the end, as well as it is
        known; 0 where it isn't."""
        ...

    def frames(self, *, stride: int = 1, first: int = 0) -> Iterator[VideoFrame]:
        """The frames `first`, `first + stride`, ..., from the beginning. Raises `VideoError`."""
        ...

    def close(self) -> None: ...
