"""Frames to a clip by a recurrent network.

As ASTPN (Xu et al., ICCV 2017) and the comparison of Gao and Nevatia (arXiv 1805.02104) do it.
Legend: n clips, T frames, d feature size, h x w cells of the encoder's map.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from tacan.model.temporal_attention import mean_over_frames

__all__ = ["RecurrentPooling"]

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM}


class RecurrentPooling(nn.Module):
    """f_C = 1/T sum over t of o_t, where o_t is the output of the cell that has seen frames 1 to t.

    A plain cell has o_t = tanh(W x_t + U o_(t-1) + b). Its state is as large as a feature.
    """

    def __init__(self, *, feature_dim: int, cell: Literal["rnn", "lstm"]) -> None:
        super().__init__()
        self.cell = CELLS[cell](feature_dim, feature_dim, batch_first=True)

    def forward(self, feature_maps: Tensor) -> tuple[Tensor, Tensor]:
        """[n, T, d, h, w] -> clip features [n, d], frame weights [n, T], each 1/T."""
        outputs, _ = self.cell(feature_maps.mean((3, 4)))
        return mean_over_frames(outputs)
