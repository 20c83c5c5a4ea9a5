"""Banded trunks by name, and the stages of pictures that they pool.

Legend: N frames, c channels, h x w cells of a map.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import timm
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tacan.model.banded import BandedTrunk
from tacan.model.small_encoders import small_se_trunk, small_trunk

__all__ = ["BANDED_TRUNKS", "MOBILE", "FrozenMobileStages", "MobileStages", "SmallStages"]

MOBILE = "mobilenetv2_100"
"""The backbone of timm whose beginning `banded` and `banded_unfrozen` use."""

STAGES = {1: 8, 2: 4, 4: 4}
"""The stages of it that are used, and the bands that each is pooled in. The last stages, which know
things and not people, are left out."""

FROZEN = 2
"""The stages that keep their first weights, besides the stem: edges and colours are everywhere
the same, and they are the dearest to train."""


class MobileStages(nn.Module):
    """The early and middle stages of a MobileNetV2."""

    def __init__(self) -> None:
        super().__init__()
        whole: Any = timm.create_model(MOBILE, pretrained=False, num_classes=0, global_pool="")
        self.conv_stem: nn.Module = whole.conv_stem
        self.bn1: nn.Module = whole.bn1
        self.blocks = nn.ModuleList(list(whole.blocks)[: max(STAGES) + 1])

    def forward(self, frames: Tensor) -> list[Tensor]:
        """[N, 3, H, W] -> the maps [N, c, h, w] of `STAGES`."""
        maps = self.bn1(self.conv_stem(frames))
        stages = []
        for i, block in enumerate(self.blocks):
            maps = block(maps)
            if i in STAGES:
                stages.append(maps)
        return stages


class FrozenMobileStages(MobileStages):
    """The same, for weights that know pictures already: the first stages keep theirs.

    Its batch norms keep the statistics of their weights, in training too: batches of people are
    all alike, and a few of them would wreck what a million pictures have settled.
    """

    def __init__(self) -> None:
        super().__init__()
        for part in (self.conv_stem, self.bn1, self.blocks[:FROZEN]):
            part.requires_grad_(False)  # noqa: FBT003

    def train(self, mode: bool = True) -> FrozenMobileStages:  # noqa: FBT001, FBT002
        """As in every module, but for the batch norms, which never learn statistics."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, _BatchNorm):  # synchronised ones are no BatchNorm2d
                module.eval()
        return self


class SmallStages(nn.Module):
    """The first map at the smallest size, and the last one, of a small trunk."""

    def __init__(self, trunk: nn.Sequential) -> None:
        super().__init__()
        last_layers = [i for i, layer in enumerate(trunk) if isinstance(layer, nn.ReLU)]
        self.early = trunk[: last_layers[2] + 1]
        self.late = trunk[last_layers[2] + 1 :]

    def forward(self, frames: Tensor) -> list[Tensor]:
        """[N, 3, H, W] -> two maps [N, c, h, w]."""
        early = self.early(frames)
        return [early, self.late(early)]


def _banded(stages: MobileStages, input_size: tuple[int, int]) -> BandedTrunk:
    return BandedTrunk(
        stages,
        bands=tuple(STAGES.values()),
        colour_bands=6,
        shrink=2,
        cue_dim=192,
        input_size=input_size,
    )


def _small_banded(trunk: nn.Sequential, input_size: tuple[int, int]) -> BandedTrunk:
    return BandedTrunk(
        SmallStages(trunk),
        bands=(4, 4),
        colour_bands=4,
        shrink=2,
        cue_dim=64,
        input_size=input_size,
    )


BANDED_TRUNKS: dict[str, Callable[[tuple[int, int]], BandedTrunk]] = {
    "banded": lambda size: _banded(FrozenMobileStages(), size),
    "banded_unfrozen": lambda size: _banded(MobileStages(), size),
    "small_banded": lambda size: _small_banded(small_trunk(), size),
    "small_banded_se": lambda size: _small_banded(small_se_trunk(), size),
}
"""From (H, W) to a trunk with random weights."""
