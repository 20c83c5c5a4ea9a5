"""A run through files that follow each other: what it is told, and what comes of it.

It knows no gallery, and both pickle, so that it may be in another process than the gallery's.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from tacan.embeddings.embedder import ClipEmbedder
from tacan.errors import VideoError
from tacan.gallery.gallery_records import NewTracklet
from tacan.indexing.index_notes import RunCounts
from tacan.indexing.stream_run import StreamTools, run_stream
from tacan.indexing.stream_watch import StreamWatch
from tacan.indexing.video_source import VideoSource
from tacan.video.chain_detections import ChainDetections
from tacan.video.detection_cache import DetectionCache
from tacan.video.detection_source import DetectionSource
from tacan.video.video_chain import ChainLink, VideoChain

__all__ = ["ChainJob", "ChainListener", "ChainOutcome", "ChainRunner", "RunHere", "run_chain"]


@dataclass(frozen=True, slots=True)
class ChainJob:
    """Files that people are followed through as through one video.

    `first` is the first of them, with the settings of all, and `links` are all of them. `known` are
    the blocks of detections that an earlier run has stored of each, `committed` the numbers of the
    tracklets that it has.
    """

    first: VideoSource
    links: tuple[ChainLink, ...]
    known: tuple[tuple[tuple[int, bytes], ...], ...]
    committed: frozenset[int]


@dataclass(frozen=True, slots=True)
class ChainOutcome:
    """What came of it. Files are meant by their place in the chain.

    `counts`, `last_seconds` and `damages` are those of `StreamRun` and `VideoChain`; `notes` are
    what there is to say of each file, `notes_of_detections` of all. `failure` is why the file
    behind the `n_read` ones that were read to their end was not; None where that is no file.
    """

    counts: Mapping[int, RunCounts]
    last_seconds: Mapping[int, float]
    stage_seconds: Mapping[str, float]
    fps: float
    n_read: int
    failure: VideoError | None
    damages: tuple[str | None, ...]
    notes: tuple[tuple[str, ...], ...]
    notes_of_detections: tuple[str, ...]

    @property
    def total(self) -> RunCounts:
        """The counts of all files together."""
        return sum(self.counts.values(), RunCounts())

    def with_storing(self, seconds: float) -> ChainOutcome:
        """The same, with so many seconds of storing, which somebody else did."""
        return replace(self, stage_seconds={**self.stage_seconds, "storing": seconds})


class ChainListener(Protocol):
    """Takes what a run gives while it goes on, in the order in which it gives it."""

    @property
    def watch(self) -> StreamWatch: ...

    def store(self, place: int, tracklets: list[NewTracklet]) -> None:
        """Tracklets that begin in the file at `place`."""
        ...

    def save_detections(self, place: int, first: int, block: bytes) -> None:
        """Detections from the frame `first` of that file on. Called in another thread."""
        ...


class ChainRunner(Protocol):
    """What runs jobs. Raises as `run_chain` does."""

    def __call__(
        self, job: ChainJob, *, detections: DetectionSource, listener: ChainListener
    ) -> ChainOutcome: ...


@dataclass(frozen=True, slots=True)
class RunHere:
    """Runs jobs in this thread and others of this process."""

    embedder: ClipEmbedder
    batch_frames: int

    def __call__(
        self, job: ChainJob, *, detections: DetectionSource, listener: ChainListener
    ) -> ChainOutcome:
        return run_chain(job, StreamTools(self.embedder, detections, self.batch_frames), listener)


def run_chain(job: ChainJob, tools: StreamTools, listener: ChainListener) -> ChainOutcome:
    """Runs through the files of a job.

    Raises `VideoError` where the first can't be read, and whatever a stage or `listener` raises.
    """
    with closing(VideoChain(job.links)) as video:
        caches = [
            DetectionCache(blocks, partial(listener.save_detections, place))
            for place, blocks in enumerate(job.known)
        ]
        run = run_stream(
            tools,
            video,
            job.first.settings,
            store=listener.store,
            cache=ChainDetections(video, caches),
            committed=job.committed,
            watch=listener.watch,
        )
        if run.total.n_frames == 0:
            raise _nothing_decoded(video)
        return ChainOutcome(
            counts=run.counts,
            last_seconds=run.last_seconds,
            stage_seconds=run.stage_seconds,
            fps=video.fps,
            n_read=len(job.links) if video.failure is None else video.current,
            failure=video.failure,
            damages=tuple(video.damages),
            notes=tuple(video.notes_of),
            notes_of_detections=tools.detections.notes(),
        )


def _nothing_decoded(video: VideoChain) -> VideoError:
    return VideoError(
        "a video must have pictures that can be decoded",
        got=f"{video.path}: {video.damage or 'none'}",
        remedy="Check that it was copied to its end.",
    )
