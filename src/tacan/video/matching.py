"""Matching of labelled and produced tracklets of one video by their boxes.

Legend: L labelled and P produced tracklets, n frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.video.boxes import interpolate_boxes, ious

__all__ = ["Matching", "Track", "match_tracks"]

MAX_GAP = 30
"""Frames: between two boxes that are further apart nothing is filled in."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Boxes of one person: frame numbers int64 [n], rising, and boxes float32 [n, 4]."""

    frames: NDArray[np.int64]
    boxes: NDArray[np.float32]

    def boxes_at(self, frames: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Where the track is known at `frames`, bool [k], and its boxes there, float32 [k, 4].

        Boxes between two frames are interpolated: see `boxes.interpolate_boxes`.
        """
        return interpolate_boxes(self.frames, self.boxes, frames, max_gap=MAX_GAP)


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """Overlap of each labelled with each produced tracklet, counted in frames.

    `hits` int64 [L, P] counts the labelled frames at which both have a box and their intersection
    over union is enough. `n_labelled` int64 [L] and `n_produced` int64 [P] are the lengths of the
    tracklets, in frames.
    """

    hits: NDArray[np.int64]
    n_labelled: NDArray[np.int64]
    n_produced: NDArray[np.int64]
    share: float

    @property
    def found(self) -> NDArray[np.bool_]:
        """Whether one single produced tracklet covers enough of each labelled one: [L]."""
        best = self.hits.max(axis=1, initial=0)
        return best >= np.maximum(self.share * self.n_labelled, 1)

    @property
    def coverage(self) -> float:
        """The share of the labelled tracklets that were found; 1 where there is none."""
        return float(self.found.mean()) if len(self.n_labelled) else 1.0

    def owners(self) -> NDArray[np.int64]:
        """The labelled tracklet whose identity each produced one has, -1 for none: [P].

        It is the one with most hits, if these are at least `share` of the shorter of the two:
        two people who pass each other share a few frames as well.
        """
        if not self.hits.size:
            return np.full(len(self.n_produced), -1, np.int64)
        best = self.hits.argmax(axis=0)
        hits = self.hits.max(axis=0)
        shorter = np.minimum(self.n_labelled[best], self.n_produced)
        return np.where(hits >= np.maximum(self.share * shorter, 1), best, -1)


def match_tracks(
    labelled: Sequence[Track], produced: Sequence[Track], *, iou: float = 0.5, share: float = 0.5
) -> Matching:
    """The matching of two sets of tracklets of one video.

    A labelled tracklet is found when one produced tracklet has an intersection over union of at
    least `iou` with it in at least `share` of its labelled frames. Where the video was read with a
    stride, the produced boxes between two frames are those on the straight line.
    """
    hits = np.zeros((len(labelled), len(produced)), np.int64)
    for row, label in enumerate(labelled):
        for column, track in enumerate(produced):
            if track.frames[-1] < label.frames[0] or track.frames[0] > label.frames[-1]:
                continue
            there, boxes = track.boxes_at(label.frames)
            hits[row, column] = (ious(label.boxes[there], boxes[there]) >= iou).sum()
    n_labelled = np.array([len(track.frames) for track in labelled], np.int64)
    n_produced = np.array([len(track.frames) for track in produced], np.int64)
    return Matching(hits=hits, n_labelled=n_labelled, n_produced=n_produced, share=share)
