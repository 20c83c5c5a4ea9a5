"""Detections frame by frame, from a detector or from a file of ready boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

from tacan.progress import Progress, silent
from tacan.video.choose_detector import AUTO
from tacan.video.choose_tiles import TileChoice, choose_tiles
from tacan.video.detect import Detector, open_detector
from tacan.video.detection_cache import KnownDetections
from tacan.video.masked_source import MaskedSource
from tacan.video.mot import open_precomputed_tracks
from tacan.video.readable_video import ReadableVideo
from tacan.video.regions import read_regions
from tacan.video.tiling import Tiled
from tacan.video.tracklet_settings import PRECOMPUTED, Tiles, TrackletSettings
from tacan.video.video_records import FrameDetections, VideoFrame, check_count

__all__ = [
    "DetectionSource",
    "DetectorSource",
    "is_precomputed",
    "open_detection_source",
    "open_tiles",
    "settle_tiles",
    "with_tiles",
]

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
        self, frames: Iterable[VideoFrame], *, cache: KnownDetections | None = None
    ) -> Iterator[FrameDetections]:
        """The detections of each frame, from the cache where it has them."""
        ...

    def notes(self) -> tuple[str, ...]:
        """What is worth knowing of the detections of the video that was looked at last."""
        ...


class DetectorSource:
    """A `DetectionSource` that asks a detector; good for several videos, one after another.

    `tiles_open` says that tiles for a video are still to be chosen: see `settle_tiles`.
    """

    has_tracks = False

    def __init__(self, detector: Detector, *, tiles_open: bool = False) -> None:
        self.detector = detector
        self.tiles_open = tiles_open

    def tiled(self, tiles: Tiles) -> DetectorSource:
        """The same detector with these tiles."""
        if tiles is None:
            return DetectorSource(self.detector)
        return DetectorSource(Tiled(self.detector, rows=tiles[0], columns=tiles[1]))

    @property
    def name(self) -> str:
        return self.detector.name

    @property
    def fingerprint(self) -> str:
        return self.detector.fingerprint

    def detect(
        self, frames: Iterable[VideoFrame], *, cache: KnownDetections | None = None
    ) -> Iterator[FrameDetections]:
        """The detections of each frame; frames of which the cache knows all are not looked at."""
        source = iter(frames)
        while batch := list(islice(source, FRAMES_AT_ONCE)):
            known = [None if cache is None else cache.get(frame.index) for frame in batch]
            found = [each for each in known if each is not None]
            if len(found) < len(batch):
                found = self.detector.detect([frame.image for frame in batch])
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
    `fetch` and `progress` are those of `open_detector`. Where tiles are to be chosen, that is left
    to `settle_tiles`. Raises `DetectorError` or `VideoError`.
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
                tiles=None if settings.tiles == AUTO else settings.tiles,
                threshold=settings.detection_threshold,
                fetch=fetch,
                threads=threads,
                progress=progress,
            ),
            tiles_open=settings.tiles == AUTO,
        )
    return source if regions is None else MaskedSource(source, regions)


def settle_tiles(
    source: DetectionSource, video: ReadableVideo, settings: TrackletSettings
) -> tuple[DetectionSource, TileChoice | None]:
    """The detections of a video with its tiles chosen, and the choice; None where none was open.

    Raises as `choose_tiles` does.
    """
    open_to_choice = open_tiles(source)
    if open_to_choice is None:
        return source, None
    choice = choose_tiles(video, open_to_choice.detector, threshold=settings.track_threshold)
    return with_tiles(source, choice.tiles), choice


def open_tiles(source: DetectionSource) -> DetectorSource | None:
    """The detector's source in `source`, if tiles for it are still to be chosen."""
    inner = source.source if isinstance(source, MaskedSource) else source
    return inner if isinstance(inner, DetectorSource) and inner.tiles_open else None


def with_tiles(source: DetectionSource, tiles: Tiles) -> DetectionSource:
    """The same detections with these tiles; what is no detector's stays as it is."""
    if isinstance(source, MaskedSource):
        return MaskedSource(with_tiles(source.source, tiles), source.regions)
    return source.tiled(tiles) if isinstance(source, DetectorSource) else source
