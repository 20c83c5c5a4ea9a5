"""A clip weight as two parameters, and the tracklets' vectors under it.

Legend: B tracklets, m clips, d feature size, D embedding size.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from tacan.model import ModelFolder
from tacan.model.clip_attention import LARGEST_SCORE, aggregate

__all__ = ["LinearWeight", "Vectors", "plain_mean", "put_into", "weight_of"]


@dataclass(frozen=True, eq=False)
class LinearWeight:
    """The scores of Eq. 1: w_i = weight . f_i + bias, of a feature f_i [d]."""

    weight: Tensor
    """[d]"""
    bias: Tensor
    """[]"""


def weight_of(saved: ModelFolder) -> LinearWeight:
    """The clip weight that a model has."""
    layer = saved.model.clip_attention.predictor
    assert layer is not None  # noqa: S101  (weights of a positive form are learned)
    return LinearWeight(layer.weight.detach()[0].clone(), layer.bias.detach()[0].clone())


def plain_mean(saved: ModelFolder) -> LinearWeight:
    """The clip weight that is the same for every clip, and 1 where its size matters."""
    bias = 0.0 if saved.model.clip_attention.weighting.competes else LARGEST_SCORE
    weight = torch.zeros_like(weight_of(saved).weight)
    return LinearWeight(weight, weight.new_tensor(bias))


def put_into(saved: ModelFolder, weight: LinearWeight) -> None:
    """Gives the model the clip weight, in place."""
    layer = saved.model.clip_attention.predictor
    assert layer is not None  # noqa: S101
    with torch.no_grad():
        layer.weight.copy_(weight.weight[None])
        layer.bias.copy_(weight.bias[None])


class Vectors:
    """How a model makes tracklets' vectors of clips' features, all but its clip weight fixed."""

    def __init__(self, saved: ModelFolder) -> None:
        self._model = saved.model
        self.metric = saved.config.metric

    def __call__(self, features: Tensor, mask: Tensor, weight: LinearWeight) -> Tensor:
        """Features [B, m, d] and which of them count [B, m] -> Eq. 3 and the neck, [B, D].

        Of length 1 where the metric is the cosine: Euclidean distances rank alike then.
        """
        weighting = self._model.clip_attention.weighting
        weights = weighting.weights(features @ weight.weight + weight.bias)
        embeddings = self._model.embedding(features)
        vectors = self._model.neck(aggregate(embeddings, weights, mask, weighting))
        return F.normalize(vectors, dim=-1) if self.metric == "cosine" else vectors
