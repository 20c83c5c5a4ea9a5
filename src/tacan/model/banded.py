"""A light encoder that keeps what survives a change of camera: colours and textures by height.

A standing person is a stack of bands: hair, face, top, bottom, shoes. Three cues are taken from
each band: a soft histogram of its colours as they are, one of its colours corrected for the light
of the crop, and the means of a trunk's early and middle stages (its last stages, which know things
and not people, are left out). A map of attention, learned with the rest, keeps the background out.
Each cue is projected for itself and scaled to one size, so that none can drown the others where it
was the loudest in training and is not to be trusted: under another camera.

Legend: N frames, H x W pixels, h x w cells of a map, c channels, k bands, d feature size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["TRUNK", "BandedTrunk", "band_means", "colour_histograms", "colour_memberships"]

TRUNK = "mobilenetv2_100"
"""The backbone of timm whose beginning is used."""

STAGES = {1: 8, 2: 4, 4: 4}
"""The trunk's stages that are used, and the bands that each is pooled in."""

LEVELS = 4
"""Levels of each colour channel; a histogram has their cube of cells."""

COLOUR_BANDS = 6

FROZEN = 2
"""The stages that keep their first weights, besides the stem: edges and colours are everywhere
the same, and they are the dearest to train."""

CUE_DIM = 192
"""Size of a cue's projection; d is three times that."""


class BandedTrunk(nn.Module):
    """Frames [N, 3, H, W], with pixels from -1 to 1, -> features [N, d, 1, 1].

    The trunk's batch norms keep the statistics of its weights, in training too: batches of
    people are all alike, and a few of them would wreck what a million pictures have settled.
    """

    def __init__(self, *, input_size: tuple[int, int]) -> None:
        super().__init__()
        whole: Any = timm.create_model(TRUNK, pretrained=False, num_classes=0, global_pool="")
        self.conv_stem: nn.Module = whole.conv_stem
        self.bn1: nn.Module = whole.bn1
        self.blocks = nn.ModuleList(list(whole.blocks)[: max(STAGES) + 1])
        with torch.no_grad():
            sizes = [stage.shape for stage in self._stages(torch.zeros(1, 3, *input_size))]
        self.attention = BandedAttention([shape[1] for shape in sizes], (sizes[0][2], sizes[0][3]))
        n_textures = sum(shape[1] * k for shape, k in zip(sizes, STAGES.values(), strict=True))
        n_colours = COLOUR_BANDS * LEVELS**3
        self.cues = nn.ModuleList(Cue(n) for n in (n_colours, n_colours, n_textures))
        for part in (self.conv_stem, self.bn1, self.blocks[:FROZEN]):
            part.requires_grad_(False)  # noqa: FBT003

    def train(self, mode: bool = True) -> BandedTrunk:  # noqa: FBT001, FBT002
        """As in every module, but for the trunk's batch norms, which never learn statistics."""
        super().train(mode)
        for part in (self.bn1, self.blocks):
            for module in part.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self

    def forward(self, frames: Tensor) -> Tensor:
        """[N, 3, H, W] -> [N, d, 1, 1]."""
        stages = self._stages(frames)
        attention = self.attention(stages)
        pixels = F.avg_pool2d(frames.float(), 2)
        textures = [
            band_means(stage.float(), attention, n_bands=k)
            for stage, k in zip(stages, STAGES.values(), strict=True)
        ]
        taken = (
            colour_histograms(pixels, attention, n_bands=COLOUR_BANDS),
            colour_histograms(relight(pixels), attention, n_bands=COLOUR_BANDS),
            torch.cat(textures, dim=1),
        )
        projected = [cue(part) for cue, part in zip(self.cues, taken, strict=True)]
        return torch.cat(projected, dim=1)[:, :, None, None]

    def _stages(self, frames: Tensor) -> list[Tensor]:
        """The maps [N, c, h, w] of `STAGES`."""
        maps = self.bn1(self.conv_stem(frames))
        stages = []
        for i, block in enumerate(self.blocks):
            maps = block(maps)
            if i in STAGES:
                stages.append(maps)
        return stages


class Cue(nn.Module):
    """Standardises one kind of feature, projects it, and scales it to a mean square of 1."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.standardise = nn.BatchNorm1d(n_features, affine=False)
        self.project = nn.Linear(n_features, CUE_DIM)

    def forward(self, features: Tensor) -> Tensor:
        """[N, c] -> [N, CUE_DIM], each of length sqrt(CUE_DIM)."""
        return F.normalize(self.project(self.standardise(features))) * CUE_DIM**0.5


class BandedAttention(nn.Module):
    """How much of a cell is the person: a prior for the middle columns, corrected by the maps."""

    def __init__(self, channels: Sequence[int], size: tuple[int, int]) -> None:
        super().__init__()
        self.score = nn.ModuleList(nn.Conv2d(c, 1, 1, bias=False) for c in channels)
        for layer in self.score:
            nn.init.zeros_(layer.weight)  # pyright: ignore[reportArgumentType]
        across = torch.linspace(-1, 1, size[1])
        self.prior = nn.Parameter((2 - 6 * across.square()).expand(1, 1, *size).clone())

    def forward(self, stages: Sequence[Tensor]) -> Tensor:
        """Maps [N, c, h, w] of several sizes -> attention [N, 1, h, w] of the first, 0 to 1."""
        scores = self.prior
        for layer, stage in zip(self.score, stages, strict=True):
            own = layer(stage).float()
            scores = scores + F.interpolate(own, size=self.prior.shape[2:], mode="bilinear")
        return scores.sigmoid()


def relight(pixels: Tensor) -> Tensor:
    """Crops [N, 3, h, w] with the mean and spread of each colour channel made the same for all."""
    mean = pixels.mean((2, 3), keepdim=True)
    spread = (pixels - mean).square().mean((2, 3), keepdim=True).add(1e-8).sqrt()
    return (pixels - mean) / (spread + 0.06) * 0.44 - 0.1


def colour_memberships(pixels: Tensor) -> Tensor:
    """How much each pixel belongs to each level of each channel: [N, 3, P] -> [N, 3, L, P].

    The levels divide -1 to 1 evenly; a value belongs to its two neighbours in proportion, so that
    memberships add up to 1. Values outside count as the nearest end.
    """
    levels = torch.linspace(-1, 1, LEVELS, device=pixels.device, dtype=pixels.dtype)
    distance = (pixels.clamp(-1, 1)[:, :, None] - levels[:, None]).abs()
    return (1 - distance * (LEVELS - 1) / 2).clamp_min(0)


def colour_histograms(pixels: Tensor, attention: Tensor, *, n_bands: int) -> Tensor:
    """Square roots of soft colour histograms of k bands: [N, 3, h, w], [N, 1, ., .] -> [N, L^3 k].

    Cell (r, g, b) of a band's histogram is the mean, weighted by attention, of the product of the
    memberships in red, green and blue.
    """
    weights = _band_weights(attention, pixels.shape[2:], n_bands).flatten(2)
    red, green, blue = colour_memberships(pixels.flatten(2)).unbind(1)
    pairs = torch.einsum("nrp,ngp->nrgp", red, green).flatten(1, 2)
    banded = torch.einsum("nbp,nkp->nbkp", blue, weights).flatten(1, 2)
    return (pairs @ banded.transpose(1, 2)).flatten(1).add(1e-4).sqrt()


def band_means(maps: Tensor, attention: Tensor, *, n_bands: int) -> Tensor:
    """Means of k bands, weighted by attention: [N, c, h, w], [N, 1, ., .] -> [N, c k]."""
    weights = _band_weights(attention, maps.shape[2:], n_bands).flatten(2)
    return (maps.flatten(2) @ weights.transpose(1, 2)).flatten(1)


def _band_weights(attention: Tensor, size: Sequence[int], n_bands: int) -> Tensor:
    """The weight of each cell in each of the k equal bands, which add up to 1: [N, k, h, w]."""
    spread = F.interpolate(attention, size=tuple(size), mode="bilinear")
    row = (torch.arange(size[0], device=spread.device) + 0.5) * n_bands / size[0]
    bands = row.long() == torch.arange(n_bands, device=spread.device)[:, None]
    weights = spread * bands[:, :, None] + 1e-6 * bands[:, :, None]
    return weights / weights.sum((2, 3), keepdim=True)
