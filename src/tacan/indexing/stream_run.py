"""A run of the pipeline through files that follow each other.

    decode -> detection -> tracking -> embedding -> storing (the caller's own thread)

Each stage has a thread and works in the order of the frames, and what it hands on depends on
nothing but its input: neither on time nor on how the threads take turns. So a run that is killed
and goes on ends with the same bytes as one that was left alone. The files go through it as one
video; a tracklet belongs to the source in which it begins.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Protocol

from tacan.embeddings.embedder import ClipEmbedder
from tacan.gallery.gallery_records import NewTracklet
from tacan.indexing.association import associate
from tacan.indexing.embedding import clip_shape, embed_group, in_groups
from tacan.indexing.fragments import Fragment
from tacan.indexing.index_notes import RunCounts
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.stream_watch import StreamWatch
from tacan.video.detection_cache import KnownDetections
from tacan.video.detection_source import DetectionSource
from tacan.video.pipeline import Pipeline
from tacan.video.readable_video import ReadableVideo
from tacan.video.tracklets import follow
from tacan.video.video_records import FrameDetections, Tick, VideoTracklet

__all__ = ["STAGES", "PlacedVideo", "StreamRun", "StreamTools", "by_file", "run_stream"]

STAGES = ("decode", "detection", "tracking", "embedding", "storing")
"""The stages of the pipeline, in the order in which a frame meets them."""
TICK_SECONDS = 1.0
"""So often it is looked whether a walk before a live camera is complete."""


class PlacedVideo(ReadableVideo, Protocol):
    """A video of one or several files, whose frames know theirs: see `VideoChain`."""

    def place_of(self, frame: int) -> int: ...

    def first_of(self, place: int) -> tuple[int, float]: ...


@dataclass(frozen=True, slots=True)
class StreamTools:
    """What a stream is run through with; see `index_videos`. `detections` are opened as the
    settings of the stream say."""

    embedder: ClipEmbedder
    detections: DetectionSource
    batch_frames: int
    turn: AbstractContextManager[object] = field(default_factory=nullcontext)
    """Held while the model is at work, where streams run at the same time."""


@dataclass(slots=True)
class StreamRun:
    """How far a run through a video is: what was met in each file, the last frame and its
    time, and time spent.

    A detection counts from the score `sure` on.
    """

    video: PlacedVideo
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
        place = self.video.place_of(found.frame.index)
        counts = self.of(place)
        counts.n_frames += 1
        counts.n_detections += int((found.detections.scores >= self.sure).sum())
        self.last_frame = found.frame.index
        self.last_seconds[place] = found.frame.seconds - self.video.first_of(place)[1]

    def followed(
        self, tracklets: Iterable[VideoTracklet | Tick], *, keep_still: bool
    ) -> Iterator[VideoTracklet | Tick]:
        """The same tracklets, counted; those that never moved are left out or kept."""
        for tracklet in tracklets:
            if isinstance(tracklet, Tick):
                yield tracklet
                continue
            counts = self.of(self.video.place_of(int(tracklet.frames[0])))
            counts.n_followed += len(tracklet)
            if tracklet.is_still and not keep_still:
                counts.n_still += 1
            else:
                yield tracklet


def run_stream(
    tools: StreamTools,
    video: PlacedVideo,
    settings: IndexSettings,
    *,
    store: Callable[[int, list[NewTracklet]], None],
    cache: KnownDetections | None = None,
    committed: frozenset[int] = frozenset(),
    watch: StreamWatch | None = None,
    is_live: bool = False,
) -> StreamRun:
    """Takes the frames of a video through all stages and hands over what comes out.

    Parameters
    ----------
    tools, video, settings
        What is run through, and how.
    store
        Called in this thread with the place of a file and tracklets of it.
    cache
        Detections of an earlier run, and the place for new ones.
    committed
        Numbers of tracklets that are stored already: they are not handed over again.
    watch
        Told of frames, stages and progress.
    is_live
        Whether each tracklet is to be handed over as soon as nothing can go on from it. Else some
        are collected, which is faster, and always gives the same batches.

    Raises whatever a stage raises; all threads have ended by then.
    """
    if tools.detections.has_tracks:
        # Whoever made them knows what is one walk.
        settings = settings.model_copy(update={"connect": "off", "keep_still": True})
    watch = watch or StreamWatch()
    run = StreamRun(video, settings.track_threshold)

    def looked_at(found: FrameDetections) -> None:
        run.count(found)
        watch.frame(video.place_of(found.frame.index), found)

    with Pipeline() as pipeline:
        found = follow(
            video,
            settings,
            source=tools.detections,
            cache=cache,
            clips=clip_shape(settings, tools.embedder),
            on_frame=looked_at,
            pipeline=pipeline,
            tick_seconds=TICK_SECONDS if is_live else float("inf"),
        )
        followed = run.followed(found, keep_still=settings.keep_still)
        tracklets = pipeline.spawn("tracking", followed, ahead=4)
        groups = in_groups(tracklets, n_frames=1 if is_live else tools.batch_frames)
        embedded = pipeline.spawn("embedding", _embed(groups, settings, tools, committed), ahead=1)
        while not embedded.ended:
            group = embedded.get(timeout=0.25)
            if group is not None:
                before = time.perf_counter()
                for place, some in by_file(group, video):
                    store(place, some)
                run.stage_seconds["storing"] += time.perf_counter() - before
            watch.progress(run.last_frame + 1, run.stage_seconds | pipeline.seconds)
    run.stage_seconds |= pipeline.seconds
    return run


def _embed(
    groups: Iterable[list[VideoTracklet] | Tick],
    settings: IndexSettings,
    tools: StreamTools,
    committed: frozenset[int],
) -> Iterator[list[NewTracklet]]:
    """The tracklets with their vectors, as they become complete, that are not all committed.

    What is committed is embedded again: later fragments may go on from it.
    """
    embedder, batch = tools.embedder, tools.batch_frames

    def fragments(group: list[VideoTracklet] | Tick) -> list[Fragment] | Tick:
        if isinstance(group, Tick):
            return group
        with tools.turn:
            return embed_group(group, embedder, batch_frames=batch)

    for done in associate(map(fragments, groups), settings, embedder):
        if not all(tracklet.number in committed for tracklet in done):
            yield done


def by_file(
    tracklets: Iterable[NewTracklet], video: PlacedVideo
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
