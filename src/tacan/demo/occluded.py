"""Tracklets with an occlusion worth seeing, sampled for the report."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacan.evaluation.occlusion import CLEAN_FROM, OCCLUDED_TO, clip_visibility, weights_of
from tacan.features.features_file import Features
from tacan.images.read import read_crop
from tacan.records import DISTRACTOR_PID, TrackletSplit
from tacan.search.pictures import Strip

__all__ = ["MAX_FRAMES", "MIN_FRAMES", "sample_occluded", "whole_strip"]

MIN_FRAMES, MAX_FRAMES = 20, 32
"""Lengths of tracklets whose frames can be told apart side by side."""

_STREAM = 72


def sample_occluded(
    split: TrackletSplit,
    visibility: dict[str, NDArray[np.float32]],
    count: int,
    *,
    clip_len: int,
    seed: int,
) -> list[int]:
    """Rows of `count` tracklets, sampled from those with an occlusion worth seeing.

    These show a real person in 20 to 32 frames, with two clean clips and two that are wholly
    occluded, or more of either. What the model made of them plays no part. Where there are too
    few, shorter and longer ones follow.
    """
    fitting: list[int] = []
    others: list[int] = []
    for row in np.random.default_rng([seed, _STREAM]).permutation(len(split)).tolist():
        tracklet = split.tracklets[row]
        if tracklet.pid <= DISTRACTOR_PID:
            continue
        seen = clip_visibility(visibility[tracklet.tracklet_id], clip_len=clip_len)
        clean = int((seen.min(axis=1) >= CLEAN_FROM).sum())
        occluded = int((seen.max(axis=1) <= OCCLUDED_TO).sum())
        if min(clean, occluded) >= 2 and MIN_FRAMES <= len(tracklet) <= MAX_FRAMES:
            fitting.append(row)
        elif min(clean, occluded) >= 1:
            others.append(row)
    return [*fitting, *others][:count]


def whole_strip(
    split: TrackletSplit,
    features: Features,
    visibility: NDArray[np.float32],
    row: int,
    *,
    clip_len: int,
) -> Strip:
    """All frames of the tracklet in `row` of both `split` and `features`, with their visibility."""
    tracklet = split.tracklets[row]
    n = len(tracklet)
    firsts = np.arange(0, n, clip_len, dtype=np.int64)
    return Strip(
        pictures=tuple(read_crop(tracklet.path(i)) for i in range(n)),
        frames=np.arange(n, dtype=np.int64),
        clip_frames=np.stack([firsts, np.minimum(firsts + clip_len, n) - 1], axis=1),
        clip_weights=weights_of(features, row),
        visibility=visibility,
    )
