"""Banded trunks by name, and the stages of pictures that they pool.

Legend: N frames, c channels, h x w cells of a map.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from tacan.model.banded import BandedTrunk
from tacan.model.mobile_stages import FrozenMobileStages, MobileStages
from tacan.model.small_encoders import small_se_trunk, small_trunk

__all__ = ["BANDED_TRUNKS", "SmallStages"]

STAGES = {1: 8, 2: 4, 4: 4}
"""The stages of it that are used, and the bands that each is pooled in. The last stages, which know
things and not people, are left out."""


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


def _banded(
    stages: MobileStages, input_size: tuple[int, int], *, masked: bool = False
) -> BandedTrunk:
    return BandedTrunk(
        stages,
        bands=tuple(STAGES.values()),
        colour_bands=6,
        shrink=2,
        cue_dim=192,
        input_size=input_size,
        masked=masked,
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
    "banded": lambda size: _banded(FrozenMobileStages(STAGES), size),
    "banded_masked": lambda size: _banded(FrozenMobileStages(STAGES), size, masked=True),
    "banded_unfrozen": lambda size: _banded(MobileStages(STAGES), size),
    "small_banded": lambda size: _small_banded(small_trunk(), size),
    "small_banded_se": lambda size: _small_banded(small_se_trunk(), size),
}
"""From (H, W) to a trunk with random weights."""
