"""Indexing of one source: begun or taken up again, run through the pipeline, and finished.

    decode -> detection -> tracking -> embedding -> storing (the caller's own thread)

Each stage has a thread and works in the order of the frames, and what it hands on depends on
nothing but its input: neither on time nor on how the threads take turns. So a run that is killed
and goes on ends with the same bytes as one that was left alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tacan.embeddings.embedder import ClipEmbedder
from tacan.errors import VideoError
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import NewTracklet, Source
from tacan.indexing.association import associate
from tacan.indexing.begin_source import begin_source
from tacan.indexing.earlier_content import drop_doubles
from tacan.indexing.embedding import clip_shape, embed_group, in_groups
from tacan.indexing.index_notes import RunCounts, followed_notes, start_notes
from tacan.indexing.index_report import SourceReport
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.source_tiles import settle_source
from tacan.indexing.video_sources import VideoSource
from tacan.progress import Progress
from tacan.video.decode import VideoFile, open_video
from tacan.video.detection_cache import DetectionCache
from tacan.video.detection_source import DetectionSource
from tacan.video.pipeline import Pipeline
from tacan.video.tracklets import find_tracklets
from tacan.video.video_records import FrameDetections, VideoTracklet

__all__ = ["STAGES", "index_source"]

STAGES = ("decode", "detection", "tracking", "embedding", "storing")
"""The stages of the pipeline, in the order in which a frame meets them."""


@dataclass(slots=True)
class _Run:
    """How far a run is: what it met, the last frame and its time in the video, and time spent.

    A detection counts from the score `sure` on.
    """

    sure: float
    counts: RunCounts = field(default_factory=RunCounts)
    last_frame: int = -1
    video_seconds: float = 0.0
    stage_seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    def count(self, found: FrameDetections) -> None:
        self.counts.n_frames += 1
        self.counts.n_detections += int((found.detections.scores >= self.sure).sum())
        self.last_frame, self.video_seconds = found.frame.index, found.frame.seconds

    def followed(self, tracklets: Iterable[VideoTracklet]) -> Iterator[VideoTracklet]:
        """The same tracklets, counted."""
        for tracklet in tracklets:
            self.counts.n_followed += len(tracklet)
            yield tracklet


def index_source(
    gallery: Gallery,
    source: VideoSource,
    *,
    embedder: ClipEmbedder,
    detections: DetectionSource,
    batch_frames: int,
    progress: Progress,
) -> SourceReport:
    """Indexes one source; parameters and errors as those of `index_videos`.

    `detections` are opened as the source's settings say. `progress` is told of frames.
    """
    began = time.monotonic()
    with open_video(source.path, fps=source.settings.fps) as video:
        source, detections, choice = settle_source(gallery, source, video, detections)
        known = begin_source(gallery, source, video, detections)
        committed = gallery.committed_numbers(known.id)
        if known.state == "done":
            return SourceReport(
                path=str(source.path),
                camera=source.camera,
                n_tracklets=len(committed),
                was_done=True,
                damage=known.damage,
            )
        run = _run_pipeline(
            gallery,
            known,
            video,
            source.settings,
            embedder=embedder,
            detections=detections,
            committed=committed,
            batch_frames=batch_frames,
            progress=progress,
        )
        if run.counts.n_frames == 0:
            raise _nothing_decoded(video)
        doubles = drop_doubles(gallery, known)
        gallery.finish_source(known.id, damage=video.damage)
        now = gallery.committed_numbers(known.id)
        n_new = len(now) - len(committed)
        return SourceReport(
            path=str(source.path),
            camera=source.camera,
            n_tracklets=len(now),
            n_new=n_new,
            n_frames=run.counts.n_frames,
            video_seconds=run.video_seconds + source.settings.stride / video.fps,
            seconds=time.monotonic() - began,
            stage_seconds=run.stage_seconds,
            damage=video.damage,
            notes=(
                *([] if choice is None else [choice.text]),
                *start_notes(source, video),
                *video.notes,
                *detections.notes(),
                *followed_notes(source, video, run.counts, n_tracklets=len(now)),
                *([] if doubles is None else [doubles]),
            ),
        )


def _run_pipeline(
    gallery: Gallery,
    known: Source,
    video: VideoFile,
    settings: IndexSettings,
    *,
    embedder: ClipEmbedder,
    detections: DetectionSource,
    committed: frozenset[int],
    batch_frames: int,
    progress: Progress,
) -> _Run:
    """Takes the frames of one source through all stages and stores what comes out.

    Raises whatever a stage raises; all threads have ended by then.
    """
    if detections.has_tracks:
        # Whoever made them knows what is one walk.
        settings = settings.model_copy(update={"connect": "off"})
    run = _Run(settings.track_threshold)
    cache = DetectionCache(
        gallery.read_detections(known.id),
        lambda first, data: gallery.save_detections(known.id, first, data),
    )
    with Pipeline() as pipeline:
        found = find_tracklets(
            video,
            settings,
            source=detections,
            cache=cache,
            clips=clip_shape(settings, embedder),
            on_frame=run.count,
            pipeline=pipeline,
        )
        tracklets = pipeline.spawn("tracking", run.followed(found), ahead=4)
        groups = in_groups(tracklets, n_frames=batch_frames)
        embedded = pipeline.spawn(
            "embedding", _embed(groups, settings, embedder, committed, batch_frames), ahead=1
        )
        while not embedded.ended:
            group = embedded.get(timeout=0.25)
            if group is not None:
                before = time.perf_counter()
                gallery.add(known.id, group, fingerprint=embedder.fingerprint)
                run.stage_seconds["storing"] += time.perf_counter() - before
            progress(run.last_frame + 1, 0)
    run.stage_seconds |= pipeline.seconds
    return run


def _embed(
    groups: Iterable[list[VideoTracklet]],
    settings: IndexSettings,
    embedder: ClipEmbedder,
    committed: frozenset[int],
    batch_frames: int,
) -> Iterator[list[NewTracklet]]:
    """The tracklets with their vectors, as they become complete, that are not all committed.

    What is committed is embedded again: later fragments may go on from it.
    """
    fragments = (embed_group(group, embedder, batch_frames=batch_frames) for group in groups)
    for done in associate(fragments, settings, embedder):
        if not all(tracklet.number in committed for tracklet in done):
            yield done


def _nothing_decoded(video: VideoFile) -> VideoError:
    return VideoError(
        "a video must have pictures that can be decoded",
        got=f"{video.path}: {video.damage or 'none'}",
        remedy="Check that it was copied to its end.",
    )
