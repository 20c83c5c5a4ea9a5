"""From settings to a model: the one place that knows both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from tacan.config import ModelConfig
from tacan.model.clip_attention import ClipAttention
from tacan.model.encoders import FrameEncoder, build_encoder
from tacan.model.non_local_pooling import NonLocalPooling
from tacan.model.part_attention import PartAttention
from tacan.model.recurrent_pooling import RecurrentPooling
from tacan.model.region_quality import RegionQuality
from tacan.model.self_attention import SelfAttention
from tacan.model.tacan import Tacan
from tacan.model.temporal_attention import MaxPooling, MeanPooling, TemporalAttention
from tacan.model.temporal_convolution import TemporalConvolution

__all__ = ["build_model"]

Pooling = Callable[[ModelConfig, FrameEncoder], nn.Module]


def _attention(*, rectify_score: bool = False, divide_by_frames: bool = False) -> Pooling:
    def build(config: ModelConfig, encoder: FrameEncoder) -> nn.Module:
        return TemporalAttention(
            feature_dim=encoder.feature_dim,
            map_size=encoder.map_size,
            hidden=config.attention_channels,
            rectify_score=rectify_score,
            divide_by_frames=divide_by_frames,
        )

    return build


def _of_features(pooling: Callable[..., nn.Module], **options: Any) -> Pooling:
    """A pooling that asks for the size of a feature alone."""
    return lambda config, encoder: pooling(feature_dim=encoder.feature_dim, **options)  # noqa: ARG005


def _with_hidden(pooling: Callable[..., nn.Module]) -> Pooling:
    """A pooling that asks for its hidden channels as well."""
    return lambda config, encoder: pooling(
        feature_dim=encoder.feature_dim, hidden=config.attention_channels
    )


TEMPORAL_POOLINGS: dict[str, Pooling] = {
    "mean": lambda config, encoder: MeanPooling(),  # noqa: ARG005
    "max": lambda config, encoder: MaxPooling(),  # noqa: ARG005
    "attention": _attention(),
    "attention_rectified": _attention(rectify_score=True),
    "attention_literal": _attention(rectify_score=True, divide_by_frames=True),
    "rnn": _of_features(RecurrentPooling, cell="rnn"),
    "lstm": _of_features(RecurrentPooling, cell="lstm"),
    "convolution": _of_features(TemporalConvolution),
    "non_local": _of_features(NonLocalPooling),
    "parts": _with_hidden(PartAttention),
    "regions": _of_features(RegionQuality),
    "self_attention": _with_hidden(SelfAttention),
}


def build_model(config: ModelConfig) -> Tacan:
    """The model that `config` describes, in training mode.

    Raises `EncoderError` where the encoder or its weights can't be had.
    """
    encoder = build_encoder(
        config.encoder,
        input_size=(config.height, config.width),
        last_stride=config.last_stride,
        weights=config.weights,
    )
    embedding_dim = config.embedding_dim or encoder.compared_dim
    return Tacan(
        encoder=encoder,
        temporal_pooling=TEMPORAL_POOLINGS[config.temporal_pooling](config, encoder),
        clip_attention=ClipAttention(feature_dim=encoder.feature_dim, weighting=config.clip_weight),
        embedding=_embedding(config, encoder),
        neck=_neck(embedding_dim) if config.neck else nn.Identity(),
        mean=config.mean,
        std=config.std,
    )


def _embedding(config: ModelConfig, encoder: FrameEncoder) -> nn.Module:
    if config.embedding_dim:
        return nn.Linear(encoder.feature_dim, config.embedding_dim)
    return _First(encoder.compared_dim) if encoder.beside else nn.Identity()


class _First(nn.Module):
    """The first so many features: those behind them are for the clip weight alone."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, features: Tensor) -> Tensor:
        """[n, d] -> [n, D]."""
        return features[:, : self.count]


def _neck(embedding_dim: int) -> nn.Module:
    """BNNeck (Luo et al., arXiv 1903.07071): its shift is fixed at zero."""
    neck = nn.BatchNorm1d(embedding_dim)
    neck.bias.requires_grad_(False)  # noqa: FBT003
    return neck
