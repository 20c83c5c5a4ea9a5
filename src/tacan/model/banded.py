"""A light trunk that keeps what survives a change of camera: colours and textures by height.

A standing person is a stack of bands: hair, face, top, bottom, shoes. Three cues are taken from
each band: a soft histogram of its colours as they are, one of its colours corrected for the light
of the crop, and the means of a trunk's maps. An attention map, learned with the rest, keeps the
background out. Each cue is projected for itself and scaled to one size, so that none can drown the
others where it was the loudest in training and is not to be trusted: under another camera.

Legend: N frames, H x W pixels, h x w cells of a map, c channels, k bands, d feature size.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "BandedTrunk",
    "PersonMask",
    "band_means",
    "colour_histograms",
    "colour_memberships",
    "relight",
    "seen_bands",
]

LEVELS = 4
"""Levels of each colour channel; a histogram has their cube of cells."""

LITTLE = 0.01
"""A band in which a person covers this share of the cells is taken for half of what it is."""


class BandedTrunk(nn.Module):
    """Frames [N, 3, H, W], with pixels from -1 to 1, -> features [N, d, 1, 1]; d is 3 `cue_dim`.

    The cues count alike in training. `weigh_cues` sets `shares`, what each is multiplied by, when
    it is known which of them holds under other cameras.

    Parameters
    ----------
    stages
        What makes maps of several sizes, the largest first, from frames.
    bands
        For each of these maps, how many bands it is pooled in.
    colour_bands
        How many bands have a histogram of their own.
    shrink
        Colours are taken from the frames reduced so many times.
    cue_dim
        Size of each cue's projection.
    input_size
        (H, W).
    masked
        The attention is a mask of the person, learned from masks (`PersonMask`), and bands that
        show little of the person fade: they count as what is usual for that band. How much of each
        band of the first map is seen stands behind the cues, `beside` numbers more, for the clip
        weight alone.
    """

    shares: Tensor

    def __init__(
        self,
        stages: nn.Module,
        *,
        bands: Sequence[int],
        colour_bands: int,
        shrink: int,
        cue_dim: int,
        input_size: tuple[int, int],
        masked: bool = False,
    ) -> None:
        super().__init__()
        self.stages = stages
        self.masked = masked
        self.beside = bands[0] if masked else 0
        self.bands = tuple(bands)
        self.colour_bands = colour_bands
        self.shrink = shrink
        was_training = stages.training
        with torch.no_grad():
            sizes = [stage.shape for stage in stages.eval()(torch.zeros(1, 3, *input_size))]
        stages.train(was_training)
        attention = PersonMask if masked else BandedAttention
        self.attention = attention(
            [shape[1] for shape in sizes], [(shape[2], shape[3]) for shape in sizes]
        )
        n_textures = sum(shape[1] * k for shape, k in zip(sizes, bands, strict=True))
        n_colours = colour_bands * LEVELS**3
        self.cues = nn.ModuleList(Cue(n, cue_dim) for n in (n_colours, n_colours, n_textures))
        self.register_buffer("shares", torch.ones(len(self.cues)))

    def weigh_cues(self, shares: Sequence[float]) -> None:
        """Sets what colours, relit colours and textures are multiplied by."""
        self.shares.copy_(torch.tensor(shares))

    def forward(self, frames: Tensor) -> Tensor:
        """[N, 3, H, W] -> [N, d, 1, 1]."""
        stages = self.stages(frames)
        return self.describe(frames, stages, self.attention(stages))

    def describe(self, frames: Tensor, stages: Sequence[Tensor], attention: Tensor) -> Tensor:
        """The features [N, d, 1, 1] of frames, their maps, and what of them is the person."""
        pixels = F.avg_pool2d(frames.float(), self.shrink)
        textures = [
            band_means(stage.float(), attention, n_bands=k)
            for stage, k in zip(stages, self.bands, strict=True)
        ]
        taken = (
            colour_histograms(pixels, attention, n_bands=self.colour_bands),
            colour_histograms(relight(pixels), attention, n_bands=self.colour_bands),
            torch.cat(textures, dim=1),
        )
        fading = self._fading(attention, [stage.shape[1] for stage in stages])
        projected = [
            share * cue(part, fade)
            for share, cue, part, fade in zip(self.shares, self.cues, taken, fading, strict=True)
        ]
        if self.masked:
            projected.append(seen_bands(attention, self.beside))
        return torch.cat(projected, dim=1)[:, :, None, None]

    def _fading(self, attention: Tensor, channels: Sequence[int]) -> list[Tensor | None]:
        """What each feature of each cue is multiplied by, [N, c], where bands fade."""
        if not self.masked:
            return [None] * len(self.cues)

        def of(n_bands: int, times: int) -> Tensor:
            seen = seen_bands(attention, n_bands)
            return (seen / (seen + LITTLE)).repeat(1, times)

        colours = of(self.colour_bands, LEVELS**3)
        textures = [of(k, c) for k, c in zip(self.bands, channels, strict=True)]
        return [colours, colours, torch.cat(textures, dim=1)]


class Cue(nn.Module):
    """Standardises one kind of feature, projects it, and scales it to a mean square of 1."""

    def __init__(self, n_features: int, size: int) -> None:
        super().__init__()
        self.standardise = nn.BatchNorm1d(n_features, affine=False)
        self.project = nn.Linear(n_features, size)

    def forward(self, features: Tensor, fade: Tensor | None = None) -> Tensor:
        """[N, c] -> [N, size], each of length sqrt(size); `fade` [N, c] draws them to the mean."""
        standard = self.standardise(features)
        if fade is not None:
            standard = standard * fade
        return F.normalize(self.project(standard)) * self.project.out_features**0.5


class BandedAttention(nn.Module):
    """How much of a cell is the person: a prior for the middle columns, corrected by the maps."""

    def __init__(self, channels: Sequence[int], sizes: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.score = nn.ModuleList(nn.Conv2d(c, 1, 1, bias=False) for c in channels)
        for layer in self.score:
            nn.init.zeros_(layer.weight)  # pyright: ignore[reportArgumentType]
        self.prior = _middle(sizes[0])

    def forward(self, stages: Sequence[Tensor]) -> Tensor:
        """Maps [N, c, h, w] of several sizes -> attention [N, 1, h, w] of the first, 0 to 1."""
        scores = self.prior
        for layer, stage in zip(self.score, stages, strict=True):
            own = layer(stage).float()
            scores = scores + F.interpolate(own, size=self.prior.shape[2:], mode="bilinear")
        return scores.sigmoid()


class PersonMask(nn.Module):
    """Which cells show the person that the crop is of, and nobody who is before or beside them.

    From the last map, where every cell sees all others (whose feet and head are where?), to the
    first, whose cells are the finest. It learns from masks.
    """

    HIDDEN = 48

    def __init__(self, channels: Sequence[int], sizes: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        hidden, cells = self.HIDDEN, sizes[-1][0] * sizes[-1][1]
        self.inwards = nn.ModuleList(nn.Conv2d(c, hidden, 1) for c in channels)
        self.near = nn.ModuleList(
            nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden) for _ in channels
        )
        self.mix = nn.ModuleList(nn.Conv2d(hidden, hidden, 1) for _ in channels)
        self.far = nn.Linear(cells, cells)
        self.score = nn.Conv2d(hidden, 1, 1)
        self.prior = _middle(sizes[0])

    def forward(self, stages: Sequence[Tensor]) -> Tensor:
        """Maps [N, c, h, w] of several sizes -> mask [N, 1, h, w] of the first, 0 to 1."""
        return self.scores(stages).sigmoid()

    def scores(self, stages: Sequence[Tensor]) -> Tensor:
        """The same before the sigmoid."""
        last = F.relu(self.inwards[-1](stages[-1].float()))
        maps = last + F.relu(self.far(last.flatten(2))).unflatten(2, last.shape[2:])
        for i in reversed(range(len(stages))):
            if i < len(stages) - 1:
                own = self.inwards[i](stages[i].float())
                maps = F.relu(own + F.interpolate(maps, size=own.shape[2:], mode="bilinear"))
            maps = maps + F.relu(self.mix[i](self.near[i](maps)))
        return self.score(maps) + self.prior


def _middle(size: tuple[int, int]) -> nn.Parameter:
    """A score [1, 1, h, w] for the middle columns."""
    across = torch.linspace(-1, 1, size[1])
    return nn.Parameter((2 - 6 * across.square()).expand(1, 1, *size).clone())


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
    pairs = (red[:, :, None] * green[:, None]).flatten(1, 2)
    banded = (blue[:, :, None] * weights[:, None]).flatten(1, 2)
    return (pairs @ banded.transpose(1, 2)).flatten(1).add(1e-4).sqrt()


def band_means(maps: Tensor, attention: Tensor, *, n_bands: int) -> Tensor:
    """Means of k bands, weighted by attention: [N, c, h, w], [N, 1, ., .] -> [N, c k]."""
    weights = _band_weights(attention, maps.shape[2:], n_bands).flatten(2)
    return (maps.flatten(2) @ weights.transpose(1, 2)).flatten(1)


def seen_bands(attention: Tensor, n_bands: int) -> Tensor:
    """The mean of the attention [N, 1, h, w] in each of k equal bands: [N, k]."""
    rows = attention.mean((1, 3))
    bands = _bands(rows.shape[1], n_bands, rows.device).to(rows.dtype)
    return rows @ (bands / bands.sum(1, keepdim=True)).T


def _band_weights(attention: Tensor, size: Sequence[int], n_bands: int) -> Tensor:
    """The weight of each cell in each of the k equal bands, which add up to 1: [N, k, h, w]."""
    spread = F.interpolate(attention, size=tuple(size), mode="bilinear")
    bands = _bands(size[0], n_bands, spread.device)
    weights = spread * bands[:, :, None] + 1e-6 * bands[:, :, None]
    return weights / weights.sum((2, 3), keepdim=True)


def _bands(height: int, n_bands: int, device: torch.device) -> Tensor:
    """Which of k equal bands each row belongs to: bool [k, h]."""
    row = (torch.arange(height, device=device) + 0.5) * n_bands / height
    return row.long() == torch.arange(n_bands, device=device)[:, None]
