"""How the weights of convolutions lie in memory."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

__all__ = ["channels_last"]

Module = TypeVar("Module", bound=nn.Module)


def channels_last(module: Module) -> Module:
    """The module, each pixel's channels side by side in the weights of its convolutions in 2-D.

    A step on a CPU takes about half the time so. Convolutions in 3-D, for which torch refuses this
    order, stay as they are.
    """
    for weight in module.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.to(memory_format=torch.channels_last)
    return module
