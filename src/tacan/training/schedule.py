"""The optimisers, and the learning rate as a function of the iteration.

Because the rate is a pure function there is no scheduler whose state would have to be stored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import nn
from torch.optim import Optimizer

__all__ = ["DECAYS", "OPTIMISERS", "build_optimiser", "learning_rate_factor"]

FIRST_FACTOR = 0.01
"""The share of the learning rate that a warm-up begins with."""

Decay = Callable[[float, float, Sequence[float]], float]


def _none(share: float, share_after_warmup: float, decay_at: Sequence[float]) -> float:
    del share, share_after_warmup, decay_at
    return 1.0


def _step(share: float, share_after_warmup: float, decay_at: Sequence[float]) -> float:
    del share_after_warmup
    return 0.1 ** sum(share >= step for step in decay_at)


def _cosine(share: float, share_after_warmup: float, decay_at: Sequence[float]) -> float:
    del share, decay_at
    return 0.5 * (1 + math.cos(math.pi * share_after_warmup))


DECAYS: dict[str, Decay] = {"none": _none, "step": _step, "cosine": _cosine}
"""Each takes the share of the run that is over, the share of what follows the warm-up that is
over, and the shares at which steps lie; and gives the factor of the learning rate."""


def learning_rate_factor(
    iteration: int, *, iterations: int, warmup: int, decay: str, decay_at: Sequence[float] = ()
) -> float:
    """The factor of the learning rate in one iteration.

    Parameters
    ----------
    iteration
        i, from 0 to `iterations` - 1.
    iterations
        n, the length of the run.
    warmup
        w < n. For i < w the factor is 0.01 + 0.99 i/w, a straight line.
    decay
        After the warm-up: `none`, 1; `step`, 0.1 to the power of how many of `decay_at` are at
        most i/n; `cosine`, (1 + cos(pi (i - w)/(n - w)))/2.
    decay_at
        Shares of the run, for `step` only.

    >>> [learning_rate_factor(i, iterations=8, warmup=4, decay="cosine") for i in (0, 4, 6)]
    [0.01, 1.0, 0.5]
    """
    if iteration < warmup:
        return FIRST_FACTOR + (1 - FIRST_FACTOR) * iteration / warmup
    after_warmup = (iteration - warmup) / (iterations - warmup)
    return DECAYS[decay](iteration / iterations, after_warmup, decay_at)


# Fused kernels update all weights in one pass through memory, on CPUs as well.
OPTIMISERS: dict[str, Callable[..., Optimizer]] = {
    "adam": lambda weights, **settings: torch.optim.Adam(weights, fused=True, **settings),
    "adamw": lambda weights, **settings: torch.optim.AdamW(weights, fused=True, **settings),
    "sgd": lambda weights, **settings: torch.optim.SGD(
        weights, fused=True, momentum=0.9, **settings
    ),
}


def build_optimiser(
    name: str, weights: Iterable[nn.Parameter], *, learning_rate: float, weight_decay: float
) -> Optimizer:
    """The optimiser `name` of `OPTIMISERS` for those of `weights` that learn."""
    learning = [weight for weight in weights if weight.requires_grad]
    return OPTIMISERS[name](learning, lr=learning_rate, weight_decay=weight_decay)
