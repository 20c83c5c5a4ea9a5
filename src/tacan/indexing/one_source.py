"""One source into a gallery: begun or taken up again, run through the pipeline, and finished."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from tacan.embeddings.embedder import ClipEmbedder
from tacan.errors import VideoError
from tacan.files import sha256
from tacan.gallery.errors import GalleryError
from tacan.gallery.gallery import Gallery
from tacan.gallery.records import NewSource, NewTracklet, Source
from tacan.indexing.finding import Choice
from tacan.indexing.following import open_cutter, open_source_tracker, tracklet_rules
from tacan.indexing.journal import Journal
from tacan.indexing.pipeline import Passed, Stages, run_pipeline
from tacan.indexing.report import SourceReport
from tacan.indexing.settings import IndexSettings, changed_settings
from tacan.indexing.sources import VideoSource
from tacan.indexing.timing import StageTimes
from tacan.progress import Progress
from tacan.video.clip_reservoir import TrackPictures
from tacan.video.decode import VideoFile, open_video

__all__ = ["index_source"]


def index_source(
    gallery: Gallery,
    source: VideoSource,
    *,
    embedder: ClipEmbedder,
    choice: Choice,
    batch_frames: int,
    progress: Progress,
) -> SourceReport:
    began = time.monotonic()
    with open_video(source.path) as video:
        known = _begin(gallery, source, video, choice)
        committed = gallery.committed_numbers(known.id)
        if known.state == "done":
            return _done_before(source, len(committed))
        times, passed = StageTimes(), Passed()
        stages = _stages(gallery, source.settings, video, choice, known, embedder)

        def store(group: list[NewTracklet]) -> None:
            gallery.add(known.id, group, fingerprint=embedder.fingerprint)

        run_pipeline(
            video.frames(stride=source.settings.stride),
            stages,
            committed=committed,
            store=store,
            batch_frames=batch_frames,
            times=times,
            passed=passed,
            report=lambda: progress(passed.last_frame + 1, 0),
        )
        if passed.n_frames == 0:
            raise _nothing_decoded(video)
        gallery.finish_source(known.id)
        now = gallery.committed_numbers(known.id)
        return SourceReport(
            path=str(source.path),
            camera=source.camera,
            n_tracklets=len(now),
            n_new=len(now) - len(committed),
            n_frames=passed.n_frames,
            video_seconds=passed.seconds + source.settings.stride / video.fps,
            seconds=time.monotonic() - began,
            stage_seconds=dict(times.seconds),
            shares=times.shares(),
            damage=video.damage,
            notes=_notes(source, known, n_tracklets=len(now)),
        )


def _begin(gallery: Gallery, source: VideoSource, video: VideoFile, choice: Choice) -> Source:
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
        settings=_recorded(source.settings, choice, start),
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


def _recorded(settings: IndexSettings, choice: Choice, start: datetime | None) -> dict[str, Any]:
    """All that the tracklets depend on, as JSON; a detector's file by its content, not its path."""
    return {
        **settings.model_dump(mode="json"),
        "detector": settings.detector.partition(":")[0],
        "detector_fingerprint": choice.fingerprint,
        "start": None if start is None else start.isoformat(),
    }


def _stages(
    gallery: Gallery,
    settings: IndexSettings,
    video: VideoFile,
    choice: Choice,
    known: Source,
    embedder: ClipEmbedder,
) -> Stages:
    frames = settings.embedded_frames
    return Stages(
        finder=choice.finder(
            Journal(gallery.read_detections(known.id)),
            lambda first, data: gallery.save_detections(known.id, first, data),
        ),
        tracker=open_source_tracker(settings, video),
        cutter=open_cutter(settings),
        pictures=TrackPictures(
            clip_len=embedder.clip_len,
            n_clips=None if frames is None else max(1, frames // embedder.clip_len),
            height=embedder.input_size[0],
            width=embedder.input_size[1],
            max_gap=tracklet_rules(settings).max_gap,
        ),
        embedder=embedder,
    )


def _done_before(source: VideoSource, n_tracklets: int) -> SourceReport:
    return SourceReport(
        path=str(source.path),
        camera=source.camera,
        n_tracklets=n_tracklets,
        n_new=0,
        n_frames=0,
        video_seconds=0.0,
        seconds=0.0,
        stage_seconds={},
        shares={},
        was_done=True,
    )


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


def _nothing_decoded(video: VideoFile) -> VideoError:
    return VideoError(
        "a video must have pictures that can be decoded",
        got=f"{video.path}: {video.damage or 'none'}",
        remedy="Check that it was copied to its end.",
    )
