"""Frames to a clip by how each frame differs from all (the self-attention of SCAN; Zhang et al.,
IEEE Transactions on Image Processing 2019).

The collaborative half of SCAN is left out: it weighs the frames of one tracklet by those of the
tracklet that it is compared with. A tracklet has no vector of its own then, each pair has to be
scored anew, and there is nothing that a gallery could store.

Legend: n clips, T frames, d feature size, h x w cells of the encoder's map.
"""

from __future__ import annotations

from torch import Tensor, nn

from tacan.model.temporal_attention import attend

__all__ = ["SelfAttention"]


class SelfAttention(nn.Module):
    """A frame counts by how far it is from the mean of all:

    s_t = BN(U x_t), a_t = softmax over t of v . (s_t - mean of s)^2, f_C = sum over t of a_t x_t.

    U goes down to `hidden` channels; the square is that of each channel.
    """

    def __init__(self, *, feature_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.into = nn.Linear(feature_dim, hidden)
        self.norm = nn.BatchNorm1d(hidden)
        self.score = nn.Linear(hidden, 1)

    def forward(self, feature_maps: Tensor) -> tuple[Tensor, Tensor]:
        """[n, T, d, h, w] -> clip features [n, d], frame weights [n, T], which sum to one."""
        n, length = feature_maps.shape[:2]
        frames = feature_maps.mean((3, 4))
        seen = self.norm(self.into(frames).flatten(0, 1)).unflatten(0, (n, length))
        differences = (seen - seen.mean(1, keepdim=True)) ** 2
        weights = self.score(differences).squeeze(2).softmax(1)
        return attend(frames, weights), weights
