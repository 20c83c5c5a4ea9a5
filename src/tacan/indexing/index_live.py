"""Indexing of live cameras into a gallery, all at the same time, until somebody stops it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from tacan.embeddings.embedder import ClipEmbedder
from tacan.errors import VideoError
from tacan.gallery import apply_retention
from tacan.gallery.gallery import Gallery
from tacan.gallery.record_checks import check_fingerprint
from tacan.indexing.index_report import IndexReport, SourceFailure, failures_error
from tacan.indexing.live_watch import IS_LIVE, LiveWatch
from tacan.indexing.stream_run import StreamTools
from tacan.indexing.video_source import VideoSource
from tacan.video.detection_source import DetectionSource
from tacan.video.live_feed import Connect, open_feed

__all__ = ["index_live"]

POLL_SECONDS = 0.25
RETENTION_SECONDS = 3600.0
"""So often the gallery's rule for how long people are kept is followed meanwhile."""


def index_live(
    gallery: Gallery,
    sources: Sequence[VideoSource],
    *,
    embedder: ClipEmbedder,
    detections: Sequence[DetectionSource],
    stop: Callable[[], bool],
    batch_frames: int = 64,
    tell: Callable[[str], None] = lambda _: None,
    show: Callable[[str], None] = lambda _: None,
    connect: Connect = open_feed,
    clock: Callable[[], float] = time.monotonic,
) -> IndexReport:
    """Indexes live cameras until `stop` says so or all have shut us out.

    Each walk is in the gallery as soon as it is complete, and searches find it. What is in sight
    when it is stopped is stored, too.

    Parameters
    ----------
    gallery
        Opened for writing, of the embedder's model.
    sources
        Live cameras: see `video_sources.gather_sources`.
    embedder, batch_frames
        As for `index_videos`.
    detections
        What `open_detections` gives for the sources.
    stop
        Asked four times a second, in several threads.
    tell
        Told of connections that broke, and of what else is worth knowing at once.
    show
        Told how far everything is, four times a second.
    connect, clock
        How a camera is reached, and the seconds by which its pictures are timed.

    Raises `VideoError` where no camera lets us in; a camera that shuts us out later is a failure in
    the report. Raises what a detector or the gallery raises; the other cameras are stopped then.
    """
    check_fingerprint(embedder.fingerprint, gallery.model)
    _finish_killed(gallery)
    model_turn, gallery_turn = threading.Lock(), threading.Lock()
    watches: list[LiveWatch] = []

    def ends() -> bool:
        return stop() or any(_is_grave(watch.fault) for watch in watches)

    for source, own in zip(sources, detections, strict=True):
        tools = StreamTools(embedder, own, batch_frames, model_turn)
        watches.append(
            LiveWatch(
                source,
                gallery,
                tools,
                gallery_turn,
                stop=ends,
                tell=tell,
                connect=connect,
                clock=clock,
            )
        )
    _run(watches, gallery, gallery_turn, stop=stop, tell=tell, show=show)
    for watch in watches:
        if watch.fault is not None and _is_grave(watch.fault):
            raise watch.fault
    failures = [
        SourceFailure(watch.source.shown, watch.source.camera, watch.fault)
        for watch in watches
        if isinstance(watch.fault, VideoError)
    ]
    reports = [watch.report() for watch in watches if watch.n_frames or watch.fault is None]
    if not reports:
        raise failures_error(failures)
    return IndexReport(tuple(reports), tuple(failures))


def _is_grave(fault: BaseException | None) -> bool:
    """Whether a fault concerns more than one camera."""
    return fault is not None and not isinstance(fault, VideoError)


def _run(
    watches: Sequence[LiveWatch],
    gallery: Gallery,
    gallery_turn: threading.Lock,
    *,
    stop: Callable[[], bool],
    tell: Callable[[str], None],
    show: Callable[[str], None],
) -> None:
    """Lets all run in threads of their own, and waits until the last has ended."""
    threads = [
        threading.Thread(target=watch.run, name="tacan-live", daemon=True) for watch in watches
    ]
    for thread in threads:
        thread.start()
    followed_at = time.monotonic()
    is_told = False
    while alive := [thread for thread in threads if thread.is_alive()]:
        alive[0].join(POLL_SECONDS)
        show("; ".join(watch.line() for watch in watches))
        if time.monotonic() - followed_at >= RETENTION_SECONDS:
            followed_at = time.monotonic()
            with gallery_turn:
                apply_retention(gallery)
        if stop() and not is_told:
            is_told = True
            tell("Stopping; what is in sight is stored first.")


def _finish_killed(gallery: Gallery) -> None:
    """Marks as done what a run that was killed has left: nobody else writes to the gallery now, and
    no live camera shows the same again."""
    left = [s.id for s in gallery.sources() if s.state != "done" and s.settings.get(IS_LIVE)]
    if left:
        gallery.finish_sources(dict.fromkeys(left, "the run was killed"))
