"""Detections within the regions of a picture that count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tacan.text import counted
from tacan.video.detection_cache import KnownDetections
from tacan.video.regions import Regions
from tacan.video.video_records import FrameDetections, VideoFrame

if TYPE_CHECKING:
    from tacan.video.detection_source import DetectionSource

__all__ = ["MaskedSource"]


class MaskedSource:
    """A `DetectionSource` that leaves out those of another one who don't count.

    They are left out behind the cache, so that what is cached is what the detector saw.
    """

    def __init__(self, source: DetectionSource, regions: Regions) -> None:
        self.source = source
        self.regions = regions
        self._n_met = self._n_left_out = 0

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def fingerprint(self) -> str:
        return f"{self.source.fingerprint}:mask={self.regions.digest}"

    @property
    def has_tracks(self) -> bool:
        return self.source.has_tracks

    def detect(
        self, frames: Iterable[VideoFrame], *, cache: KnownDetections | None = None
    ) -> Iterator[FrameDetections]:
        """The detections of each frame that count."""
        self._n_met = self._n_left_out = 0
        for found in self.source.detect(frames, cache=cache):
            height, width = found.frame.image.shape[:2]
            kept = self.regions.counts(found.detections.boxes, width=width, height=height)
            self._n_met += len(kept)
            self._n_left_out += int((~kept).sum())
            tracks = None if found.tracks is None else found.tracks[kept]
            yield FrameDetections(found.frame, found.detections.chosen(kept), tracks)

    def notes(self) -> tuple[str, ...]:
        told = self.source.notes()
        if not self._n_left_out:
            return told
        return (
            *told,
            f"{self._n_left_out:,} of {counted(self._n_met, 'detection')} are in regions that "
            "don't count (--mask)",
        )
