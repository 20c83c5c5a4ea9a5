"""Videos to tracklets: decoding, detection, tracking and cutting in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path

from tacan.cores import available_cores
from tacan.video.clip_reservoir import ClipShape
from tacan.video.decode import open_video
from tacan.video.detection_cache import KnownDetections
from tacan.video.detection_source import DetectionSource, open_detection_source, settle_tiles
from tacan.video.pipeline import Pipeline
from tacan.video.readable_video import ReadableVideo
from tacan.video.track import open_tracker
from tacan.video.tracklet_builder import TrackletBuilder
from tacan.video.tracklet_settings import TrackletSettings
from tacan.video.video_records import FrameDetections, Tick, VideoTracklet

__all__ = ["find_tracklets", "follow"]


def find_tracklets(
    video: ReadableVideo | Path | str,
    settings: TrackletSettings | None = None,
    *,
    source: DetectionSource | None = None,
    cache: KnownDetections | None = None,
    clips: ClipShape | None = None,
    last_seconds: float | None = None,
    on_frame: Callable[[FrameDetections], None] | None = None,
    pipeline: Pipeline | None = None,
) -> Iterator[VideoTracklet]:
    """The tracklets of the people in a video, each as soon as it has ended.

    Decoding and detection run in threads of their own; tracking and cutting in the thread that
    iterates. What comes out depends on the frames and the settings alone.

    Parameters
    ----------
    video
        An open video, or the path of one.
    settings
        How people are found, followed and cut out; the defaults when not given.
    source
        Detections of the frames; opened as `settings` say when not given. Tiles that are still to
        be chosen are chosen now.
    cache
        Detections of an earlier run, and the place for new ones.
    clips
        The clips that each tracklet is to carry for a model; none when not given.
    last_seconds
        The video is followed to this time; to its end when not given.
    on_frame
        Called with each frame, and the people found in it, when it has been followed.
    pipeline
        A pipeline whose threads do the work; one of its own when not given.

    Raises
    ------
    VideoError, DetectorError
        While iterating, for a video or a detector that can't be used.

    >>> settings = TrackletSettings(detector="yolox:nano", stride=2)
    >>> for tracklet in find_tracklets("door.mp4", settings):  # doctest: +SKIP
    ...     print(tracklet.number, tracklet.seconds[0], len(tracklet.crops))
    """
    settings = TrackletSettings() if settings is None else settings
    with ExitStack() as stack:
        if isinstance(video, Path | str):
            video = stack.enter_context(open_video(Path(video), fps=settings.fps))
        if source is None:
            source = open_detection_source(
                settings, video=video.path, camera=video.path.stem, threads=available_cores()
            )
        source, _ = settle_tiles(source, video, settings)
        if pipeline is None:
            pipeline = stack.enter_context(Pipeline())
        followed = follow(
            video,
            settings,
            source=source,
            pipeline=pipeline,
            cache=cache,
            clips=clips,
            last_seconds=last_seconds,
            on_frame=on_frame,
        )
        yield from (each for each in followed if isinstance(each, VideoTracklet))


def follow(
    video: ReadableVideo,
    settings: TrackletSettings,
    *,
    source: DetectionSource,
    pipeline: Pipeline,
    cache: KnownDetections | None = None,
    clips: ClipShape | None = None,
    last_seconds: float | None = None,
    on_frame: Callable[[FrameDetections], None] | None = None,
    tick_seconds: float = float("inf"),
) -> Iterator[VideoTracklet | Tick]:
    """As `find_tracklets`, of what is open already and with its tiles chosen; between the tracklets
    a tick every `tick_seconds` of the video."""
    stride = settings.stride_at(video.fps)
    tracker = open_tracker(
        settings.tracker,
        fps=video.fps / stride,
        max_lost_seconds=settings.max_lost_seconds,
        track_threshold=settings.track_threshold,
    )
    builder = TrackletBuilder(settings, clips=clips, all_sure=source.has_tracks)
    frames = video.frames(stride=stride)
    if last_seconds is not None:
        frames = takewhile(lambda frame: frame.seconds <= last_seconds, frames)
    decoded = pipeline.spawn("decode", frames)
    # Nobody is followed over a hole in the video, which the tracker, counting frames, misses.
    longest_hole = settings.max_lost_seconds + stride / video.fps
    before = last_tick = 0.0
    for found in pipeline.spawn("detection", source.detect(decoded, cache=cache)):
        now = found.frame.seconds
        ended = builder.flush(now=now) if now - before > longest_hole else []
        before = now
        tracks = tracker.update(found.detections) if found.tracks is None else found.tracks
        ended += builder.add(found.frame, found.detections, tracks)
        if on_frame is not None:
            on_frame(found)
        yield from ended
        if now - last_tick >= tick_seconds:
            last_tick = now
            yield Tick(builder.running_since(now))
    yield from builder.flush()
