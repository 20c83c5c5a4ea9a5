"""Who follows people, and what makes tracklets of it, as the settings of a source say."""

from __future__ import annotations

from tacan.indexing.settings import IndexSettings
from tacan.video.cut import TrackletCutter, TrackletRules
from tacan.video.decode import VideoFile
from tacan.video.records import Tracker
from tacan.video.track import open_tracker

__all__ = ["open_cutter", "open_source_tracker", "tracklet_rules"]


def open_source_tracker(settings: IndexSettings, video: VideoFile) -> Tracker:
    """The tracker that `settings` name, for the frames of `video` that are looked at."""
    return open_tracker(
        settings.tracker,
        fps=video.fps / settings.stride,
        patience=settings.patience,
        sure=settings.sure,
    )


def open_cutter(settings: IndexSettings) -> TrackletCutter:
    """What makes tracklets of tracks, as `settings` say."""
    return TrackletCutter(
        rules=tracklet_rules(settings), n_crops=settings.crops, jpeg_quality=settings.jpeg_quality
    )


def tracklet_rules(settings: IndexSettings) -> TrackletRules:
    """What makes a tracklet, as `settings` say."""
    return TrackletRules(
        min_frames=settings.min_frames,
        min_seconds=settings.min_seconds,
        min_height=settings.min_height,
        min_sharpness=settings.min_sharpness,
        # The tracker gives a person up first; half a second covers what it rounds.
        max_gap=settings.patience + 0.5,
        max_seconds=settings.max_seconds,
    )
