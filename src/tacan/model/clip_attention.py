"""From the clips of a tracklet to one vector: clip-level attention (Fig. 3, Eq. 1 and 3).

Legend: B tracklets, m clips, d feature size, D embedding size.

Eq. 1 gives each clip feature a score w_i = W f_{C_i}; Eq. 3 averages the clip embeddings with it.
Every variant is one activation and one divisor:

    f = sum_i a_i f_{E_i} / z        a_i = activation(w_i)        z = m or sum_i a_i

| variant       | a_i        | z         |                                                     |
|---------------|------------|-----------|-----------------------------------------------------|
| `none`        | 1          | m         | the plain mean, without a learned weight            |
| `linear_mean` | w_i        | m         | Eq. 1 and 3 to the letter                           |
| `sigmoid_mean`| sigmoid w_i| m         |                                                     |
| `sigmoid_sum` | sigmoid w_i| sum of a  | the default: equal weights give the plain mean      |
| `softmax`     | exp w_i    | sum of a  |                                                     |

To the letter the weight only scales the vector, and hard-triplet training shrinks it towards
zero; weights that compete learn what they should (`docs/paper.md`). Since the sum over clips is
all that is needed, a tracklet of any length is aggregated in O(D) memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["CLIP_WEIGHTINGS", "ClipAttention", "ClipWeighting", "aggregate", "clip_sums"]

LARGEST_SCORE = 30.0
"""Scores are clamped to this size, so that no weight overflows and no sum of weights is zero."""


@dataclass(frozen=True)
class ClipWeighting:
    """One row of the table above. `activation` is None where nothing is learned."""

    activation: Callable[[Tensor], Tensor] | None
    competes: bool
    """Whether the divisor is the sum of the weights, so that a clip gains what others lose."""

    def weights(self, scores: Tensor) -> Tensor:
        """The clip weights a_i of scores w_i, of any shape."""
        if self.activation is None:
            return torch.ones_like(scores)
        return self.activation(scores)

    def divisor(self, weight_sum: Tensor, n_clips: Tensor) -> Tensor:
        """z of Eq. 3, from the sum of a tracklet's weights and the number of its clips."""
        return weight_sum if self.competes else n_clips


def _linear(scores: Tensor) -> Tensor:
    return scores


def _sigmoid(scores: Tensor) -> Tensor:
    return scores.clamp(-LARGEST_SCORE, LARGEST_SCORE).sigmoid()


def _exponential(scores: Tensor) -> Tensor:
    return scores.clamp(-LARGEST_SCORE, LARGEST_SCORE).exp()


CLIP_WEIGHTINGS = {
    "none": ClipWeighting(None, competes=False),
    "linear_mean": ClipWeighting(_linear, competes=False),
    "sigmoid_mean": ClipWeighting(_sigmoid, competes=False),
    "sigmoid_sum": ClipWeighting(_sigmoid, competes=True),
    "softmax": ClipWeighting(_exponential, competes=True),
}


def clip_sums(clip_embeddings: Tensor, clip_weights: Tensor) -> tuple[Tensor, Tensor]:
    """The two sums of Eq. 3: embeddings [..., m, D], weights [..., m] -> [..., D] and [...]."""
    weighted = torch.einsum("...md,...m->...d", clip_embeddings, clip_weights)
    return weighted, clip_weights.sum(-1)


def aggregate(
    clip_embeddings: Tensor, clip_weights: Tensor, clip_mask: Tensor, weighting: ClipWeighting
) -> Tensor:
    """Eq. 3: embeddings [B, m, D], weights [B, m], mask [B, m] -> tracklet vectors [B, D].

    Clips outside the mask have no part in it, whatever they hold.
    """
    embeddings = torch.where(clip_mask[..., None], clip_embeddings, 0)
    weights = torch.where(clip_mask, clip_weights, 0)
    weighted, weight_sum = clip_sums(embeddings, weights)
    n_clips = clip_mask.sum(-1).to(weighted.dtype)
    return weighted / weighting.divisor(weight_sum, n_clips)[..., None]


class ClipAttention(nn.Module):
    """The clip weight predictor: one fully connected layer from d to 1 (upper branch of Fig. 3).

    It starts at zero, where every clip counts the same, but for `linear_mean`, whose weights
    would then be zero. Eq. 1 has no bias, nor has `linear_mean`.
    """

    def __init__(self, *, feature_dim: int, weighting: str) -> None:
        super().__init__()
        self.weighting = CLIP_WEIGHTINGS[weighting]
        self.predictor: nn.Linear | None = None
        if self.weighting.activation is not None:
            literal = weighting == "linear_mean"
            self.predictor = nn.Linear(feature_dim, 1, bias=not literal)
            if not literal:
                nn.init.zeros_(self.predictor.weight)
                nn.init.zeros_(self.predictor.bias)

    def forward(self, clip_features: Tensor) -> Tensor:
        """Clip features [..., d] -> clip weights [...]."""
        if self.predictor is None:
            return clip_features.new_ones(clip_features.shape[:-1])
        return self.weighting.weights(self.predictor(clip_features).squeeze(-1))
