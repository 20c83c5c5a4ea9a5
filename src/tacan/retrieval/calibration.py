"""How sure an answer is, judged by pairs that are certainly different people.

Two tracklets that one camera saw at the same time, at different places of its picture, are two
people. How near such pairs come tells what a small distance is worth in this very gallery, with
this model, without anybody having named a face.

With n such pairs, k of them at most as far apart as a match:

- share = (k + 1) / (n + 1), an estimate (from above, if anything) of how often two different
  people are that near: it is never 0, since n pairs can't show that;
- strangers = share x the number of tracklets searched: how many other people are to be expected
  as near as this match or nearer.

The word for it: `sure` where strangers <= 0.05, `likely` where strangers <= 0.5, else `unsure`;
`unknown` with fewer than 100 pairs. Pairs of one camera share its light and its background,
and so lie nearer than strangers in two cameras do: the judgement errs on the careful side. It
knows nothing of people who dress alike on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tacan.gallery.gallery import Gallery
from tacan.gallery.records import Trajectory
from tacan.gallery.store import Columns
from tacan.progress import Progress, silent
from tacan.retrieval.distances import METRICS

__all__ = ["Assurance", "Calibration", "calibrate", "certainly_apart", "simultaneous_pairs"]

MINIMUM_PAIRS = 100
MAXIMUM_PAIRS = 5000
SURE = 0.05
LIKELY = 0.5
APART = 0.25

Word = Literal["sure", "likely", "unsure", "unknown"]


@dataclass(frozen=True, slots=True)
class Assurance:
    """How sure a match is; share and strangers are None where the word is `unknown`."""

    word: Word
    n_pairs: int
    share: float | None = None
    strangers: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The distances float64 [n], ascending, of pairs that are certainly different people."""

    metric: str
    distances: NDArray[np.float64]

    def judge(self, distance: float, *, n_searched: int) -> Assurance:
        """How sure a match at this distance among `n_searched` tracklets is.

        >>> hundred = Calibration("euclidean", np.linspace(0.5, 1.5, 100))
        >>> hundred.judge(0.1, n_searched=5).word, hundred.judge(1.0, n_searched=5).word
        ('sure', 'unsure')
        """
        n = len(self.distances)
        if n < MINIMUM_PAIRS:
            return Assurance("unknown", n)
        nearer = int(np.searchsorted(self.distances, distance, side="right"))
        share = (nearer + 1) / (n + 1)
        strangers = share * n_searched
        word: Word = "sure" if strangers <= SURE else "likely" if strangers <= LIKELY else "unsure"
        return Assurance(word, n, share, strangers)


def calibrate(
    gallery: Gallery, *, metric: str | None = None, seed: int = 0, progress: Progress = silent
) -> Calibration:
    """The calibration of a gallery, from at most 5,000 pairs; where there are more, they are
    drawn at random. Progress is in pairs. `metric` is that of the gallery's model by default."""
    metric = metric or gallery.model.metric
    index = gallery.index()
    pairs = simultaneous_pairs(index.columns, at_most=MAXIMUM_PAIRS, seed=seed)
    trajectories: dict[int, Trajectory | None] = {}
    distances = []
    for done, places in enumerate(pairs, start=1):
        ids = index.columns.ids[places].tolist()
        for number in ids:
            if number not in trajectories:
                trajectories[number] = gallery.store.trajectory(number)
        one, other = (trajectories[number] for number in ids)
        if one is not None and other is not None and certainly_apart(one, other):
            x, y = index.vectors.rows(places).astype(np.float64)
            distances.append(float(METRICS[metric](x[None], y[None])[0, 0]))
        progress(done, len(pairs))
    return Calibration(metric, np.sort(np.array(distances, np.float64)))


def simultaneous_pairs(columns: Columns, *, at_most: int, seed: int) -> NDArray[np.intp]:
    """Pairs [n, 2] of rows of one source whose times overlap, each pair once."""
    order = np.lexsort((columns.first_seconds, columns.source_ids))
    sources = columns.source_ids[order]
    firsts, lasts = columns.first_seconds[order], columns.last_seconds[order]
    # Within a source, those after i that begin before i ends are the next so many.
    ends = np.empty(len(order), np.intp)
    for source in np.unique(sources):
        begin, end = np.searchsorted(sources, [source, source + 1])
        ends[begin:end] = begin + np.searchsorted(firsts[begin:end], lasts[begin:end], "right")
    counts = ends - np.arange(len(order)) - 1
    total = int(counts.sum())
    if total <= at_most:
        numbers = np.arange(total)
    else:
        numbers = np.unique(np.random.default_rng(seed).integers(total, size=at_most))
    bounds = np.cumsum(counts)
    earlier = np.searchsorted(bounds, numbers, side="right")
    later = earlier + 1 + numbers - (bounds - counts)[earlier]
    return np.column_stack([order[earlier], order[later]])


def certainly_apart(one: Trajectory, other: Trajectory) -> bool:
    """Whether both were seen in one frame, and never with boxes of which one covers more than a
    quarter of the other: that could be one person whom the tracker follows twice."""
    _, mine, theirs = np.intersect1d(
        one.frames, other.frames, assume_unique=True, return_indices=True
    )
    if len(mine) == 0:
        return False
    a, b = one.boxes[mine].astype(np.float64), other.boxes[theirs].astype(np.float64)
    sides = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    smaller = np.minimum(np.prod(a[:, 2:] - a[:, :2], axis=1), np.prod(b[:, 2:] - b[:, :2], axis=1))
    return bool((shared <= APART * smaller).all() and (smaller > 0).all())
