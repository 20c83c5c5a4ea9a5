"""Sources of one camera that follow each other, brought together into streams.

A walk that goes over the border of two files is one walk if the second begins where the first ends.
Where both starts are known, they tell; else files of one camera are taken to follow each other, in
the order in which they are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tacan.errors import VideoError
from tacan.indexing.index_notes import start_notes
from tacan.indexing.index_report import SourceFailure
from tacan.indexing.video_source import VideoSource
from tacan.video.decode import VideoFile, open_video
from tacan.video.detection_source import is_precomputed

__all__ = ["StreamFile", "plan_streams"]

_NEAR = 2.0
"""Seconds that a start may be off the end of the file before: names have whole seconds."""
_SAME_RATE = 0.05


@dataclass(frozen=True, slots=True)
class StreamFile:
    """A source that was opened, and how it goes on from the one before in its stream.

    `start` is when its first frame was taken, None if nobody knows; `duration` is what its head
    promises, None where it is silent. `gap` are the seconds between the end of the file before and
    its own first frame; 0 for the first of a stream. `notes` are worth knowing.
    """

    source: VideoSource
    start: datetime | None
    duration: float | None
    fps: float
    size: tuple[int, int]
    n_promised: int
    gap: float = 0.0
    notes: tuple[str, ...] = ()

    def failure(self, error: VideoError) -> SourceFailure:
        return SourceFailure(str(self.source.path), self.source.camera, error)


def plan_streams(
    sources: Sequence[VideoSource],
) -> tuple[list[list[StreamFile]], list[SourceFailure]]:
    """The streams of the sources that can be opened, and what is wrong with the others.

    Streams are in the order of their first source, and each file is in one of them: alone, or
    behind the file of its camera that it follows.
    """
    streams: list[list[StreamFile]] = []
    failures: list[SourceFailure] = []
    running: dict[str, list[StreamFile]] = {}
    for source in sources:
        stream = running.pop(source.camera, [])
        before = stream[-1] if stream else None
        try:
            now = _opened(source, before)
        except VideoError as error:
            failures.append(SourceFailure(str(source.path), source.camera, error))
            continue
        if before is None or not _follows(before, now):
            stream = []
            streams.append(stream)
        stream.append(now)
        running[source.camera] = stream
    return streams, failures


def _opened(source: VideoSource, before: StreamFile | None) -> StreamFile:
    with open_video(source.path, fps=source.settings.fps) as video:
        notes = start_notes(source, video)
        start = source.start
        if start == "file":
            start = None if video.stated_start is None else video.stated_start.time
        end = _end(before) if start is not None and before is not None else None
        if start == "after":
            start = end
            if end is None:
                notes.append("when it begins is not known, nor when the file before it ends")
        gap = 0.0 if start is None or end is None else (start - end).total_seconds()
        return StreamFile(
            source=source,
            start=start,
            duration=video.duration,
            fps=video.fps,
            size=(video.width, video.height),
            n_promised=video.promised_frames(),
            gap=0.0 if abs(gap) <= _NEAR else gap,
            notes=tuple(notes),
        )


def _end(file: StreamFile) -> datetime | None:
    """When a file ends; None where nobody knows when it begins."""
    if file.start is None:
        return None
    seconds = file.duration
    if seconds is None:
        with open_video(file.source.path, fps=file.source.settings.fps) as video:
            seconds = video.measured_seconds() if isinstance(video, VideoFile) else video.duration
    return None if seconds is None else file.start + timedelta(seconds=seconds)


def _follows(before: StreamFile, now: StreamFile) -> bool:
    """Whether somebody may be followed from one file into the next."""
    settings = now.source.settings
    return (
        before.source.settings == settings
        and not is_precomputed(settings.detector)
        and before.size == now.size
        and abs(before.fps - now.fps) <= _SAME_RATE * before.fps
        and 0 <= now.gap <= settings.max_lost_seconds
        and (before.start is None) == (now.start is None)
    )
