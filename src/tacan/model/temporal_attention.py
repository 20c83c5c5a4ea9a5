"""From the frames of a clip to one clip feature f_C (Fig. 2, Sec. 3.2).

Legend: n clips, T frames, d feature size, h x w cells of the encoder's map.

Every pooling takes feature maps [n, T, d, h, w] and returns clip features [n, d] and the frame
weights [n, T] behind them; one that brings a loss of its own returns its value [] as well.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["MaxPooling", "MeanPooling", "TemporalAttention", "attend", "mean_over_frames"]


def attend(frame_features: Tensor, frame_weights: Tensor) -> Tensor:
    """f_C = sum over i of a_i f_{I_i}: features [n, T, d], weights [n, T] -> [n, d].

    Sec. 3.2 prints a factor 1/T as well. The weights already sum to one, so it would only shrink
    the feature; `TemporalAttention(divide_by_frames=True)` puts it back.
    """
    return torch.einsum("ntd,nt->nd", frame_features, frame_weights)


def mean_over_frames(frame_features: Tensor) -> tuple[Tensor, Tensor]:
    """Features [n, T, d] -> their mean [n, d] and the weights [n, T] behind it, each 1/T."""
    n, frames = frame_features.shape[:2]
    return frame_features.mean(1), frame_features.new_full((n, frames), 1 / frames)


class MeanPooling(nn.Module):
    """Every frame counts the same."""

    def forward(self, feature_maps: Tensor) -> tuple[Tensor, Tensor]:
        """[n, T, d, h, w] -> clip features [n, d], frame weights [n, T], each 1/T."""
        n, frames = feature_maps.shape[:2]
        weights = feature_maps.new_full((n, frames), 1 / frames)
        return feature_maps.mean((1, 3, 4)), weights


class MaxPooling(nn.Module):
    """The largest value of each feature over the frames."""

    def forward(self, feature_maps: Tensor) -> tuple[Tensor, Tensor]:
        """[n, T, d, h, w] -> clip features [n, d], and the share [n, T] of the d features that
        each frame supplied."""
        values, winners = feature_maps.mean((3, 4)).max(1)
        shares = F.one_hot(winners, feature_maps.shape[1]).to(values.dtype).mean(1)
        return values, shares


class TemporalAttention(nn.Module):
    """Frame weights from the whole feature map and its neighbours in time (Fig. 2).

    The paper refers to Gao and Nevatia (arXiv 1805.02104) for this module, and so do we: a
    convolution over the whole h x w map to `hidden` channels, ReLU, a convolution over time with
    kernel 3 to one score a frame, softmax over the T frames.

    Departures: the reference has its kernel fixed at 7 x 4, ours is as large as the map of the
    configured input, and maps of another size are pooled to it. The reference puts a ReLU on the
    score as well, which can die and then leaves plain pooling; it is there with
    `rectify_score=True`.
    """

    def __init__(
        self,
        *,
        feature_dim: int,
        map_size: tuple[int, int],
        hidden: int = 256,
        rectify_score: bool = False,
        divide_by_frames: bool = False,
    ) -> None:
        super().__init__()
        self.map_size = map_size
        self.rectify_score = rectify_score
        self.divide_by_frames = divide_by_frames
        self.over_map = nn.Conv2d(feature_dim, hidden, kernel_size=map_size)
        self.over_time = nn.Conv1d(hidden, 1, kernel_size=3, padding=1)

    def forward(self, feature_maps: Tensor) -> tuple[Tensor, Tensor]:
        """[n, T, d, h, w] -> clip features [n, d], frame weights [n, T], which sum to one."""
        frames = feature_maps.shape[1]
        maps = feature_maps.flatten(0, 1)
        if maps.shape[-2:] != self.map_size:
            maps = F.adaptive_avg_pool2d(maps, self.map_size)
        seen = F.relu(self.over_map(maps)).flatten(1).unflatten(0, (-1, frames))
        scores = self.over_time(seen.transpose(1, 2)).squeeze(1)
        if self.rectify_score:
            scores = F.relu(scores)
        weights = scores.softmax(1)
        features = attend(feature_maps.mean((3, 4)), weights)
        return (features / frames if self.divide_by_frames else features), weights
