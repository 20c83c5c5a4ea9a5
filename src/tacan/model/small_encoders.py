"""Trunks for CPUs and small crops; but for `mobile_start` they are trained from random weights.

Legend: N frames, c channels, h x w cells of the map.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from tacan.model.mobile_stages import MobileStart

__all__ = [
    "SMALL_TRUNKS",
    "SqueezeExcitation",
    "small_narrow_trunk",
    "small_se_trunk",
    "small_trunk",
]

CHANNELS = (16, 32, 64, 128, 128)
NARROW = (8, 16, 32, 32, 32)
N_HALVING = 3
"""How many of the layers, the first ones, halve the map."""


def small_trunk(channels: tuple[int, ...] = CHANNELS) -> nn.Sequential:
    """Five convolutions, each with BatchNorm and ReLU; the first three halve the map."""
    return nn.Sequential(*_layers(channels, attending=frozenset()))


def small_narrow_trunk() -> nn.Sequential:
    """`small_trunk` for what needs little: whether a clip is clear, not who is in it."""
    return small_trunk(NARROW)


def small_se_trunk(channels: tuple[int, ...] = CHANNELS) -> nn.Sequential:
    """`small_trunk` with squeeze and excitation in the layers that keep the map's size.

    It stands where SE-ResNets have it, behind the BatchNorm. The layers before are too narrow for
    a bottleneck, and see too little of the picture for channels to mean something.
    """
    attending = frozenset(range(N_HALVING, len(channels)))
    return nn.Sequential(*_layers(channels, attending=attending))


class SqueezeExcitation(nn.Module):
    """A weight for each channel, from what all channels see in the whole map (Hu et al., 2018).

    x_c s_c, with s = sigmoid(W_2 relu(W_1 z)) and z the mean of x over the map. W_1 leaves a
    `reduction`-th of the channels.
    """

    def __init__(self, channels: int, *, reduction: int = 16) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, max(1, channels // reduction))
        self.excite = nn.Linear(max(1, channels // reduction), channels)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps [N, c, h, w] -> the same, weighted."""
        hidden = self.squeeze(maps.mean((2, 3))).relu()
        return maps * self.excite(hidden).sigmoid()[:, :, None, None]


SMALL_TRUNKS: dict[str, Callable[[], nn.Module]] = {
    "small": small_trunk,
    "small_narrow": small_narrow_trunk,
    "small_se": small_se_trunk,
    "mobile_start": MobileStart,
}


def _layers(channels: tuple[int, ...], *, attending: frozenset[int]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    before = 3
    for i, width in enumerate(channels):
        stride = 2 if i < N_HALVING else 1
        layers += [
            nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            *([SqueezeExcitation(width)] if i in attending else []),
            nn.ReLU(inplace=True),
        ]
        before = width
    return layers
