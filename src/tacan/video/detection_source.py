"""Detections frame by frame, from a detector or from a file of ready boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

from tacan.progress import Progress, silent
from tacan.video.detect import Detector, open_detector
from tacan.video.detection_cache import DetectionCache
from tacan.video.masked_source import MaskedSource
from tacan.video.mot import open_precomputed_tracks
from tacan.video.regions import read_regions
from tacan.video.tracklet_settings import TrackletSettings
from tacan.video.video_records import FrameDetections, VideoFrame, check_count

__all__ = [
    "PRECOMPUTED",
    "DetectionSource",
    "DetectorSource",
    "is_precomputed",
    "open_detection_source",
]

PRECOMPUTED = "mot"
"""The kind of detector that is a file of ready boxes or tracks."""

FRAMES_AT_ONCE = 4
"""Frames that the detector sees at once, so that its threads have something to share."""


class DetectionSource(Protocol):
    """The people in each frame of a video."""

    @property
    def name(self) -> str:
        """The detector, as the settings name it."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever the detections may change."""
        ...

    @property
    def has_tracks(self) -> bool:
        """Whether the detections come with tracks that somebody else made."""
        ...

    def detect(
        self, frames: Iterable[VideoFrame], *, cache: DetectionCache | None = None
    ) -> Iterator[FrameDetections]:
        """The detections of each frame, from the cache where it has them."""
        ...

    def notes(self) -> tuple[str, ...]:
        """What is worth knowing of the detections of the video that was looked at last."""
        ...


class DetectorSource:
    """A `DetectionSource` that asks a detector; good for several videos, one after another."""

    has_tracks = False

    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    @property
    def name(self) -> str:
        return self._detector.name

    @property
    def fingerprint(self) -> str:
        return self._detector.fingerprint

    def detect(
        self, frames: Iterable[VideoFrame], *, cache: DetectionCache | None = None
    ) -> Iterator[FrameDetections]:
        """The detections of each frame; frames of which the cache knows all are not looked at."""
        source = iter(frames)
        while batch := list(islice(source, FRAMES_AT_ONCE)):
            known = [None if cache is None else cache.get(frame.index) for frame in batch]
            found = [each for each in known if each is not None]
            if len(found) < len(batch):
                found = self._detector.detect([frame.image for frame in batch])
                if cache is not None:
                    cache.add([(f.index, each) for f, each in zip(batch, found, strict=True)])
            for frame, each in zip(batch, found, strict=True):
                check_count(len(each), f"frame {frame.index} (counted from 0)")
                yield FrameDetections(frame, each)
        if cache is not None:
            cache.flush()

    def notes(self) -> tuple[str, ...]:
        return ()


def is_precomputed(detector: str) -> bool:
    """Whether a detector, as the settings name it, is a file of ready boxes or tracks."""
    return detector.startswith(f"{PRECOMPUTED}:")


def open_detection_source(
    settings: TrackletSettings,
    *,
    video: Path,
    camera: str,
    threads: int,
    fetch: bool = False,
    progress: Progress = silent,
) -> DetectionSource:
    """The detector or the file of ready boxes that `settings` name, within their mask.

    `camera` and the name of `video` choose among the tracks in a file of several. `threads`,
    `fetch` and `progress` are those of `open_detector`. Raises `DetectorError` or `VideoError`.
    """
    regions = None if settings.mask is None else read_regions(settings.mask)
    if is_precomputed(settings.detector):
        file = Path(settings.detector.removeprefix(f"{PRECOMPUTED}:"))
        least = settings.detection_threshold or 0.0
        source = open_precomputed_tracks(file, camera=camera, video=video.name, threshold=least)
    else:
        source = DetectorSource(
            open_detector(
                settings.detector,
                tiles=settings.tiles,
                threshold=settings.detection_threshold,
                fetch=fetch,
                threads=threads,
                progress=progress,
            )
        )
    return source if regions is None else MaskedSource(source, regions)
