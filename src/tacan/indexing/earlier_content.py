"""Walks that a gallery would hold twice because a file was indexed before it grew or changed.

A file that is still being written, or was written anew, is another source than it was. The walks
that are in both are kept once, as the file has them now.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tacan.gallery.delete import delete_tracklets
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import Source, StoredTracklet, TrackletFilter, Trajectory
from tacan.text import counted
from tacan.video.boxes import ious

__all__ = ["drop_doubles", "is_same_walk"]

_SHARED = 0.9
"""Least share of the shorter walk's frames that the longer one has to have, at the same time."""
_OVERLAP = 0.95
"""Least intersection over union, as the median over those frames."""


def drop_doubles(gallery: Gallery, known: Source) -> str | None:
    """Deletes walks that `known` and an earlier content of its file both have, once of the two.

    The longer one stays, and of two alike the one of `known`. An earlier source that nothing is
    left of goes with them. Returns what was done as a sentence; None where the file was no other
    before. Called again it finds nothing more to do.
    """
    earlier = [
        other
        for other in gallery.sources()
        if (other.path, other.camera) == (known.path, known.camera) and other.id != known.id
    ]
    if not earlier:
        return None
    chosen = TrackletFilter(cameras=(known.camera,))
    mine: list[StoredTracklet] = []
    others: dict[int, list[StoredTracklet]] = {other.id: [] for other in earlier}
    for tracklet in gallery.tracklets(chosen):
        if tracklet.source_id == known.id:
            mine.append(tracklet)
        elif tracklet.source_id in others:
            others[tracklet.source_id].append(tracklet)
    n_same = 0
    n_left = 0
    for other in earlier:
        doubles = _doubles(gallery, mine, others[other.id], shift=_shift(known, other))
        gone = {one.id for one in doubles}
        left = [one for one in others[other.id] if one.id not in gone]
        if doubles:
            delete_tracklets(gallery, names=[one.name for one in doubles])
            mine = [one for one in mine if one.id not in gone]
        if not left:
            gallery.store.maintenance().remove((), sources=(other.id,))
            gallery.complete_deletion()
        n_same += len(doubles)
        n_left += len(left)
    return _told(known, n_same=n_same, n_left=n_left)


def _told(known: Source, *, n_same: int, n_left: int) -> str | None:
    told = []
    if n_same:
        told.append(
            f"the gallery knew this file as it was before: {counted(n_same, 'tracklet')} that are "
            "in both are kept once"
        )
    if n_left:
        told.append(
            f"{counted(n_left, 'tracklet')} of what {known.name} was before it was changed stay in "
            f"the gallery; `tacan gallery delete --source` removes all of a file, to index it anew"
        )
    return "; ".join(told) or None


def _shift(known: Source, other: Source) -> float:
    """Seconds by which a time of `other` is later in `known`."""
    if known.start is None or other.start is None:
        return 0.0
    return (other.start - known.start).total_seconds()


def _doubles(
    gallery: Gallery,
    mine: Sequence[StoredTracklet],
    theirs: Sequence[StoredTracklet],
    *,
    shift: float,
) -> list[StoredTracklet]:
    """Of each pair that is the same walk, the one that goes."""
    paths = {one.id: gallery.trajectory(one.id) for one in mine if theirs}
    doubles: dict[int, StoredTracklet] = {}
    for other in theirs:
        before = gallery.trajectory(other.id)
        for one in mine:
            apart = (
                one.first_seconds > other.last_seconds + shift
                or one.last_seconds < other.first_seconds + shift
            )
            if apart or one.id in doubles or not is_same_walk(paths[one.id], before, shift=shift):
                continue
            gone = one if one.n_frames < other.n_frames else other
            doubles[gone.id] = gone
            break
    return list(doubles.values())


def is_same_walk(one: Trajectory, other: Trajectory, *, shift: float = 0.0) -> bool:
    """Whether two paths are of one walk: at the same places at the same times.

    `shift` is added to the times of `other`.
    """
    times = np.round(one.seconds * 1000).astype(np.int64)
    others = np.round((other.seconds + shift) * 1000).astype(np.int64)
    _, mine, theirs = np.intersect1d(times, others, return_indices=True)
    if len(mine) == 0 or len(mine) < _SHARED * min(len(times), len(others)):
        return False
    return float(np.median(ious(one.boxes[mine], other.boxes[theirs]))) >= _OVERLAP
