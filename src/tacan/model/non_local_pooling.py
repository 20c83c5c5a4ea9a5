"""Frames to a clip by a 3-D convolution and a non-local block (Liao et al., ACCV 2018, "ResNet3D
NL"; the block by Wang et al., CVPR 2018).

Departure: the original inflates the convolutions of all stages and puts blocks between them. Here
the encoder stays what it is for every pooling, so both stand behind its last map.

Legend: n clips, T frames, d feature size, h x w cells of the encoder's map.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tacan.model.temporal_attention import mean_over_frames

__all__ = ["NonLocalBlock", "NonLocalPooling"]


class NonLocalBlock(nn.Module):
    """Every cell of every frame sees every other: z_i = x_i + W y_i with

    y_i = sum over j of softmax_j(theta(x_i) . phi(x_j)) g(x_j)

    over the T h w cells of a clip. W ends in a batch normalisation that begins at zero, so that
    the block begins as the identity.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(channels // 2, 1)
        self.theta = nn.Conv3d(channels, inner, 1)
        self.phi = nn.Conv3d(channels, inner, 1)
        self.g = nn.Conv3d(channels, inner, 1)
        self.out = nn.Conv3d(inner, channels, 1)
        self.norm = nn.BatchNorm3d(channels)
        nn.init.zeros_(self.norm.weight)

    def forward(self, volume: Tensor) -> Tensor:
        """[n, d, T, h, w] -> the same shape."""
        query, key, value = (part(volume).flatten(2) for part in (self.theta, self.phi, self.g))
        shares = torch.einsum("nci,ncj->nij", query, key).softmax(2)
        seen = torch.einsum("nij,ncj->nci", shares, value).unflatten(2, volume.shape[2:])
        return volume + self.norm(self.out(seen))


class NonLocalPooling(nn.Module):
    """A residual bottleneck with a 3 x 3 x 3 convolution, a non-local block, and the mean over all
    cells: z = x + B(x), f_C = mean of NL(z).

    The bottleneck B has a quarter of the channels, as ResNet's have, and begins at zero too.
    """

    def __init__(self, *, feature_dim: int) -> None:
        super().__init__()
        inner = max(feature_dim // 4, 1)
        self.bottleneck = nn.Sequential(
            nn.Conv3d(feature_dim, inner, 1, bias=False),
            nn.BatchNorm3d(inner),
            nn.ReLU(),
            nn.Conv3d(inner, inner, 3, padding=1, bias=False),
            nn.BatchNorm3d(inner),
            nn.ReLU(),
            nn.Conv3d(inner, feature_dim, 1, bias=False),
            nn.BatchNorm3d(feature_dim),
        )
        nn.init.zeros_(self.bottleneck[-1].weight)  # pyright: ignore[reportArgumentType]
        self.non_local = NonLocalBlock(feature_dim)

    def forward(self, feature_maps: Tensor) -> tuple[Tensor, Tensor]:
        """[n, T, d, h, w] -> clip features [n, d], frame weights [n, T], each 1/T."""
        volume = feature_maps.transpose(1, 2)
        volume = self.non_local(volume + self.bottleneck(volume))
        return mean_over_frames(volume.mean((3, 4)).transpose(1, 2))
