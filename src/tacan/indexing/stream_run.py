"""A run of the pipeline through files that follow each other.

    decode -> detection -> tracking -> embedding -> storing (the caller's own thread)

Each stage has a thread and works in the order of the frames, and what it hands on depends on
nothing but its input: neither on time nor on how the threads take turns. So a run that is killed
and goes on ends with the same bytes as one that was left alone. The files go through it as one
video; a tracklet belongs to the source in which it begins.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from tacan.embeddings.embedder import ClipEmbedder
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import NewTracklet, Source
from tacan.indexing.association import associate
from tacan.indexing.embedding import clip_shape, embed_group, in_groups
from tacan.indexing.index_notes import RunCounts
from tacan.indexing.index_settings import IndexSettings
from tacan.progress import Progress
from tacan.video.chain_detections import ChainDetections
from tacan.video.detection_cache import DetectionCache
from tacan.video.detection_source import DetectionSource
from tacan.video.pipeline import Pipeline
from tacan.video.tracklets import find_tracklets
from tacan.video.video_chain import VideoChain
from tacan.video.video_records import FrameDetections, VideoTracklet

__all__ = ["STAGES", "IndexTools", "StreamRun", "by_file", "run_stream"]

STAGES = ("decode", "detection", "tracking", "embedding", "storing")
"""The stages of the pipeline, in the order in which a frame meets them."""


@dataclass(frozen=True, slots=True)
class IndexTools:
    """What streams are indexed with, and into; see `index_videos`. `detections` are opened as the
    settings of the stream say."""

    gallery: Gallery
    embedder: ClipEmbedder
    detections: DetectionSource
    batch_frames: int
    progress: Progress


@dataclass(slots=True)
class StreamRun:
    """How far a run through a chain of files is: what was met in each file, the last frame and its
    time, and time spent.

    A detection counts from the score `sure` on.
    """

    chain: VideoChain
    sure: float
    counts: dict[int, RunCounts] = field(default_factory=dict)
    last_seconds: dict[int, float] = field(default_factory=dict)
    last_frame: int = -1
    stage_seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    def of(self, place: int) -> RunCounts:
        """The counts of a file."""
        return self.counts.setdefault(place, RunCounts())

    @property
    def total(self) -> RunCounts:
        """The counts of all files together."""
        return sum(self.counts.values(), RunCounts())

    def count(self, found: FrameDetections) -> None:
        """Counts a frame that was followed."""
        place = self.chain.place_of(found.frame.index)
        counts = self.of(place)
        counts.n_frames += 1
        counts.n_detections += int((found.detections.scores >= self.sure).sum())
        self.last_frame = found.frame.index
        self.last_seconds[place] = found.frame.seconds - self.chain.first_of(place)[1]

    def followed(
        self, tracklets: Iterable[VideoTracklet], *, keep_still: bool
    ) -> Iterator[VideoTracklet]:
        """The same tracklets, counted; those that never moved are left out or kept."""
        for tracklet in tracklets:
            counts = self.of(self.chain.place_of(int(tracklet.frames[0])))
            counts.n_followed += len(tracklet)
            if tracklet.is_still and not keep_still:
                counts.n_still += 1
            else:
                yield tracklet


def run_stream(
    tools: IndexTools,
    known: Sequence[Source],
    video: VideoChain,
    settings: IndexSettings,
    *,
    n_before: int,
) -> StreamRun:
    """Takes the frames of a chain through all stages and stores what comes out.

    `known` are the sources of its files, and `n_before` the frames that count as done before it.
    Raises whatever a stage raises; all threads have ended by then.
    """
    gallery, embedder = tools.gallery, tools.embedder
    if tools.detections.has_tracks:
        # Whoever made them knows what is one walk.
        settings = settings.model_copy(update={"connect": "off", "keep_still": True})
    run = StreamRun(video, settings.track_threshold)
    committed = frozenset[int]().union(*(gallery.committed_numbers(each.id) for each in known))
    with Pipeline() as pipeline:
        found = find_tracklets(
            video,
            settings,
            source=tools.detections,
            cache=ChainDetections(video, [_cache(gallery, each.id) for each in known]),
            clips=clip_shape(settings, embedder),
            on_frame=run.count,
            pipeline=pipeline,
        )
        followed = run.followed(found, keep_still=settings.keep_still)
        tracklets = pipeline.spawn("tracking", followed, ahead=4)
        groups = in_groups(tracklets, n_frames=tools.batch_frames)
        embedded = pipeline.spawn("embedding", _embed(groups, settings, tools, committed), ahead=1)
        while not embedded.ended:
            group = embedded.get(timeout=0.25)
            if group is not None:
                before = time.perf_counter()
                for place, some in by_file(group, video):
                    gallery.add(known[place].id, some, fingerprint=embedder.fingerprint)
                run.stage_seconds["storing"] += time.perf_counter() - before
            tools.progress(n_before + run.last_frame + 1, 0)
    run.stage_seconds |= pipeline.seconds
    return run


def _cache(gallery: Gallery, source_id: int) -> DetectionCache:
    return DetectionCache(
        gallery.read_detections(source_id),
        lambda first, data: gallery.save_detections(source_id, first, data),
    )


def _embed(
    groups: Iterable[list[VideoTracklet]],
    settings: IndexSettings,
    tools: IndexTools,
    committed: frozenset[int],
) -> Iterator[list[NewTracklet]]:
    """The tracklets with their vectors, as they become complete, that are not all committed.

    What is committed is embedded again: later fragments may go on from it.
    """
    embedder, batch = tools.embedder, tools.batch_frames
    fragments = (embed_group(group, embedder, batch_frames=batch) for group in groups)
    for done in associate(fragments, settings, embedder):
        if not all(tracklet.number in committed for tracklet in done):
            yield done


def by_file(
    tracklets: Iterable[NewTracklet], video: VideoChain
) -> list[tuple[int, list[NewTracklet]]]:
    """The tracklets of each file of a chain, which is the one that they begin in; frames and times
    count from the first frame of that file."""

    def place(tracklet: NewTracklet) -> int:
        return video.place_of(int(tracklet.frames[0]))

    return [
        (number, [_counted_from(tracklet, *video.first_of(number)) for tracklet in some])
        for number, some in groupby(sorted(tracklets, key=place), key=place)
    ]


def _counted_from(tracklet: NewTracklet, frame: int, seconds: float) -> NewTracklet:
    if frame == 0:
        return tracklet
    return replace(
        tracklet,
        first_seconds=tracklet.first_seconds - seconds,
        last_seconds=tracklet.last_seconds - seconds,
        clip_frames=tracklet.clip_frames - frame,
        frames=tracklet.frames - frame,
        seconds=tracklet.seconds - seconds,
        crops=tuple(
            replace(crop, frame=crop.frame - frame, seconds=crop.seconds - seconds)
            for crop in tracklet.crops
        ),
    )
