"""How far the clip weight moves when only the background changes, where the paper says not at all.

Generated tracklets are drawn again with other places behind the same people. Of each clip there is
then a weight for each background.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from tacan.search.pictures import embed_pictures

if TYPE_CHECKING:
    from tacan.embeddings.embedder import ClipEmbedder
    from tacan.synthetic.tracklets.other_backgrounds import Redrawn

__all__ = ["BackgroundShift", "background_shift", "measure_shift"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundShift:
    """What became of n clips before b backgrounds besides their own.

    mean_shift
        The mean of |w' - w| over clips and other backgrounds.
    deviation
        The standard deviation of the weights before their own background: what there is to move.
    share_of_variance
        The mean variance of a clip's weights over the backgrounds, divided by the variance of all:
        0 where backgrounds don't count, 1 where nothing else does.
    rank_correlation
        Spearman's, between the weights before their own background and before another: the mean.
    within_tracklets
        The standard deviation between the clips of one tracklet before its own background, the
        mean over tracklets: what occlusion does, to be compared with `mean_shift`.
    """

    n_tracklets: int
    n_clips: int
    n_backgrounds: int
    mean_shift: float
    deviation: float
    share_of_variance: float
    rank_correlation: float
    within_tracklets: float


def background_shift(redrawn: Iterable[Redrawn], embedder: ClipEmbedder) -> BackgroundShift:
    """Embeds every tracklet before every background, and measures."""
    weights = []
    for each in redrawn:
        of_each = [embed_pictures(list(crops), embedder)[1] for crops in each.crops]
        weights.append(np.stack(of_each).astype(np.float64))
    return measure_shift(weights)


def measure_shift(weights: list[NDArray[np.float64]]) -> BackgroundShift:
    """Of each tracklet the weights [1 + b, m] of its clips, its own background first, b >= 1."""
    everything = np.concatenate(weights, axis=1)
    own, others = everything[0], everything[1:]
    variance = float(everything.var())
    return BackgroundShift(
        n_tracklets=len(weights),
        n_clips=len(own),
        n_backgrounds=len(others),
        mean_shift=float(np.abs(others - own).mean()),
        deviation=float(own.std()),
        share_of_variance=float(everything.var(axis=0).mean() / variance) if variance else 0.0,
        rank_correlation=float(
            np.mean([np.corrcoef(rankdata(own), rankdata(other))[0, 1] for other in others])
        ),
        within_tracklets=float(np.mean([each[0].std() for each in weights])),
    )
