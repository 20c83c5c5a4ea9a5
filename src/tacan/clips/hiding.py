"""People hidden on purpose: pasted others, boards, cuts and blur.

Legend: n frames, H x W pixels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Passer", "hide_masked", "hide_run"]

Passer = Callable[[np.random.Generator], Tensor]
"""Gives frames uint8 [k, 3, H, W] of somebody else, who walks past in front."""


def hide_masked(
    frames: Tensor, mask: NDArray[np.bool_], passer: Passer, rng: np.random.Generator
) -> Tensor:
    """The frames [n, 3, H, W] under the mask [n], hidden: uint8 [sum of mask, 3, H, W].

    Each run of frames that follow each other under the mask is hidden in one way.
    """
    shown = frames[torch.from_numpy(mask)].clone()
    places = np.flatnonzero(mask)
    starts = np.flatnonzero(np.diff(places, prepend=-2) > 1)
    stops = [*starts[1:], len(places)][: len(starts)]
    for start, stop in zip(starts, stops, strict=True):
        shown[start:stop] = hide_run(shown[start:stop], passer, rng)
    return shown


def hide_run(run: Tensor, passer: Passer, rng: np.random.Generator) -> Tensor:
    """Frames uint8 [n, 3, H, W], all hidden in one of four ways, as a new tensor."""
    way = rng.integers(4)
    if way == 0:
        other = passer(rng)
        front = other[torch.from_numpy(rng.integers(len(other), size=len(run)))]
        return _pasted(run, front, rng)
    return (_boarded, _cut, _blurred)[way - 1](run, rng)


def _pasted(run: Tensor, front: Tensor, rng: np.random.Generator) -> Tensor:
    """Another person in front, who covers 50 to 90 % of the width from one side."""
    width = run.shape[-1]
    covered = int(width * rng.uniform(0.5, 0.9))
    out = run.clone()
    if rng.random() < 0.5:
        out[..., :covered] = front[..., width - covered :]
    else:
        out[..., width - covered :] = front[..., :covered]
    return out


def _boarded(run: Tensor, rng: np.random.Generator) -> Tensor:
    """A board of one colour over the lower 50 to 85 %."""
    height = run.shape[-2]
    out = run.clone()
    colour = torch.from_numpy(rng.integers(30, 220, size=(3, 1, 1))).to(torch.uint8)
    out[..., int(height * (1 - rng.uniform(0.5, 0.85))) :, :] = colour
    return out


def _cut(run: Tensor, rng: np.random.Generator) -> Tensor:
    """A badly placed box: 25 to 45 % of the height and of the width, enlarged."""
    height, width = run.shape[-2:]
    tall, wide = (int(size * rng.uniform(0.25, 0.45)) for size in (height, width))
    top, left = rng.integers(height - tall), rng.integers(width - wide)
    part = run[..., top : top + tall, left : left + wide]
    return F.interpolate(part, size=(height, width), mode="bilinear")


def _blurred(run: Tensor, rng: np.random.Generator) -> Tensor:
    """A person of 10 to 20 pixels' height."""
    height, width = run.shape[-2:]
    tall = int(rng.integers(10, 21))
    tiny = F.interpolate(run, size=(tall, max(4, tall // 2)), mode="bilinear", antialias=True)
    return F.interpolate(tiny, size=(height, width), mode="bilinear")
