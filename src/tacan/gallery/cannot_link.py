"""Pairs of tracklets that certainly show different people, and how far apart they are.

One camera saw both at the same time, at different places of its picture: clearly apart once, or for
some frames. Two boxes that lie near each other for a moment may be of one person, where a tracker
went over from one to another, or where a split of a track is a few frames off.

Two whose boxes cover each other for a while have met, and a tracker may have taken one for the
other there. Where they are far apart for many frames all the same, they are two people as well; but
how far apart their vectors are tells nothing of strangers, since each may hold a part of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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

__all__ = [
    "SeenAtOnce",
    "calibrate",
    "cannot_link",
    "co_occurring_pairs",
    "have_met",
    "seen_at_once",
]

MAXIMUM_PAIRS = 50_000
CLOSEST, OTHERS = 1000, 500
MAXIMUM_COVERED = 0.25
"""Boxes of which one covers more than this part of the other may be of one person."""
CLEARLY_APART = 0.75
"""Heights of the taller box between the feet of two people who can't be one."""
SOME_FRAMES = 5
"""Frames in which both were seen from which on they need not be clearly apart."""

FAR_APART, MANY_FRAMES = 1.0, 10
"""Heights of the taller box between the feet of two who have met, and in how many frames."""

Pairs = NDArray[np.intp]

_NOWHERE = Trajectory(
    np.zeros(0, np.int64),
    np.zeros(0),
    np.zeros((0, 4), np.float32),
    np.zeros(0, np.float32),
    np.zeros((0, 2), np.int64),
)


@dataclass(frozen=True, slots=True, eq=False)
class SeenAtOnce:
    """Pairs of rows [n, 2] of tracklets that can't be one person, the earlier one first, in the
    order of ids: certain strangers by `cannot_link`, and others by `have_met`."""

    strangers: Pairs
    met: Pairs


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


def seen_at_once(
    columns: Columns, store: GalleryStore, *, progress: Progress = silent
) -> SeenAtOnce:
    """All pairs of rows of `columns` that can't be one person. Progress is in pairs that are
    asked."""
    pairs = np.sort(co_occurring_pairs(columns), axis=1)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    strangers, met = (np.zeros(len(pairs), np.bool_) for _ in range(2))
    for number, (one, other) in enumerate(_trajectories(columns.ids[pairs], store, progress)):
        strangers[number] = cannot_link(one, other)
        met[number] = not strangers[number] and have_met(one, other)
    return SeenAtOnce(pairs[strangers], pairs[met])


def _are_apart(
    pairs: NDArray[np.int64], store: GalleryStore, progress: Progress
) -> NDArray[np.bool_]:
    """Whether the tracklets of each pair of ids [n, 2] are certain strangers: [n]."""
    asked = [cannot_link(*both) for both in _trajectories(pairs, store, progress)]
    return np.array(asked, np.bool_)


def _trajectories(
    pairs: NDArray[np.int64], store: GalleryStore, progress: Progress
) -> Iterator[tuple[Boxes, Boxes]]:
    """Those of each pair of ids [n, 2], each read once; of one that is gone, without a box."""
    known: dict[int, Boxes] = {}
    for number, ids in enumerate(pairs.tolist()):
        for tracklet_id in ids:
            if tracklet_id not in known:
                known[tracklet_id] = store.trajectory(tracklet_id) or _NOWHERE
        yield known[ids[0]], known[ids[1]]
        progress(number + 1, len(pairs))


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
    a, b = _at_once(one, other)
    if len(a) == 0:
        return False
    smaller = np.minimum(areas(a), areas(b))
    if (intersections(a, b) > MAXIMUM_COVERED * smaller).any() or (smaller <= 0).any():
        return False
    return len(a) >= SOME_FRAMES or bool((_heights_apart(a, b) >= CLEARLY_APART).any())


def have_met(one: Boxes, other: Boxes) -> bool:
    """Whether both were seen far apart for so long that they are two, whatever they did else.

    In at least 10 frames their boxes don't touch, and their feet are at least a height apart.
    """
    a, b = _at_once(one, other)
    seen = (np.minimum(areas(a), areas(b)) > 0) & (intersections(a, b) <= 0)
    return int((_heights_apart(a[seen], b[seen]) >= FAR_APART).sum()) >= MANY_FRAMES


def _at_once(one: Boxes, other: Boxes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The boxes [n, 4] of both in those frames in which both were seen."""
    _, mine, theirs = np.intersect1d(
        one.frames, other.frames, assume_unique=True, return_indices=True
    )
    return one.boxes[mine].astype(np.float64), other.boxes[theirs].astype(np.float64)


def _heights_apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the feet of two boxes are from each other, in heights of the taller one: [n]."""
    heights = np.maximum(a[:, 3] - a[:, 1], b[:, 3] - b[:, 1])
    sideways = (a[:, 0] + a[:, 2] - b[:, 0] - b[:, 2]) / 2
    return np.hypot(sideways, a[:, 3] - b[:, 3]) / heights
