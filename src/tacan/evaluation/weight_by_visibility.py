"""Does the clip weight follow how much of a person is seen? Mean weights by tenths of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from tacan.evaluation.occlusion import clips_with_weights
from tacan.features.features_file import Features

__all__ = ["TENTHS", "WeightByVisibility", "weight_by_visibility"]

TENTHS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightByVisibility:
    """Clips by the tenth of their visibility: from 0 to 0.1, ..., from 0.9 to 1.

    counts
        How many clips are in each tenth.
    means
        Their mean weight; None where there are none.
    rank_correlation
        Spearman's, between a clip's visibility and its weight; None where one of them is constant.
    """

    counts: tuple[int, ...]
    means: tuple[float | None, ...]
    rank_correlation: float | None


def weight_by_visibility(
    features: Features, visibility: Mapping[str, NDArray[np.float32]], *, clip_len: int
) -> WeightByVisibility:
    """Counts all clips of real people. A clip's visibility is the mean over its frames.

    `visibility` holds, for each tracklet id, the share of the person seen in each frame.
    Raises `FeaturesError` for features without clip weights, or of other tracklets.
    """
    pairs = list(clips_with_weights(features, visibility, clip_len=clip_len))
    seen = np.concatenate([clips.mean(axis=1) for clips, _ in pairs] or [np.empty(0)])
    weights = np.concatenate([weights for _, weights in pairs] or [np.empty(0)])
    tenth = np.minimum((TENTHS * seen.astype(np.float64)).astype(int), TENTHS - 1)
    counts = np.bincount(tenth, minlength=TENTHS)
    sums = np.bincount(tenth, weights=weights.astype(np.float64), minlength=TENTHS)
    varies = len(seen) > 1 and np.ptp(seen) > 0 and np.ptp(weights) > 0
    return WeightByVisibility(
        counts=tuple(counts.tolist()),
        means=tuple(
            float(total / count) if count else None
            for total, count in zip(sums, counts, strict=True)
        ),
        rank_correlation=_spearman(seen, weights) if varies else None,
    )


def _spearman(x: NDArray[np.floating], y: NDArray[np.floating]) -> float:
    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])
