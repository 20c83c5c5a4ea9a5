"""The stage that says who is in each frame: a detector, its journal, or a file of ready boxes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacan.indexing.journal import Block, Journal, pack_block
from tacan.indexing.sources import READY, VideoSource
from tacan.indexing.timing import StageTimes
from tacan.video.detect import open_detector
from tacan.video.mot import ReadyTracks, open_ready_tracks
from tacan.video.records import Detections, Detector, VideoFrame

__all__ = ["Choice", "Detecting", "Finder", "Found", "choose_finder"]

FRAMES_AT_ONCE = 4
"""Frames that the detector sees at once, so that its threads have something to share."""

BLOCK_FRAMES = 64
BLOCK_SECONDS = 5.0
"""The journal gets a block when either is reached: what a kill costs at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A frame and who is in it. `tracks` [n] where somebody has followed them already."""

    frame: VideoFrame
    detections: Detections
    tracks: NDArray[np.int64] | None = None


class Finder(Protocol):
    """The stage that says who is in each frame."""

    def find(self, frames: Iterable[VideoFrame], times: StageTimes) -> Iterator[Found]: ...


class Detecting:
    """A `Finder` that asks a detector, unless the journal knows; what is new is handed to `save`.

    `save(first frame, bytes)` keeps a block of the journal.
    """

    def __init__(
        self, detector: Detector, *, journal: Journal, save: Callable[[int, bytes], None]
    ) -> None:
        self._detector = detector
        self._journal = journal
        self._save = save

    def find(self, frames: Iterable[VideoFrame], times: StageTimes) -> Iterator[Found]:
        unsaved: Block = []
        saved_at = time.monotonic()
        source = iter(frames)
        while lot := list(islice(source, FRAMES_AT_ONCE)):
            with times.measure("detection"):
                known = [self._journal.found(frame.index) for frame in lot]
                found = [each for each in known if each is not None]
                if len(found) < len(lot):
                    found = self._detector.detect([frame.image for frame in lot])
                    unsaved += [(f.index, each) for f, each in zip(lot, found, strict=True)]
            for frame, each in zip(lot, found, strict=True):
                yield Found(frame, each)
            if len(unsaved) >= BLOCK_FRAMES or time.monotonic() - saved_at > BLOCK_SECONDS:
                self._write(unsaved)
                unsaved, saved_at = [], time.monotonic()
        self._write(unsaved)

    def _write(self, block: Block) -> None:
        if block:
            self._save(block[0][0], pack_block(block))


Save = Callable[[int, bytes], None]


class Choice(Protocol):
    """What `choose_finder` has opened: good for several sources, one after another."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever what is found may change."""
        ...

    def finder(self, journal: Journal, save: Save) -> Finder:
        """Who looks for people in one source."""
        ...


class DetectorChoice:
    """A detector that looks at pictures."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.fingerprint = detector.fingerprint

    def finder(self, journal: Journal, save: Save) -> Finder:
        return Detecting(self._detector, journal=journal, save=save)


class ReadyChoice:
    """Boxes or tracks from a file. It is its own `Finder`: there is nothing to be kept."""

    def __init__(self, ready: ReadyTracks) -> None:
        self._ready = ready
        self.fingerprint = ready.fingerprint

    def finder(self, journal: Journal, save: Save) -> Finder:  # noqa: ARG002
        return self

    def find(self, frames: Iterable[VideoFrame], times: StageTimes) -> Iterator[Found]:
        for frame in frames:
            with times.measure("detection"):
                detections, tracks = self._ready.at(frame.index)
            yield Found(frame, detections, tracks if self._ready.has_tracks else None)


def choose_finder(source: VideoSource, *, threads: int, fetch: bool) -> Choice:
    """Opens the detector or the ready boxes of `source`. Raises `DetectorError` or `VideoError`."""
    settings = source.settings
    kind, _, name = settings.detector.partition(":")
    if kind == READY:
        ready = open_ready_tracks(Path(name), camera=source.camera, video=source.path.name)
        return ReadyChoice(ready)
    return DetectorChoice(
        open_detector(
            settings.detector,
            tiles=settings.tiles,
            threshold=settings.threshold,
            fetch=fetch,
            threads=threads,
        )
    )
