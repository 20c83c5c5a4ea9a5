"""Tracklets that Figures 4 and 6 show: with the weights of their clips, chosen from features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tacan.clips.split import consecutive_clips
from tacan.evaluation.occlusion import weights_of
from tacan.features.features_file import Features
from tacan.records import DISTRACTOR_PID, Tracklet, TrackletSplit

__all__ = [
    "PAPER_THRESHOLDS",
    "Level",
    "WeighedTracklet",
    "consecutive_clips_that_differ",
    "levels",
    "longest_tracklet",
    "quantile_thresholds",
    "weighed_tracklets",
]

Level = Literal["low", "medium", "high"]

PAPER_THRESHOLDS = (0.9240, 0.9460)
"""Fig. 6: a weight below the first is low (red), above the second high (green)."""


@dataclass(frozen=True, slots=True, eq=False)
class WeighedTracklet:
    """A tracklet with m clips of T frames.

    clips
        int64 [m, T], the frames of each, of which the last may repeat some.
    weights
        float32 [m].
    visibility
        float32 [frames], the share of the person that each shows, where it is known.
    """

    tracklet: Tracklet
    clips: NDArray[np.int64]
    weights: NDArray[np.float32]
    visibility: NDArray[np.float32] | None


def weighed_tracklets(
    split: TrackletSplit,
    features: Features,
    visibility: Mapping[str, NDArray[np.float32]] | None,
    *,
    clip_len: int,
) -> list[WeighedTracklet]:
    """All tracklets of real people that have a vector. Raises `FeaturesError` without weights."""
    ids = features.tracklet_ids
    row_of = {} if ids is None else {name: row for row, name in enumerate(ids.tolist())}
    return [
        WeighedTracklet(
            tracklet,
            consecutive_clips(len(tracklet), clip_len),
            weights_of(features, row_of[tracklet.tracklet_id]),
            None if visibility is None else visibility[tracklet.tracklet_id],
        )
        for tracklet in split
        if tracklet.pid > DISTRACTOR_PID and tracklet.tracklet_id in row_of
    ]


def consecutive_clips_that_differ(
    tracklets: list[WeighedTracklet], *, n_tracklets: int = 2, n_clips: int = 3
) -> list[tuple[WeighedTracklet, int]]:
    """Fig. 4: of `n_tracklets` people the consecutive clips whose weights lie farthest apart.

    Gives each tracklet and the first of the clips. The visibility plays no part.
    """
    spans = []
    for each in tracklets:
        if len(each.weights) >= n_clips:
            windows = np.lib.stride_tricks.sliding_window_view(each.weights, n_clips)
            spreads = windows.max(axis=1) - windows.min(axis=1)
            spans.append((float(spreads.max()), int(spreads.argmax()), each))
    found: dict[int, tuple[WeighedTracklet, int]] = {}
    for _, first, each in sorted(spans, key=lambda span: -span[0]):
        if len(found) < n_tracklets:
            found.setdefault(each.tracklet.pid, (each, first))
    return list(found.values())


def longest_tracklet(tracklets: list[WeighedTracklet]) -> WeighedTracklet:
    """Fig. 6: of the ten longest tracklets the one whose weights differ most."""
    longest = sorted(tracklets, key=lambda each: -len(each.tracklet))[:10]
    return max(longest, key=lambda each: float(np.ptp(each.weights)))


def quantile_thresholds(tracklets: list[WeighedTracklet]) -> tuple[float, float]:
    """A third of all clips lies below the first threshold, and a third above the second."""
    weights = np.concatenate([each.weights for each in tracklets])
    low, high = np.quantile(weights.astype(np.float64), [1 / 3, 2 / 3]).tolist()
    return low, high


def levels(weights: NDArray[np.floating], thresholds: tuple[float, float]) -> list[Level]:
    """Below the first threshold low, above the second high, and what lies between medium."""
    low, high = thresholds
    return ["low" if w < low else "high" if w > high else "medium" for w in weights.tolist()]
