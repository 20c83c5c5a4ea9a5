"""Connecting of fragments that are one walk before one camera, as they come, with a bounded delay.

A fragment A is followed by a fragment B if

- B begins after A has ended, within MAX_GAP seconds, and both together last no longer than a
  tracklet may;
- B begins near where A ended: its feet are at most 0.5 + MAX_SPEED x the seconds between heights
  away, and its height is within a factor of MAX_GROWTH;
- they look alike: at most a share `LARGEST_SHARE[mode]` of people who are certainly different comes
  as near (`retrieval.calibration`, p_value). Certainly different are fragments of this video that
  overlap in time and not in place. Where B begins at once and in the box in which A ended, place
  and time say most, and the share is that of `bold`, of the model's prior at first;
- and each is the other's best choice.

With fewer than 8 certain strangers, as where one or two people walk, the prior of the model says
what near means; without one, nothing else is connected until then.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.embeddings.embedder import ClipEmbedder
from tacan.gallery.cannot_link import cannot_link
from tacan.indexing.fragments import Fragment, join, vector
from tacan.indexing.index_settings import Connect
from tacan.indexing.splitting import known_strangers
from tacan.retrieval.calibration import MINIMUM_WITH_PRIOR, Calibration
from tacan.retrieval.precision import paired_distances
from tacan.video.boxes import ious

__all__ = ["LARGEST_SHARE", "Connector"]

LARGEST_SHARE: dict[Connect, float] = {"careful": 0.01, "bold": 0.05}
MAX_GAP = 5.0
MAX_SPEED = 1.0
MAX_GROWTH = 2.0
AT_ONCE = 0.25
"""Seconds within which a fragment goes on at once."""
LEAST_OVERLAP = 0.2
"""Least intersection over union of the boxes in which one ends and the other begins at once."""
MOST_WAITING = 500
"""Fragments that wait for one that goes on from them; the oldest goes out."""
MOST_STRANGERS = 20_000


@dataclass(eq=False)
class _Waiting:
    """A fragment that another one may go on from, and its vector [D]."""

    fragment: Fragment
    vector: NDArray[np.float32]


class Connector:
    """Connects the fragments of one video.

    The same fragments in the same order always give the same tracklets.

    Parameters
    ----------
    embedder
        The model that made the vectors.
    mode
        How alike two fragments must be.
    max_seconds, max_crops
        Longest tracklet, and most crops of one.
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
        prior: Calibration | None,
    ) -> None:
        self._embedder = embedder
        self._largest_share = LARGEST_SHARE.get(mode, -1.0)
        self._largest_at_once = LARGEST_SHARE["bold"] if mode in LARGEST_SHARE else -1.0
        self._max_seconds = max_seconds
        self._max_crops = max_crops
        self._prior = prior
        self._waiting: list[_Waiting] = []
        self._strangers: list[float] = []

    def add(self, fragments: Sequence[Fragment], *, running_since: float) -> list[Fragment]:
        """Takes the next fragments, of which one may go on from another; returns what is complete
        now.

        `running_since` is when the oldest track began that still runs: what is to come begins no
        earlier.
        """
        for fragment in fragments:
            new = _Waiting(fragment, vector(fragment, self._embedder))
            self._note_strangers(new)
            self._waiting.append(new)
        done = self.settle(running_since=running_since)
        while len(self._waiting) > MOST_WAITING:
            done.append(self._waiting.pop(0).fragment)
        return done

    @property
    def strangers(self) -> NDArray[np.float64]:
        """The distances of certain strangers so far, ascending."""
        return np.array(self._strangers, np.float64)

    def flush(self) -> list[Fragment]:
        """What is left when the video has ended."""
        return self.settle(running_since=float("inf"))

    def _note_strangers(self, new: _Waiting) -> None:
        others = [
            waiting
            for waiting in self._waiting
            if cannot_link(waiting.fragment.tracklet, new.fragment.tracklet)
        ]
        if others and len(self._strangers) < MOST_STRANGERS:
            for distance in self._distances(new, others).tolist():
                insort(self._strangers, distance)

    def settle(self, *, running_since: float) -> list[Fragment]:
        """Connects every fragment that nothing unseen can go on from, or gives it out; `add` does,
        and time that passes."""
        done: list[Fragment] = []
        judge = Calibration(self._embedder.metric, self.strangers, self._prior)
        if len(self._strangers) < MINIMUM_WITH_PRIOR and self._prior is not None:
            judge = self._prior
        for tail in sorted(self._waiting, key=_ending):
            if tail.fragment.last_seconds + MAX_GAP >= running_since:
                continue
            successor = self._successor(tail, judge)
            self._waiting.remove(tail)
            if successor is None:
                done.append(tail.fragment)
                continue
            joined = join([tail.fragment, successor.fragment], max_crops=self._max_crops)
            successor.fragment = joined
            successor.vector = vector(joined, self._embedder)
        return sorted(done, key=lambda fragment: (fragment.first_seconds, fragment.tracks))

    def _successor(self, tail: _Waiting, judge: Calibration) -> _Waiting | None:
        """The fragment that goes on from `tail`, if each is the other's best."""
        after = [w for w in self._waiting if w is not tail and self._fits(tail, w)]
        best = self._nearest(tail, after)
        if best is None:
            return None
        nearest, distance = best
        before = [w for w in self._waiting if w is not nearest and self._fits(w, nearest)]
        rival = self._nearest(nearest, before)
        if rival is None or rival[0] is not tail:
            return None
        if _goes_on_at_once(tail.fragment, nearest.fragment):
            return nearest if self._is_likely_at_once(distance) else None
        share = judge.certainty(distance, n_searched=1).p_value
        return nearest if share is not None and share <= self._largest_share else None

    def _is_likely_at_once(self, distance: float) -> bool:
        """Whether looks don't contradict place and time; by the prior where there are too few
        strangers."""
        known = known_strangers(self.strangers, self._prior)
        return len(known) > 0 and bool(
            np.searchsorted(known, distance) <= self._largest_at_once * len(known)
        )

    def _fits(self, before: _Waiting, after: _Waiting) -> bool:
        """Whether `after` may be where and when `before` goes on."""
        one, other = before.fragment.tracklet, after.fragment.tracklet
        gap = float(other.seconds[0] - one.seconds[-1])
        # Both may have the frame of the border, where two boxes were found on one person.
        after_it = gap > 0 or _goes_on_at_once(before.fragment, after.fragment)
        if not (after_it and gap <= MAX_GAP and other.seconds[-1] > one.seconds[-1]):
            return False
        if other.seconds[-1] - one.seconds[0] > self._max_seconds:
            return False
        end, begin = one.boxes[-1], other.boxes[0]
        tall = float(end[3] - end[1]), float(begin[3] - begin[1])
        moved = float(np.hypot((begin[0] + begin[2] - end[0] - end[2]) / 2, begin[3] - end[3]))
        reach = (0.5 + MAX_SPEED * gap) * max(tall)
        return moved <= reach and max(tall) <= MAX_GROWTH * min(tall)

    def _nearest(self, one: _Waiting, others: Sequence[_Waiting]) -> tuple[_Waiting, float] | None:
        if not others:
            return None
        distances = self._distances(one, others)
        index = int(distances.argmin())
        return others[index], float(distances[index])

    def _distances(self, one: _Waiting, others: Sequence[_Waiting]) -> NDArray[np.float64]:
        theirs = np.stack([other.vector for other in others])
        mine = np.broadcast_to(one.vector, theirs.shape)
        return paired_distances(mine, theirs, metric=self._embedder.metric)


def _goes_on_at_once(before: Fragment, after: Fragment) -> bool:
    """Whether `after` begins when `before` ends, to a blink, and in its box."""
    one, other = before.tracklet, after.tracklet
    gap = float(other.seconds[0] - one.seconds[-1])
    if not 0 <= gap <= AT_ONCE:
        return False
    return float(ious(one.boxes[-1:], other.boxes[:1])[0]) >= LEAST_OVERLAP


def _ending(waiting: _Waiting) -> tuple[float, tuple[int, ...]]:
    return waiting.fragment.last_seconds, waiting.fragment.tracks
