"""Who walks through a video, without embedding anybody."""

from __future__ import annotations

from collections.abc import Iterator

from tacan.indexing.finding import choose_finder
from tacan.indexing.following import open_cutter, open_source_tracker
from tacan.indexing.journal import Journal
from tacan.indexing.sources import VideoSource
from tacan.indexing.timing import StageTimes
from tacan.progress import Progress, silent
from tacan.video.decode import open_video
from tacan.video.matching import Track
from tacan.video.records import VideoTracklet
from tacan.views.annotated_video import Walk

__all__ = ["walks_of_video"]


def walks_of_video(
    source: VideoSource, *, threads: int, fetch: bool = False, progress: Progress = silent
) -> list[Walk]:
    """The tracklets that indexing `source` would find, by their numbers.

    `progress` is told of frames. Raises `VideoError` and `DetectorError`.
    """
    tracklets = _tracklets(source, threads=threads, fetch=fetch, progress=progress)
    return [Walk(str(t.number), t.number, Track(t.frames, t.boxes)) for t in tracklets]


def _tracklets(
    source: VideoSource, *, threads: int, fetch: bool, progress: Progress
) -> Iterator[VideoTracklet]:
    choice = choose_finder(source, threads=threads, fetch=fetch)
    with open_video(source.path) as video:
        total = video.n_frames or round((video.duration or 0) * video.fps)
        finder = choice.finder(Journal(()), _forget)
        tracker = open_source_tracker(source.settings, video)
        cutter = open_cutter(source.settings)
        frames = video.frames(stride=source.settings.stride)
        for found in finder.find(frames, StageTimes()):
            tracks = tracker.update(found.detections) if found.tracks is None else found.tracks
            yield from cutter.add(found.frame, found.detections, tracks)
            progress(found.frame.index + 1, max(total, found.frame.index + 1))
        yield from cutter.flush()


def _forget(first_frame: int, data: bytes) -> None:
    """Where a journal goes that nobody will read."""
