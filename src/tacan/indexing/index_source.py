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
from datetime import datetime
from typing import Any

from tacan.embeddings.embedder import ClipEmbedder
from tacan.errors import GalleryError, VideoError
from tacan.files import sha256
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import NewSource, NewTracklet, Source, TrackletFilter
from tacan.indexing.embedding import embed_group, in_groups
from tacan.indexing.index_report import SourceReport
from tacan.indexing.index_settings import IndexSettings, changed_settings
from tacan.indexing.video_sources import VideoSource
from tacan.progress import Progress
from tacan.text import counted
from tacan.video.clip_reservoir import ClipShape
from tacan.video.decode import VideoFile, open_video
from tacan.video.detection_cache import DetectionCache
from tacan.video.detection_source import DetectionSource
from tacan.video.pipeline import Pipeline
from tacan.video.tracklets import find_tracklets
from tacan.video.video_records import VideoFrame, VideoTracklet

__all__ = ["STAGES", "index_source"]

STAGES = ("decode", "detection", "tracking", "embedding", "storing")
"""The stages of the pipeline, in the order in which a frame meets them."""


@dataclass(slots=True)
class _Run:
    """How far a run is: frames that were followed, their time in the video, and time spent."""

    n_frames: int = 0
    last_frame: int = -1
    video_seconds: float = 0.0
    stage_seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    def count(self, frame: VideoFrame) -> None:
        self.n_frames += 1
        self.last_frame, self.video_seconds = frame.index, frame.seconds


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
    with open_video(source.path) as video:
        known = _begin(gallery, source, video, detections)
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
        if run.n_frames == 0:
            raise _nothing_decoded(video)
        gallery.finish_source(known.id, damage=video.damage)
        now = gallery.committed_numbers(known.id)
        return SourceReport(
            path=str(source.path),
            camera=source.camera,
            n_tracklets=len(now),
            n_new=len(now) - len(committed),
            n_frames=run.n_frames,
            video_seconds=run.video_seconds + source.settings.stride / video.fps,
            seconds=time.monotonic() - began,
            stage_seconds=run.stage_seconds,
            damage=video.damage,
            notes=(*_notes(source, known, n_tracklets=len(now)), *_earlier_notes(gallery, known)),
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
    run = _Run()
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
            clips=_clip_shape(settings, embedder),
            on_frame=run.count,
            pipeline=pipeline,
        )
        tracklets = pipeline.spawn("tracking", found, ahead=4)
        groups = in_groups(tracklets, n_frames=batch_frames)
        embedded = pipeline.spawn(
            "embedding", _embed(groups, embedder, committed, batch_frames), ahead=1
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
    embedder: ClipEmbedder,
    committed: frozenset[int],
    batch_frames: int,
) -> Iterator[list[NewTracklet]]:
    """The tracklets of each group with their vectors, of groups that are not all committed."""
    for group in groups:
        if not all(tracklet.number in committed for tracklet in group):
            yield embed_group(group, embedder, batch_frames=batch_frames)


def _clip_shape(settings: IndexSettings, embedder: ClipEmbedder) -> ClipShape:
    frames = settings.embedded_frames
    return ClipShape(
        clip_len=embedder.clip_len,
        max_clips=None if frames is None else max(1, frames // embedder.clip_len),
        height=embedder.input_size[0],
        width=embedder.input_size[1],
    )


def _begin(
    gallery: Gallery, source: VideoSource, video: VideoFile, detections: DetectionSource
) -> Source:
    """The source in the gallery. Raises `GalleryError` where it is there with other settings."""
    start = video.start_time if source.start == "file" else source.start
    new = NewSource(
        path=str(source.path.resolve()),
        name=source.path.name,
        sha256=sha256(source.path),
        camera=source.camera,
        start=start,
        duration=video.duration,
        fps=video.fps,
        width=video.width,
        height=video.height,
        settings=_stored(source.settings, detections, start),
    )
    for other in gallery.sources():
        if (other.sha256, other.camera) == (new.sha256, new.camera):
            changes = changed_settings(other.settings, new.settings)
            if changes:
                raise _changed(source, other, changes)
    return gallery.begin_source(new)


def _changed(source: VideoSource, other: Source, changes: list[str]) -> GalleryError:
    return GalleryError(
        "a source must be indexed with the settings that it was begun with",
        got=f"{source.path}, where {', '.join(changes)}",
        remedy="Use the same settings, another camera name or another gallery; or remove what "
        f"there is with `tacan gallery delete --camera {other.camera}`.",
    )


def _stored(
    settings: IndexSettings, detections: DetectionSource, start: datetime | None
) -> dict[str, Any]:
    """All that the tracklets depend on, as JSON; a detector's file by its content, not its path."""
    return {
        **settings.stored(),
        "detector": settings.detector.partition(":")[0],
        "detector_fingerprint": detections.fingerprint,
        "start": None if start is None else start.isoformat(),
    }


def _notes(source: VideoSource, known: Source, *, n_tracklets: int) -> tuple[str, ...]:
    notes = []
    if n_tracklets == 0:
        notes.append(
            "nobody was found: no detection lasted long enough and was large enough; another "
            "detector, tiles, or a lower min_height may help"
        )
    if source.start == "file" and known.start is None:
        notes.append("the file does not say when it was made: its tracklets have no time of day")
    return tuple(notes)


def _earlier_notes(gallery: Gallery, known: Source) -> list[str]:
    """A note where the camera has tracklets of the same path with another content."""
    earlier = {
        other.id
        for other in gallery.sources()
        if (other.path, other.camera) == (known.path, known.camera) and other.sha256 != known.sha256
    }
    tracklets = gallery.tracklets(TrackletFilter(cameras=(known.camera,))) if earlier else ()
    n_tracklets = sum(tracklet.source_id in earlier for tracklet in tracklets)
    if not n_tracklets:
        return []
    return [
        f"{counted(n_tracklets, 'tracklet')} of what this file was before it was changed stay in "
        f"the gallery: people in both are there twice; `tacan gallery delete --camera "
        f"{known.camera}` removes all of the camera, to index it anew"
    ]


def _nothing_decoded(video: VideoFile) -> VideoError:
    return VideoError(
        "a video must have pictures that can be decoded",
        got=f"{video.path}: {video.damage or 'none'}",
        remedy="Check that it was copied to its end.",
    )
