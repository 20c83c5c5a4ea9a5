"""One source through the pipeline: each stage in a thread, with little waiting in between.

    decode -> detect -> follow and cut -> embed -> store (the caller's own thread)

A stage does its work in the order of the frames, and what it hands on depends on nothing but its
input: neither on time nor on how the threads take turns. So a run that is killed and goes on ends
with the same bytes as one that was left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tacan.embeddings.embedder import ClipEmbedder
from tacan.gallery.records import NewTracklet
from tacan.indexing.crew import Crew
from tacan.indexing.embedding import TrackletClips, embed_group, in_groups
from tacan.indexing.finding import Finder, Found
from tacan.indexing.timing import StageTimes
from tacan.video.clip_reservoir import TrackPictures
from tacan.video.cut import TrackletCutter
from tacan.video.records import Tracker, VideoFrame

__all__ = ["Passed", "Stages", "run_pipeline"]

FRAMES_BETWEEN = 2
"""Frames that may wait between two stages. More would only take memory: the slowest stage sets the
pace, and the others must never be far ahead of it."""


@dataclass(slots=True)
class Passed:
    """How far a run is: frames that were followed, and their time in the video."""

    n_frames: int = 0
    last_frame: int = -1
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """Who does the work of one run. `tracker` may be None where the finder brings tracks."""

    finder: Finder
    tracker: Tracker | None
    cutter: TrackletCutter
    pictures: TrackPictures
    embedder: ClipEmbedder


def run_pipeline(
    frames: Iterable[VideoFrame],
    stages: Stages,
    *,
    committed: frozenset[int],
    store: Callable[[list[NewTracklet]], None],
    batch_frames: int,
    times: StageTimes,
    passed: Passed,
    report: Callable[[], None],
) -> None:
    """Takes the frames of one source through all stages.

    Parameters
    ----------
    frames
        Every frame that is to be looked at, in order.
    stages
        Who does the work.
    committed
        Numbers of tracklets that are in the gallery already, and need no vector.
    store
        Called in the calling thread with groups of tracklets that belong together.
    batch_frames
        Frames that the model sees at once.
    times, passed
        Where the time went and how far the run is, written to as it goes.
    report
        Called in the calling thread now and then.

    Raises whatever a stage raises; all threads have ended by then.
    """
    with Crew() as crew:
        decoded = crew.put_to_work(_timed(frames, times), name="decode", room=FRAMES_BETWEEN)
        found = crew.put_to_work(
            stages.finder.find(decoded, times), name="detect", room=FRAMES_BETWEEN
        )
        ended = crew.put_to_work(_follow(found, stages, times, passed), name="follow", room=4)
        groups = in_groups(ended, n_frames=batch_frames)
        embedded = crew.put_to_work(
            _embed(groups, stages.embedder, committed, batch_frames, times), name="embed", room=1
        )
        while not embedded.ended:
            group = embedded.get(patience=0.25)
            if group is not None:
                with times.measure("storing"):
                    store(group)
            report()


def _timed(frames: Iterable[VideoFrame], times: StageTimes) -> Iterator[VideoFrame]:
    source = iter(frames)
    while True:
        with times.measure("decode"):
            frame = next(source, None)
        if frame is None:
            return
        yield frame


def _follow(
    found: Iterable[Found], stages: Stages, times: StageTimes, passed: Passed
) -> Iterator[TrackletClips]:
    for each in found:
        with times.measure("tracking"):
            tracks = each.tracks
            if tracks is None and stages.tracker is not None:
                tracks = stages.tracker.update(each.detections)
            if tracks is None:
                raise TypeError("a finder that brings no tracks needs a tracker")
            ended = stages.cutter.add(each.frame, each.detections, tracks)
            ready = [TrackletClips(tracklet, stages.pictures.take(tracklet)) for tracklet in ended]
            stages.pictures.add(each.frame, each.detections, tracks)
        passed.n_frames += 1
        passed.last_frame, passed.seconds = each.frame.index, each.frame.seconds
        yield from ready
    for tracklet in stages.cutter.flush():
        yield TrackletClips(tracklet, stages.pictures.take(tracklet))


def _embed(
    groups: Iterable[list[TrackletClips]],
    embedder: ClipEmbedder,
    committed: frozenset[int],
    batch_frames: int,
    times: StageTimes,
) -> Iterator[list[NewTracklet]]:
    for group in groups:
        if not all(each.tracklet.number in committed for each in group):
            with times.measure("embedding"):
                tracklets = embed_group(group, embedder, batch_frames=batch_frames)
            yield tracklets
