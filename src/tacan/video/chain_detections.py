"""Caches of the detections in files that follow each other, as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tacan.video.detection_cache import Block, KnownDetections
from tacan.video.video_chain import VideoChain
from tacan.video.video_records import Detections

__all__ = ["ChainDetections"]


class ChainDetections:
    """`KnownDetections` of a chain, kept with each file and counted from its own first frame.

    So they hold wherever the file stands in another chain, or alone.
    """

    def __init__(self, chain: VideoChain, caches: Sequence[KnownDetections]) -> None:
        """`caches` are those of the chain's files, in their order."""
        self._chain = chain
        self._caches = caches

    def get(self, frame: int) -> Detections | None:
        place = self._chain.place_of(frame)
        return self._caches[place].get(frame - self._chain.first_of(place)[0])

    def add(self, frames: Block) -> None:
        for place, some in groupby(frames, key=lambda pair: self._chain.place_of(pair[0])):
            for before in self._caches[:place]:
                before.flush()
            first = self._chain.first_of(place)[0]
            self._caches[place].add([(frame - first, found) for frame, found in some])

    def flush(self) -> None:
        for cache in self._caches:
            cache.flush()
