"""The best pictures of a track, spread over its time, in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from tacan.video.video_records import Crop

__all__ = ["Candidate", "CropSelector"]


class Candidate(NamedTuple):
    """A picture that may be kept, and how good it is."""

    quality: float
    crop: Crop


class CropSelector:
    """Keeps at most `2 * count` candidates while a track runs, and chooses `count` of them.

    The time since the first picture is divided into equal bins, each with its best picture; when
    there are too many, neighbours are joined and bins become twice as wide. Of equally good
    pictures the earlier stays, so that the choice depends on nothing but the track.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._width = 1
        self._bins: dict[int, Candidate] = {}
        self._n_seen = 0

    def would_keep(self, quality: float) -> bool:
        """Whether the next picture, of this quality, would be kept: else it need not be made."""
        rival = self._bins.get(self._n_seen // self._width)
        return rival is None or quality > rival.quality

    def skip(self) -> None:
        """Counts a picture that was not kept."""
        self._n_seen += 1

    def keep(self, candidate: Candidate) -> None:
        """Takes the next picture in place of its bin's best so far."""
        self._bins[self._n_seen // self._width] = candidate
        self._n_seen += 1
        while len(self._bins) > 2 * self._count:
            self._widen()

    def _widen(self) -> None:
        self._width *= 2
        joined: dict[int, Candidate] = {}
        for number, candidate in sorted(self._bins.items()):
            rival = joined.get(number // 2)
            if rival is None or candidate.quality > rival.quality:
                joined[number // 2] = candidate
        self._bins = joined

    def chosen(self) -> tuple[Candidate, ...]:
        """At most `count` candidates in the order of time: the best of each of `count` parts."""
        ordered = [self._bins[number] for number in sorted(self._bins)]
        n = len(ordered)
        if n <= self._count:
            return tuple(ordered)
        edges = [round(part * n / self._count) for part in range(self._count + 1)]
        return tuple(_best(ordered[start:end]) for start, end in pairwise(edges))


def _best(candidates: Sequence[Candidate]) -> Candidate:
    return max(candidates, key=lambda candidate: candidate.quality)
