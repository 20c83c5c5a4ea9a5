"""Frames to a clip by attention to several parts of a body that are to differ (STAN; Li et al.,
CVPR 2018).

Departures: the spatial attention has one hidden layer of `hidden` channels, and the parts' features
come without the original's gate.

Legend: n clips, T frames, d feature size, h x w cells of the encoder's map.
K parts.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["PartAttention", "diversity_loss"]


def diversity_loss(attention: Tensor) -> Tensor:
    """|| R R^T - I ||_F^2 with R = sqrt(attention), the mean over all frames: attention
    [..., K, cells], whose rows sum to one -> a scalar.

    An entry of R R^T is one minus the squared Hellinger distance of two parts: 0 where they share
    no cell. On the diagonal it is one.
    """
    # The gradient of a root has no bound at zero.
    root = attention.clamp_min(1e-12).sqrt()
    overlap = root @ root.transpose(-1, -2)
    identity = torch.eye(overlap.shape[-1], device=overlap.device, dtype=overlap.dtype)
    return ((overlap - identity) ** 2).sum((-1, -2)).mean()


class PartAttention(nn.Module):
    """K parts, each with its own attention in space and in time:

    s_tk = softmax over cells of V_k ReLU(U x_t), p_tk = sum over cells of s_tk x_t,
    a_tk = softmax over t of w_k . p_tk, f_C = W [sum over t of a_tk p_tk]_k + b.
    """

    def __init__(self, *, feature_dim: int, hidden: int = 256, parts: int = 6) -> None:
        super().__init__()
        self.into = nn.Conv2d(feature_dim, hidden, 1)
        self.over_space = nn.Conv2d(hidden, parts, 1)
        self.over_time = nn.Parameter(torch.zeros(parts, feature_dim))
        self.out = nn.Linear(parts * feature_dim, feature_dim)

    def forward(self, feature_maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[n, T, d, h, w] -> clip features [n, d], the parts' mean frame weights [n, T], which sum
        to one, and the loss [] of parts that are alike (`diversity_loss`)."""
        n, frames = feature_maps.shape[:2]
        maps = feature_maps.flatten(0, 1)
        scores = self.over_space(F.relu(self.into(maps)))
        attention = scores.flatten(2).softmax(2).unflatten(0, (n, frames))
        parts = torch.einsum("ntkc,ntdc->ntkd", attention, feature_maps.flatten(3))
        weights = torch.einsum("ntkd,kd->ntk", parts, self.over_time).softmax(1)
        features = torch.einsum("ntk,ntkd->nkd", weights, parts).flatten(1)
        return self.out(features), weights.mean(2), diversity_loss(attention)
