"""What the rows of a table cost: parameters, multiply-adds and time for a clip."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tacan.config import ModelConfig
from tacan.paper.plain_table import PlainTable

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Cost", "cost_table", "measure_cost", "multiply_adds"]

REPEATS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A model and its temporal pooling, in use: one clip [1, T, 3, H, W] at a time.

    parameters, pooling_parameters
        Numbers that are learned, of the whole model without a classifier, and of the pooling.
    multiply_adds, pooling_multiply_adds
        Of matrix products and convolutions, by torch's own count; the rest is small beside them.
    milliseconds
        The shortest of some repeats on `device`: what else a machine does makes others longer.
    """

    title: str
    parameters: int
    pooling_parameters: int
    multiply_adds: int
    pooling_multiply_adds: int
    milliseconds: float
    device: str


def measure_cost(title: str, config: ModelConfig, *, device: str) -> Cost:
    """Builds the model of `config` with random weights, and runs it.

    Raises `EncoderError` where the encoder can't be had.
    """
    import torch  # seconds to load

    from tacan.model.build import build_model

    model = build_model(config.model_copy(update={"weights": None})).eval().to(device)
    frames = torch.zeros(1, config.clip_len, 3, config.height, config.width, dtype=torch.uint8)
    frames = frames.to(device)
    with torch.inference_mode():
        maps = model.encoder(model.normalise(frames[0]))[None]
        seconds = [_seconds(model, frames) for _ in range(REPEATS + 2)][2:]
    encoder = multiply_adds(model.encoder, model.normalise(frames[0]))
    pooling = multiply_adds(model.temporal_pooling, maps)
    return Cost(
        title=title,
        parameters=sum(p.numel() for p in model.parameters()),
        pooling_parameters=sum(p.numel() for p in model.temporal_pooling.parameters()),
        multiply_adds=encoder
        + pooling
        + sum(
            part.in_features * part.out_features
            for branch in (model.embedding, model.clip_attention)
            for part in branch.modules()
            if isinstance(part, torch.nn.Linear)
        ),
        pooling_multiply_adds=pooling,
        milliseconds=1000 * min(seconds),
        device=device,
    )


def multiply_adds(module: nn.Module, *inputs: object) -> int:
    """Half of the floating-point operations that torch counts in `module(*inputs)`."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    # A fused recurrent network is one operation, whose inside isn't counted.
    with (
        warnings.catch_warnings(action="ignore"),  # of hardware that isn't there
        torch.inference_mode(),
        torch.backends.mkldnn.flags(enabled=False),
        torch.backends.cudnn.flags(enabled=False),
        FlopCounterMode(display=False) as counter,
    ):
        module(*inputs)
    return counter.get_total_flops() // 2


def cost_table(costs: Iterable[Cost]) -> PlainTable:
    """The table in words."""
    costs = list(costs)
    devices = {cost.device for cost in costs}
    head = ("temporal pooling", "parameters", "of the pooling", "multiply-adds a clip")
    return PlainTable(
        (*head, "of the pooling", f"ms a clip ({', '.join(sorted(devices))})"),
        tuple(
            (
                cost.title,
                _millions(cost.parameters),
                _millions(cost.pooling_parameters),
                _millions(cost.multiply_adds),
                _millions(cost.pooling_multiply_adds),
                f"{cost.milliseconds:.2f}",
            )
            for cost in costs
        ),
    )


def _millions(count: int) -> str:
    return f"{count / 1e6:,.3f} M"


def _seconds(model: nn.Module, frames: object) -> float:
    import torch

    begun = time.perf_counter()
    model.embed_clips(frames)  # type: ignore[operator]
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - begun
