"""Which clip weight finds the other half of a tracklet best: a judgement without labels.

Legend: N tracklets, Q held-out ones, m clips.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tacan.adaptation.clip_features import ClipFeatures
from tacan.adaptation.footage import Footage
from tacan.adaptation.weigh import LinearWeight, Vectors
from tacan.retrieval.distances import METRICS

__all__ = ["ADAPTED", "AS_IT_WAS", "PLAIN_MEAN", "Scores", "choose", "judge", "scores_of"]

ADAPTED, AS_IT_WAS, PLAIN_MEAN = "adapted", "as it was", "plain mean"
JUDGED_BY = 1
"""The way of hiding that nothing is learned from."""
LARGEST_LOSS = 0.005
"""A weight that loses more where nothing is hidden is not taken, whatever it gains elsewhere."""


@dataclass(frozen=True)
class Scores:
    """Mean reciprocal rank of the other half, from 0 to 1, where nothing is hidden on purpose and
    where half of the clips are."""

    natural: float
    hidden: float


def judge(
    features: ClipFeatures,
    footage: Footage,
    held_out: NDArray[np.int64],
    vectors: Vectors,
    weight: LinearWeight,
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Reciprocal ranks [2, Q] of the tracklets `held_out` under a weight: natural, and hidden.

    The earlier half of a tracklet asks for the later among the later halves of all N, and the
    other way round; the two are averaged. Who is known to be the same person is no wrong answer.
    """
    together = np.zeros((len(footage), len(footage)), bool)
    for one, other in footage.together.tolist():
        together[one, other] = together[other, one] = True
    lengths = features.mask.sum(dim=1, keepdim=True)
    early = torch.arange(features.mask.shape[1]) < lengths // 2
    halves = (features.mask & early, features.mask & ~early)
    hides = torch.stack([_half_of(half, seed) for half in halves]).any(dim=0)[..., None]
    partly = torch.where(hides, features.hidden[:, JUDGED_BY], features.clean)
    ranks = []
    for shown in (features.clean, partly):
        with torch.no_grad():
            one, other = (vectors(shown, half, weight).numpy() for half in halves)
        ways = [_reciprocal(q[held_out], g, held_out, together, vectors.metric)
                for q, g in ((one, other), (other, one))]  # fmt: skip
        ranks.append(np.mean(ways, axis=0))
    return np.stack(ranks)


def _half_of(half: torch.Tensor, seed: int) -> torch.Tensor:
    """bool [N, m]: half of the clips in `half` of each tracklet, rounded down."""
    draws = np.random.default_rng([seed, 23]).random(half.shape)
    order = np.argsort(np.argsort(np.where(half.numpy(), draws, 2.0), axis=1), axis=1)
    return half & torch.from_numpy(order).lt(half.sum(dim=1, keepdim=True) // 2)


def _reciprocal(
    queries: NDArray[np.float32],
    gallery: NDArray[np.float32],
    answers: NDArray[np.int64],
    together: NDArray[np.bool_],
    metric: str,
) -> NDArray[np.float64]:
    """1 / the place of each query's answer [Q]."""
    distances = METRICS[metric](queries, gallery)
    own = distances[np.arange(len(queries)), answers][:, None]
    return 1.0 / (1 + ((distances < own) & ~together[answers]).sum(axis=1))


def scores_of(ranks: NDArray[np.float64]) -> Scores:
    """Means of reciprocal ranks [2, N]."""
    natural, hidden = ranks.mean(axis=1).tolist()
    return Scores(natural, hidden)


def choose(ranks: Mapping[str, NDArray[np.float64]]) -> str:
    """Which weight is kept, by the reciprocal ranks [2, N] of each.

    The model's own, unless another is better: by more than the standard error of the difference,
    in the mean over tracklets of both kinds of judgement, and without a loss of more than 0.005
    where nothing is hidden. Of two that are better, the best.
    """
    before = ranks[AS_IT_WAS]
    gains = {AS_IT_WAS: 0.0}
    for name in (PLAIN_MEAN, ADAPTED):
        gained = (ranks[name] - before).mean(axis=0)
        error = gained.std(ddof=1) / np.sqrt(len(gained))
        loses = (ranks[name] - before)[0].mean() < -LARGEST_LOSS
        if gained.mean() > error and not loses:
            gains[name] = float(gained.mean())
    return max(gains, key=lambda name: gains[name])
