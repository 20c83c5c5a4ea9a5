"""Frames to a clip by a convolution over time, as in the comparison of Gao and Nevatia
(arXiv 1805.02104).

Legend: n clips, T frames, d feature size, h x w cells of the encoder's map.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from tacan.model.temporal_attention import mean_over_frames

__all__ = ["TemporalConvolution"]


class TemporalConvolution(nn.Module):
    """f_C = 1/T sum over t of ReLU(b + W_-1 x_(t-1) + W_0 x_t + W_1 x_(t+1)).

    Beyond a clip's ends are zeros.
    """

    def __init__(self, *, feature_dim: int) -> None:
        super().__init__()
        self.over_time = nn.Conv1d(feature_dim, feature_dim, kernel_size=3, padding=1)

    def forward(self, feature_maps: Tensor) -> tuple[Tensor, Tensor]:
        """[n, T, d, h, w] -> clip features [n, d], frame weights [n, T], each 1/T."""
        frames = feature_maps.mean((3, 4)).transpose(1, 2)
        return mean_over_frames(F.relu(self.over_time(frames)).transpose(1, 2))
