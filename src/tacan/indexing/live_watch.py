"""One live camera on its way into a gallery: a source there for each unbroken piece of it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import NewSource, NewTracklet, Source
from tacan.indexing.begin_source import stored_settings
from tacan.indexing.index_notes import RunCounts, followed_notes
from tacan.indexing.index_report import SourceReport
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.source_tiles import stored_tiles
from tacan.indexing.stream_run import STAGES, StreamTools, run_stream
from tacan.indexing.video_source import VideoSource
from tacan.text import counted, per_cent
from tacan.video.choose_detector import AUTO
from tacan.video.choose_tiles import tiles_text
from tacan.video.detection_source import open_tiles, with_tiles
from tacan.video.live_feed import Connect, open_feed
from tacan.video.live_source import LiveSegment, LiveSource

__all__ = ["IS_LIVE", "LiveWatch"]

IS_LIVE = "live"
"""The setting by which a source of a live camera is known in a gallery."""
MANY_DROPPED = 0.02
"""The share of dropped pictures from which on it is told what helps."""


class LiveWatch:
    """Watches a live camera until `stop` says so, and stores each walk as it is complete.

    After `run`, `fault` is why it ended before, if it did. A connection in which nobody was seen
    leaves nothing in the gallery. `gallery_turn` is held while the gallery is written to.
    """

    def __init__(
        self,
        source: VideoSource,
        gallery: Gallery,
        tools: StreamTools,
        gallery_turn: threading.Lock,
        *,
        stop: Callable[[], bool],
        tell: Callable[[str], None],
        connect: Connect = open_feed,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if source.live is None:
            raise ValueError("a live camera must have an address")
        self.source = source
        self.fault: BaseException | None = None
        self.n_tracklets = 0
        self._gallery_turn = gallery_turn
        self._camera = LiveSource(
            source.live,
            fps=source.settings.fps,
            stop=stop,
            tell=tell,
            connect=connect,
            clock=clock,
        )
        self._settings, self._tools, self._notes = _with_tiles(source, gallery, tools)
        self._gallery = gallery
        self._counts = RunCounts()
        self._segment: LiveSegment | None = None
        self._n_wanted = self._n_dropped = 0
        self._video_seconds = 0.0
        self._fps = 0.0
        self._stage_seconds: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self._began = time.monotonic()

    @property
    def n_frames(self) -> int:
        """Pictures that were looked at."""
        return self._counts.n_frames

    def run(self) -> None:
        try:
            for segment in self._camera.segments():
                self._segment = segment
                self._index(segment)
                self._segment = None
                self._n_wanted += segment.n_wanted
                self._n_dropped += segment.n_dropped
        except BaseException as error:
            self.fault = error

    def line(self) -> str:
        """How far it is, in a few words."""
        wanted, dropped = self._wanted_and_dropped()
        share = f", {per_cent(dropped / wanted)} dropped" if dropped else ""
        return (
            f"{self.source.camera}: {counted(wanted - dropped, 'picture')}, "
            f"{counted(self.n_tracklets, 'walk')}{share}"
        )

    def report(self) -> SourceReport:
        """The outcome, once it has ended."""
        return SourceReport(
            path=self.source.shown,
            camera=self.source.camera,
            n_tracklets=self.n_tracklets,
            n_new=self.n_tracklets,
            n_frames=self.n_frames,
            stride=self._settings.stride_at(self._fps) if self._fps else 1,
            video_seconds=self._video_seconds,
            seconds=time.monotonic() - self._began,
            stage_seconds=self._stage_seconds,
            notes=tuple(self._told()),
            is_live=True,
        )

    def _index(self, segment: LiveSegment) -> None:
        gallery, embedder = self._gallery, self._tools.embedder
        self._fps = segment.fps
        settings = self._settings.model_copy(
            update={"stride": self._settings.stride_at(segment.fps)}
        )
        known: list[Source] = []

        def store(_: int, walks: list[NewTracklet]) -> None:
            with self._gallery_turn:
                if not known:
                    known.append(gallery.begin_source(self._described(segment, settings)))
                gallery.add(known[0].id, walks, fingerprint=embedder.fingerprint)
            self.n_tracklets += len(walks)

        try:
            run = run_stream(self._tools, segment, settings, store=store, is_live=True)
        finally:
            with self._gallery_turn:
                for source in known:
                    gallery.finish_source(source.id)
        self._counts += run.total
        self._video_seconds += segment.last_seconds
        for stage, seconds in run.stage_seconds.items():
            self._stage_seconds[stage] += seconds

    def _described(self, segment: LiveSegment, settings: IndexSettings) -> NewSource:
        """The piece as the gallery knows it: by the address without its password, and its start."""
        shown, start = self.source.shown, segment.start
        stored = stored_settings(settings, start=start, detections=self._tools.detections)
        return NewSource(
            path=shown,
            name=shown,
            sha256=hashlib.sha256(f"{shown} {start.isoformat()}".encode()).hexdigest(),
            camera=self.source.camera,
            start=start,
            fps=segment.fps,
            width=segment.width,
            height=segment.height,
            settings={**stored, IS_LIVE: True},
        )

    def _wanted_and_dropped(self) -> tuple[int, int]:
        now = self._segment
        if now is None:
            return self._n_wanted, self._n_dropped
        return self._n_wanted + now.n_wanted, self._n_dropped + now.n_dropped

    def _told(self) -> list[str]:
        told = [*self._notes, *self._tools.detections.notes()]
        if self._camera.n_breaks:
            told.append(
                f"the connection broke {counted(self._camera.n_breaks, 'time')}; nobody is "
                "followed over such a gap"
            )
        wanted, dropped = self._wanted_and_dropped()
        if dropped:
            share = dropped / wanted
            told.append(
                f"{dropped:,} of {counted(wanted, 'picture')} ({per_cent(share)}) were dropped, "
                "since the detector was busy" + _what_helps(self._settings, self._fps, share)
            )
        if self._fps:
            told += followed_notes(
                self._settings, self._counts, fps=self._fps, n_tracklets=self.n_tracklets
            )
        return told


def _what_helps(settings: IndexSettings, fps: float, share: float) -> str:
    if share < MANY_DROPPED:
        return ""
    stride = settings.stride_at(fps)
    tiles = "" if settings.tiles is None else ", --tiles none"
    return (
        f"; a smaller detector{tiles} or a larger --stride (now {stride} at {fps:.3g} pictures a "
        "second) asks less of this machine"
    )


def _with_tiles(
    source: VideoSource, gallery: Gallery, tools: StreamTools
) -> tuple[IndexSettings, StreamTools, tuple[str, ...]]:
    """Settings and tools with tiles: where they were left to choice, those that the camera had
    before, or none, since nobody would be followed while they are tried."""
    settings = source.settings
    if settings.tiles != AUTO:
        return settings, tools, ()
    own = [other for other in gallery.sources() if other.camera == source.camera]
    tiles = stored_tiles(own[-1]) if own else None
    why = "as this camera had before" if own else "since nobody is followed while tiles are tried"
    note = f"{tiles_text(tiles)}, {why}; --tiles 2x2 is for people who are small in the picture"
    if open_tiles(tools.detections) is not None:
        tools = replace(tools, detections=with_tiles(tools.detections, tiles))
    return settings.model_copy(update={"tiles": tiles}), tools, (note,)
