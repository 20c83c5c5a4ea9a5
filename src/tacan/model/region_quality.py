"""Frames to a clip by the quality of each region of a body (RQEN; Song et al., AAAI 2018).

Departure: a region's quality is seen in the encoder's last map, where the original has a network of
its own beside it.

Legend: n clips, T frames, d feature size, h x w cells of the encoder's map.
R regions.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["RegionQuality"]


class RegionQuality(nn.Module):
    """Head, trunk and legs (R = 3 strips of equal height) are weighed each by themselves:

    q_tr = sigmoid(v_r . x_tr + c_r), m_tr = q_tr / sum over t of q_tr,
    f_C = W [sum over t of m_tr x_tr]_r + b, where x_tr is the mean over the strip.
    """

    def __init__(self, *, feature_dim: int, regions: int = 3) -> None:
        super().__init__()
        self.regions = regions
        self.quality = nn.Parameter(torch.zeros(regions, feature_dim))
        self.offset = nn.Parameter(torch.zeros(regions))
        self.out = nn.Linear(regions * feature_dim, feature_dim)

    def forward(self, feature_maps: Tensor) -> tuple[Tensor, Tensor]:
        """[n, T, d, h, w] -> clip features [n, d], the regions' mean frame weights [n, T], which
        sum to one."""
        n, frames = feature_maps.shape[:2]
        pooled = F.adaptive_avg_pool2d(feature_maps.flatten(0, 1), (self.regions, 1)).squeeze(3)
        strips = pooled.unflatten(0, (n, frames)).transpose(2, 3)
        quality = (torch.einsum("ntrd,rd->ntr", strips, self.quality) + self.offset).sigmoid()
        weights = quality / quality.sum(1, keepdim=True)
        features = torch.einsum("ntr,ntrd->nrd", weights, strips).flatten(1)
        return self.out(features), weights.mean(2)
