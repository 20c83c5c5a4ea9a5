"""Connecting of fragments that are one walk before one camera, as they come, with a bounded delay.

A fragment A is followed by a fragment B if

- B begins within MAX_GAP seconds after A has ended, and both together last no longer than a
  tracklet may. Or it begins up to MAX_OVERLAP seconds before A ends, lasts longer, and they are no
  certain strangers: then A counts, in what follows, up to the frame in which B begins;
- B begins near where A ended: its feet are at most 0.5 + MAX_SPEED x the seconds between heights
  away, and its height is within a factor of MAX_GROWTH;
- it goes on from A, by looks, place and time together. Let u be the distance of their vectors in
  medians of those of certain strangers (its square, for Euclidean distances), and e how far from
  where A would be by then B begins, in heights: the middles of A's boxes in its last
  MOTION_SECONDS lie on a straight line, walked at a constant speed, and in one frame two boxes that
  overlap are at the same place. The cost is

      c = u + PLACE_WEIGHT log(e + LEAST_DEVIATION)

  and at most LARGEST_COST[mode]. Certain strangers are fragments of this video that overlap in time
  and not in place;
- and each is the other's cheapest choice.

With fewer than 50 certain strangers, as where one or two people walk, the prior of the model says
how far apart strangers are; without one, nothing is connected until then.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacan.embeddings.embedder import ClipEmbedder
from tacan.gallery.cannot_link import cannot_link
from tacan.indexing.fragments import Fragment, join, vector
from tacan.indexing.index_settings import Connect
from tacan.indexing.splitting import known_strangers
from tacan.retrieval.calibration import Calibration
from tacan.retrieval.precision import paired_distances
from tacan.video.boxes import ious
from tacan.video.video_records import VideoTracklet

__all__ = ["LARGEST_COST", "MAX_GAP", "Connector", "costs", "motion_at_the_end", "within_reach"]

LARGEST_COST: dict[Connect, float] = {"careful": 0.30, "bold": 0.39}
"""Chosen on generated crowds by IDF1, purity and mAP together, which differ little from .24 to .32.
At .29 a half of the pairs there are one walk, at .40 three in ten (`benchmarks/connecting.py`)."""
PLACE_WEIGHT = 0.174
"""By logistic regression on such pairs."""
LEAST_DEVIATION = 0.1
MOTION_SECONDS = 2.0
MAX_GAP = 5.0
MAX_OVERLAP = 0.5
"""Chosen on generated crowds, where .25 gives less and up to 2 as much."""
MAX_SPEED = 1.0
MAX_GROWTH = 2.0
LEAST_OVERLAP = 0.2
"""Least intersection over union of two boxes in one frame that are at the same place."""
MOST_WAITING = 500
"""Fragments that wait for one that goes on from them; the oldest goes out."""
MOST_STRANGERS = 20_000


class _Waiting:
    """A fragment that another one may go on from, and its vector float32 [D]."""

    def __init__(self, fragment: Fragment, embedder: ClipEmbedder) -> None:
        self.hold(fragment, embedder)

    def hold(self, fragment: Fragment, embedder: ClipEmbedder) -> None:
        self.fragment = fragment
        self.vector = vector(fragment, embedder)


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
        self._largest_cost = LARGEST_COST.get(mode)
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
            new = _Waiting(fragment, self._embedder)
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
            theirs = np.stack([other.vector for other in others])
            mine = np.broadcast_to(new.vector, theirs.shape)
            for distance in paired_distances(mine, theirs, metric=self._embedder.metric).tolist():
                insort(self._strangers, distance)

    def settle(self, *, running_since: float) -> list[Fragment]:
        """Connects every fragment that nothing unseen can go on from, or gives it out; `add` does,
        and time that passes."""
        done: list[Fragment] = []
        known = known_strangers(self.strangers, self._prior)
        median = float(np.median(known)) if len(known) else 0.0
        for tail in sorted(self._waiting, key=_ending):
            if tail.fragment.last_seconds + MAX_GAP >= running_since:
                continue
            successor = self._successor(tail, median) if median > 0 else None
            self._waiting.remove(tail)
            if successor is None:
                done.append(tail.fragment)
                continue
            joined = join([tail.fragment, successor.fragment], max_crops=self._max_crops)
            successor.hold(joined, self._embedder)
        return sorted(done, key=lambda fragment: (fragment.first_seconds, fragment.tracks))

    def _successor(self, tail: _Waiting, median: float) -> _Waiting | None:
        """The fragment that goes on from `tail`, if each is the other's cheapest; `median` is that
        of strangers' distances."""
        after = [(tail, w) for w in self._waiting if w is not tail and self._fits(tail, w)]
        best = self._cheapest(after, median)
        if best is None:
            return None
        nearest = best[1]
        before = [
            (w, nearest) for w in self._waiting if w is not nearest and self._fits(w, nearest)
        ]
        best = self._cheapest(before, median)
        return nearest if best is not None and best[0] is tail else None

    def _cheapest(
        self, pairs: Sequence[tuple[_Waiting, _Waiting]], median: float
    ) -> tuple[_Waiting, _Waiting] | None:
        """The pair of one that ends and one that begins of the least cost, if that is low."""
        if not pairs or self._largest_cost is None:
            return None
        before, after = (np.stack([pair[side].vector for pair in pairs]) for side in (0, 1))
        metric = self._embedder.metric
        looks = paired_distances(before, after, metric=metric) / median
        deviations = np.array(
            [_deviation(one.fragment.tracklet, other.fragment.tracklet) for one, other in pairs]
        )
        rated = costs(looks ** (2 if metric == "euclidean" else 1), deviations)
        best = int(rated.argmin())
        return pairs[best] if rated[best] <= self._largest_cost else None

    def _fits(self, before: _Waiting, after: _Waiting) -> bool:
        """Whether `after` may be where and when `before` goes on."""
        one, other = before.fragment.tracklet, after.fragment.tracklet
        gap = float(other.seconds[0] - one.seconds[-1])
        in_order = one.seconds[0] < other.seconds[0] and one.seconds[-1] < other.seconds[-1]
        if not in_order or not -MAX_OVERLAP <= gap <= MAX_GAP:
            return False
        if other.seconds[-1] - one.seconds[0] > self._max_seconds:
            return False
        if gap <= 0 and cannot_link(one, other):
            return False
        seconds, boxes = _until(one, other)
        return within_reach(boxes[-1], other.boxes[0], float(other.seconds[0] - seconds[-1]))


def costs(looks: NDArray[np.float64], deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    """c [n] of u [n] and e [n]; see the module."""
    return looks + PLACE_WEIGHT * np.log(deviations + LEAST_DEVIATION)


def within_reach(end: NDArray[np.float32], begin: NDArray[np.float32], gap: float) -> bool:
    """Whether somebody can get from the box `end` to the box `begin` in `gap` seconds."""
    tall = float(end[3] - end[1]), float(begin[3] - begin[1])
    moved = float(np.hypot((begin[0] + begin[2] - end[0] - end[2]) / 2, begin[3] - end[3]))
    reach = (0.5 + MAX_SPEED * gap) * max(tall)
    return moved <= reach and max(tall) <= MAX_GROWTH * min(tall)


def motion_at_the_end(
    seconds: NDArray[np.float64], boxes: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The place of the middle, [2] in pixels, and its speed, [2] in pixels a second, at the last of
    `seconds` [n], by least squares over the `boxes` [n, 4] of the last MOTION_SECONDS."""
    last = seconds >= seconds[-1] - MOTION_SECONDS
    times, middles = seconds[last] - seconds[-1], _middles(boxes[last])
    if len(times) == 1:
        return middles[0], np.zeros(2)
    centred = times - times.mean()
    speed = centred @ middles / (centred @ centred)
    return middles.mean(axis=0) - times.mean() * speed, speed


def _deviation(before: VideoTracklet, after: VideoTracklet) -> float:
    """How far `after` begins from where `before` would be by then, in heights of the taller box."""
    seconds, boxes = _until(before, after)
    gap = float(after.seconds[0] - seconds[-1])
    ends = np.stack([boxes[-1], after.boxes[0]])
    if gap == 0 and float(ious(ends[:1], ends[1:])[0]) >= LEAST_OVERLAP:
        return 0.0
    place, speed = motion_at_the_end(seconds, boxes)
    heights = ends[:, 3] - ends[:, 1]
    return float(np.hypot(*(_middles(ends)[1] - place - gap * speed)) / heights.max())


def _until(
    before: VideoTracklet, after: VideoTracklet
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """The seconds [n] and boxes [n, 4] of `before` up to the frame in which `after` begins."""
    n = int(np.searchsorted(before.seconds, after.seconds[0], side="right"))
    return before.seconds[:n], before.boxes[:n]


def _middles(boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    """[n, 4] -> [n, 2]."""
    return (boxes[:, :2].astype(np.float64) + boxes[:, 2:]) / 2


def _ending(waiting: _Waiting) -> tuple[float, tuple[int, ...]]:
    return waiting.fragment.last_seconds, waiting.fragment.tracks
