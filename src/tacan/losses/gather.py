"""Gathering a batch from all ranks, so that a loss over it has the gradients of one process.

The hardest triplets and the means of the min-max loss belong to the whole batch; each rank holds
only a part of it. Every rank gathers all parts and computes the same loss. Going back, the
gradient of a part is the sum of what all ranks' losses say about it. Dividing by the number of
ranks is left to DistributedDataParallel, which averages the gradients of the parameters.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch import distributed as dist

__all__ = ["gather_batch"]


def gather_batch(part: Tensor) -> Tensor:
    """This rank's part [B, ...] of a batch to the whole batch [R B, ...], in the order of ranks.

    R is the number of ranks. All must give parts of one shape and type: `IdentityBatchSampler`
    sees to it. Without an initialised process group, or with a single rank, it is the part itself.
    """
    if not dist.is_available() or not dist.is_initialized() or dist.get_world_size() == 1:
        return part
    return _Gather.apply(part)


class _Gather(torch.autograd.Function):
    """Forward gathers; backward sums the gradients of all ranks and keeps this rank's rows.

    `torch.distributed.nn.functional.all_gather` does the same and is deprecated in torch 2.15; what
    it names as its successor is private (`torch.distributed._functional_collectives`).
    """

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        ctx.n_rows = len(part)
        part = part.contiguous()
        parts = [torch.empty_like(part) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, part)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total, op=dist.ReduceOp.SUM)
        first = dist.get_rank() * ctx.n_rows
        return total[first : first + ctx.n_rows]
