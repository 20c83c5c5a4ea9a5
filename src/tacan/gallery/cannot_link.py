"""Pairs of tracklets that certainly show different people, and how far apart they are.

One camera saw both at the same time, at different places of its picture: clearly apart once, or for
some frames. Two boxes that lie near each other for a moment may be of one person, where a tracker
went over from one to another, or where a split of a track is a few frames off.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacan.gallery.columns import Columns
from tacan.gallery.gallery_records import Trajectory
from tacan.gallery.search_index import SearchIndex
from tacan.gallery.store import GalleryStore
from tacan.progress import Progress, silent
from tacan.retrieval.calibration import Calibration
from tacan.retrieval.precision import paired_distances
from tacan.video.boxes import areas, intersections

__all__ = ["calibrate", "cannot_link", "certain_strangers", "co_occurring_pairs"]

MAXIMUM_PAIRS = 50_000
CLOSEST, OTHERS = 1000, 500
MAXIMUM_COVERED = 0.25
"""Boxes of which one covers more than this part of the other may be of one person."""
CLEARLY_APART = 0.75
"""Heights of the taller box between the feet of two people who can't be one."""
SOME_FRAMES = 5
"""Frames in which both were seen from which on they need not be clearly apart."""

Pairs = NDArray[np.intp]


def calibrate(
    index: SearchIndex,
    store: GalleryStore,
    *,
    metric: str,
    seed: int = 0,
    prior: Calibration | None = None,
    progress: Progress = silent,
) -> Calibration:
    """The calibration of a gallery, from at most 50,000 pairs; where there are more, they are
    drawn at random.

    Whether two can't be one is asked of the trajectories of the closest 1,000 pairs, which decide
    what is said of close matches, and of 500 others drawn at random: of all others the same share
    is kept. Progress is in pairs that are asked. Each trajectory is read once.
    """
    rng = np.random.default_rng(seed)
    pairs = co_occurring_pairs(index.columns, at_most=MAXIMUM_PAIRS, seed=seed)
    x, y = (index.vectors.rows(rows) for rows in pairs.T)
    distances = paired_distances(x, y, metric=metric)
    order = np.argsort(distances, kind="stable")
    closest, others = order[:CLOSEST], rng.permutation(order[CLOSEST:])
    asked = np.concatenate([closest, others[:OTHERS]])
    apart = _are_apart(index.columns.ids[pairs[asked]], store, progress)
    kept, left = [asked[apart]], others[OTHERS:]
    if len(left):
        kept.append(left[: round(len(left) * float(apart[CLOSEST:].mean()))])
    return Calibration(metric, np.sort(distances[np.concatenate(kept)]), prior)


def certain_strangers(
    columns: Columns, store: GalleryStore, *, progress: Progress = silent
) -> Pairs:
    """All pairs of rows [n, 2] of `columns` that certainly show different people, the earlier
    tracklet first, in the order of ids. Progress is in pairs that are asked."""
    pairs = np.sort(co_occurring_pairs(columns), axis=1)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return pairs[_are_apart(columns.ids[pairs], store, progress)]


def _are_apart(
    pairs: NDArray[np.int64], store: GalleryStore, progress: Progress
) -> NDArray[np.bool_]:
    """Whether the tracklets of each pair of ids [n, 2] can't be one person: [n]."""
    trajectories: dict[int, Trajectory | None] = {}
    apart = np.zeros(len(pairs), np.bool_)
    for number, ids in enumerate(pairs.tolist()):
        for tracklet_id in ids:
            if tracklet_id not in trajectories:
                trajectories[tracklet_id] = store.trajectory(tracklet_id)
        one, other = (trajectories[tracklet_id] for tracklet_id in ids)
        apart[number] = one is not None and other is not None and cannot_link(one, other)
        progress(number + 1, len(pairs))
    return apart


def co_occurring_pairs(columns: Columns, *, at_most: int | None = None, seed: int = 0) -> Pairs:
    """Pairs [n, 2] of rows of one source whose times overlap, each pair once; where there are
    more than `at_most`, some drawn at random."""
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
    if at_most is None or total <= at_most:
        numbers = np.arange(total)
    else:
        numbers = np.unique(np.random.default_rng(seed).integers(total, size=at_most))
    # Pair number k belongs to the first i whose running count exceeds k.
    bounds = np.cumsum(counts)
    earlier = np.searchsorted(bounds, numbers, side="right")
    later = earlier + 1 + numbers - (bounds - counts)[earlier]
    return np.column_stack([order[earlier], order[later]])


class Boxes(Protocol):
    """Where somebody was: frames int64 [n], rising, and boxes [n, 4]."""

    @property
    def frames(self) -> NDArray[np.int64]: ...

    @property
    def boxes(self) -> NDArray[np.float32]: ...


def cannot_link(one: Boxes, other: Boxes) -> bool:
    """Whether both were seen in one frame, and can't be one person whom the tracker follows twice.

    They never have boxes of which one covers more than a quarter of the other; and once their feet
    are at least 0.75 heights apart, or both are seen in at least 5 frames.
    """
    _, mine, theirs = np.intersect1d(
        one.frames, other.frames, assume_unique=True, return_indices=True
    )
    if len(mine) == 0:
        return False
    a, b = one.boxes[mine].astype(np.float64), other.boxes[theirs].astype(np.float64)
    smaller = np.minimum(areas(a), areas(b))
    if (intersections(a, b) > MAXIMUM_COVERED * smaller).any() or (smaller <= 0).any():
        return False
    if len(mine) >= SOME_FRAMES:
        return True
    heights = np.maximum(a[:, 3] - a[:, 1], b[:, 3] - b[:, 1])
    sideways = (a[:, 0] + a[:, 2] - b[:, 0] - b[:, 2]) / 2
    return bool((np.hypot(sideways, a[:, 3] - b[:, 3]) >= CLEARLY_APART * heights).any())
