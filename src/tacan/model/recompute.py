"""Activations that are dropped on the way forward and computed again on the way back.

`recomputing`: each block of a trunk (a residual block, a transformer layer) keeps its input alone.
What is held at once is then one input for each block and the activations of a single block, where
it would be the activations of all. It costs a second forward pass, and changes no result.

`recomputed`: a whole function keeps its input alone. Parts of a batch that go through it one after
another are never held together, on neither way, whatever is computed of all their results.

timm's `set_grad_checkpointing` does the same for its own trunks, but there batch normalisation
counts each batch twice: `num_batches_tracked` of a ResNet-18 is 2 after one step, and the running
means differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

__all__ = ["find_blocks", "recomputed", "recomputing"]

Output = TypeVar("Output")


def find_blocks(trunk: nn.Module) -> list[nn.Module]:
    """The blocks of `trunk`: the members of its innermost sequences of modules of one kind.

    A trunk without such a sequence is one block.
    """
    sequences = [
        module
        for module in trunk.modules()
        if isinstance(module, nn.Sequential)
        and len(module) > 1
        and len({type(member) for member in module}) == 1
    ]
    innermost = [
        sequence
        for sequence in sequences
        if not any(other is not sequence and other in sequence.modules() for other in sequences)
    ]
    return [block for sequence in innermost for block in sequence] or [trunk]


@contextmanager
def recomputing(blocks: list[nn.Module]) -> Iterator[None]:
    """A forward pass in which `blocks`, which don't contain each other, keep only their inputs."""
    for block in blocks:
        block.forward = partial(recomputed, block.forward, module=block)
    try:
        yield
    finally:
        for block in blocks:
            del block.forward


def recomputed(function: Callable[..., Output], *inputs: Tensor, module: nn.Module) -> Output:
    """`function(*inputs)`, which uses `module`; what it computes is not kept for the way back."""
    found: Any = checkpoint(
        function, *inputs, use_reentrant=False, context_fn=partial(_count_once, module)
    )
    return found


def _count_once(block: nn.Module) -> tuple[_Statistics, _Statistics]:
    """Batch norms must not count a batch twice when it is computed twice."""
    return _Statistics(block, counts=True), _Statistics(block, counts=False)


class _Statistics:
    """A stretch in which batch norms count what they see into their statistics, or don't."""

    def __init__(self, block: nn.Module, *, counts: bool) -> None:
        self.norms = [m for m in block.modules() if isinstance(m, _BatchNorm)]
        self.counts = counts

    def __enter__(self) -> None:
        self.kept = [(norm.momentum, norm.num_batches_tracked) for norm in self.norms]
        if not self.counts:
            for norm in self.norms:
                norm.momentum = 0.0
                norm.num_batches_tracked = (
                    None if norm.num_batches_tracked is None else (norm.num_batches_tracked.clone())
                )

    def __exit__(self, *fault: object) -> None:
        if not self.counts:
            for norm, (momentum, tracked) in zip(self.norms, self.kept, strict=True):
                norm.momentum, norm.num_batches_tracked = momentum, tracked
