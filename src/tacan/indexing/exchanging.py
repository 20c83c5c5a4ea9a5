"""Exchange of what two tracks swapped where they met.

Where two people pass each other, a tracker may go on with each of them in the other's track. A
meeting is a time in which the boxes of two fragments cover each other, and its place the frame in
which they do most. With the parts A1, A2 and B1, B2 of both before and from that frame on, and d
the distances of their vectors, the two are exchanged where

    d(A1, A2) + d(B1, B2) - d(A1, B2) - d(B1, A2) > LEAST_GAIN x the median distance of strangers.

This says more than the distance of two sides of one track, by which `splitting` goes: light and
pose change for both people, and who isn't the one is the other. A1 goes on as B2, and B1 as A2, if
they are as alike as pieces of one walk have to be (see `connecting`). Where one of the two isn't,
its parts stay apart; where neither is, nothing is exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.embeddings.embedder import ClipEmbedder
from tacan.indexing.fragments import Fragment, cut_at, join, vector
from tacan.indexing.index_settings import Connect
from tacan.indexing.splitting import known_strangers
from tacan.retrieval.calibration import Calibration
from tacan.retrieval.precision import paired_distances
from tacan.video.boxes import covered_shares

__all__ = ["Exchanger"]

LEAST_GAIN = 0.45
"""Chosen on generated crowds by IDF1, purity and mAP together."""
LARGEST_SHARE: dict[Connect, float] = {"careful": 0.01, "bold": 0.05}
"""Of strangers who are as alike as two parts that become one."""
LEAST_COVERED = 0.25
"""Two boxes meet where they share more than this part of the smaller one."""
APART = 10
"""After so many frames with both that don't meet, it is another meeting."""
MOST_EXCHANGES = 50
"""With one fragment that is new: no two tracks are exchanged for ever."""
MOST_WAITING = 500
"""Fragments that wait for others whom they met; the oldest goes out."""


@dataclass(frozen=True, eq=False)
class _Exchange:
    """Two fragments, and what they become."""

    gain: float
    old: tuple[Fragment, Fragment]
    new: Sequence[Fragment]


class Exchanger:
    """Holds the fragments of one video until all whom they met are known, and exchanges parts.

    The same fragments in the same order always give the same ones.

    Parameters
    ----------
    embedder
        The model that made the vectors.
    mode
        How alike two parts must be to go on as one.
    max_seconds, max_crops
        Longest tracklet, and most crops of one.
    min_frames, min_seconds
        Nothing shorter comes of an exchange.
    prior
        How near different people come to each other, from generated scenes, if known.
    """

    def __init__(
        self,
        embedder: ClipEmbedder,
        *,
        mode: Connect,
        max_seconds: float,
        max_crops: int,
        min_frames: int = 1,
        min_seconds: float = 0.0,
        prior: Calibration | None = None,
    ) -> None:
        self._embedder = embedder
        self._largest_share = LARGEST_SHARE.get(mode)
        self._max_seconds = max_seconds
        self._max_crops = max_crops
        self._min_frames = min_frames
        self._min_seconds = min_seconds
        self._prior = prior
        self._waiting: list[Fragment] = []

    def add(self, fragment: Fragment, *, strangers: NDArray[np.float64]) -> None:
        """Takes the next fragment, in the order of ending; `strangers` as for `split`."""
        self._waiting.append(fragment)
        known = known_strangers(strangers, self._prior)
        if self._largest_share is None or len(known) == 0:
            return
        changed = [fragment]
        for _ in range(MOST_EXCHANGES):
            exchanges = [
                exchange
                for one in changed
                for other in self._waiting
                if other is not one
                for exchange in self._exchanges(one, other, known, self._largest_share)
            ]
            if not exchanges:
                return
            best = max(exchanges, key=lambda exchange: exchange.gain)
            self._waiting = [each for each in self._waiting if each not in best.old]
            self._waiting += best.new
            changed = [each for each in changed if each not in best.old] + [*best.new]

    def next(self, *, running_since: float) -> Fragment | None:
        """The next fragment that nobody who is still unseen can have met; None if there is none.

        `running_since` is when the oldest track began that still runs.
        """
        first = min(self._waiting, key=_ending, default=None)
        if first is None:
            return None
        if first.last_seconds >= running_since and len(self._waiting) <= MOST_WAITING:
            return None
        self._waiting.remove(first)
        return first

    def running_since(self, running_since: float) -> float:
        """When the oldest began of the tracks that still run and the fragments that wait here."""
        return min([running_since, *(each.first_seconds for each in self._waiting)])

    def _exchanges(
        self, one: Fragment, other: Fragment, known: NDArray[np.float64], share: float
    ) -> Iterator[_Exchange]:
        """The exchanges of two fragments that are worth it, of any of their meetings."""
        for frame in _meetings(one, other):
            mine, theirs = cut_at(one, frame), cut_at(other, frame)
            if mine is None or theirs is None:
                continue
            (a1, a2), (b1, b2) = mine, theirs
            as_it_is, exchanged = ((a1, a2), (b1, b2)), ((a1, b2), (b1, a2))
            crossed = self._distances(exchanged)
            gain = float(self._distances(as_it_is).sum() - crossed.sum())
            alike = np.searchsorted(known, crossed) <= share * len(known)
            if gain <= LEAST_GAIN * float(np.median(known)) or not alike.any():
                continue
            new: list[Fragment] = []
            for (before, after), are_alike in zip(exchanged, alike.tolist(), strict=True):
                fits = after.last_seconds - before.first_seconds <= self._max_seconds
                whole = are_alike and fits
                new += (
                    [join([before, after], max_crops=self._max_crops)] if whole else [before, after]
                )
            if all(map(self._is_long_enough, new)):
                yield _Exchange(gain, (one, other), new)

    def _distances(self, pairs: Sequence[tuple[Fragment, Fragment]]) -> NDArray[np.float64]:
        before, after = (
            np.stack([vector(pair[side], self._embedder) for pair in pairs]) for side in (0, 1)
        )
        return paired_distances(before, after, metric=self._embedder.metric)

    def _is_long_enough(self, fragment: Fragment) -> bool:
        return (
            len(fragment.tracklet.crops) > 0
            and len(fragment.tracklet) >= self._min_frames
            and fragment.last_seconds - fragment.first_seconds >= self._min_seconds
        )


def _meetings(one: Fragment, other: Fragment) -> Iterator[int]:
    """The frame of each meeting of two fragments in which their boxes cover each other most."""
    if one.first_seconds > other.last_seconds or other.first_seconds > one.last_seconds:
        return
    frames, mine, theirs = np.intersect1d(
        one.tracklet.frames, other.tracklet.frames, assume_unique=True, return_indices=True
    )
    covered = covered_shares(one.tracklet.boxes[mine], other.tracklet.boxes[theirs])
    meeting = np.flatnonzero(covered > LEAST_COVERED)
    if len(meeting) == 0:
        return
    for run in np.split(meeting, np.flatnonzero(np.diff(meeting) > APART) + 1):
        yield int(frames[run[covered[run].argmax()]])


def _ending(fragment: Fragment) -> tuple[float, float, tuple[int, ...]]:
    return fragment.last_seconds, fragment.first_seconds, fragment.tracks
