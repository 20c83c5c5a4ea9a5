"""The beginning of a MobileNetV2: edges, colours and textures, without what knows things.

Legend: N frames, c channels, h x w cells of a map.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

__all__ = ["MOBILE", "FrozenMobileStages", "MobileStages", "MobileStart"]

MOBILE = "mobilenetv2_100"
"""The backbone of timm whose beginning this is; a file with its weights fits all of these."""

FROZEN = 2
"""The stages that keep their first weights, besides the stem: edges and colours are everywhere
the same, and they are the dearest to train."""

START = 3
"""The last stage of `MobileStart`: maps of 64 channels, a sixteenth as high and wide."""


class _Beginning(nn.Module):
    """Stem and stages up to number `last`, by timm's names."""

    def __init__(self, last: int) -> None:
        super().__init__()
        import timm  # takes a second, as in `encoders`

        whole: Any = timm.create_model(MOBILE, pretrained=False, num_classes=0, global_pool="")
        self.conv_stem: nn.Module = whole.conv_stem
        self.bn1: nn.Module = whole.bn1
        self.blocks = nn.ModuleList(list(whole.blocks)[: last + 1])


class MobileStages(_Beginning):
    """The maps of several stages, by their numbers."""

    def __init__(self, stages: Collection[int]) -> None:
        super().__init__(max(stages))
        self._stages = frozenset(stages)

    def forward(self, frames: Tensor) -> list[Tensor]:
        """[N, 3, H, W] -> the maps [N, c, h, w] of the stages."""
        maps = self.bn1(self.conv_stem(frames))
        stages = []
        for i, block in enumerate(self.blocks):
            maps = block(maps)
            if i in self._stages:
                stages.append(maps)
        return stages


class FrozenMobileStages(MobileStages):
    """The same, for weights that know pictures already: the first stages keep theirs.

    Its batch norms keep the statistics of their weights, in training too: batches of people are
    all alike, and a few of them would wreck what a million pictures have settled.
    """

    def __init__(self, stages: Collection[int]) -> None:
        super().__init__(stages)
        for part in (self.conv_stem, self.bn1, self.blocks[:FROZEN]):
            part.requires_grad_(False)  # noqa: FBT003

    def train(self, mode: bool = True) -> FrozenMobileStages:  # noqa: FBT001, FBT002
        """As in every module, but for the batch norms, which never learn statistics."""
        super().train(mode)
        _keep_statistics(self)
        return self


class MobileStart(_Beginning):
    """One map for what needs little: whether a clip is clear, not who is in it.

    All of it learns, but for the statistics of its batch norms, as in `FrozenMobileStages`.
    """

    def __init__(self) -> None:
        super().__init__(START)

    def forward(self, frames: Tensor) -> Tensor:
        """[N, 3, H, W] -> [N, 64, H / 16, W / 16]."""
        maps = self.bn1(self.conv_stem(frames))
        for block in self.blocks:
            maps = block(maps)
        return maps

    def train(self, mode: bool = True) -> MobileStart:  # noqa: FBT001, FBT002
        """As in every module, but for the batch norms, which never learn statistics."""
        super().train(mode)
        _keep_statistics(self)
        return self


def _keep_statistics(module: nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, _BatchNorm):  # synchronised ones are no BatchNorm2d
            part.eval()
