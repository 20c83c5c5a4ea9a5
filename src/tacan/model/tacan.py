"""The model of Fig. 1: frames of a tracklet in, one vector out.

Legend: B tracklets, m clips, n clips of any tracklets, T frames, d feature size, D embedding
size, H x W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tacan.model.clip_attention import ClipAttention, aggregate
from tacan.model.recompute import recomputed

__all__ = ["ClipOutput", "Tacan", "TacanOutput"]


@dataclass(frozen=True)
class ClipOutput:
    """What the model makes of clips, each by itself."""

    clip_embeddings: Tensor
    """[n, D], Eq. 2."""
    clip_weights: Tensor
    """[n], Eq. 1 after its activation."""
    frame_weights: Tensor
    """[n, T], Fig. 2."""
    pooling_loss: Tensor | None
    """[], the loss that the temporal pooling brings along, if it does."""


@dataclass(frozen=True)
class TacanOutput:
    """What the model makes of tracklets. Padding holds zeros."""

    tracklet_embedding: Tensor
    """[B, D]: what people are compared by, and what the classifier sees."""
    metric_embedding: Tensor
    """[B, D], Eq. 3: what triplet and min-max losses see. The same tensor unless there is a
    neck."""
    clip_embeddings: Tensor
    """[B, m, D]"""
    clip_weights: Tensor
    """[B, m]"""
    frame_weights: Tensor
    """[B, m, T]"""
    pooling_loss: Tensor | None
    """[], the loss that the temporal pooling brings along, if it does."""


class Tacan(nn.Module):
    """Encoder, temporal pooling, clip attention, embedding layer, and a neck or none.

    The parts come ready made (`build_model`): `encoder` [N,3,H,W] -> [N,d,h,w];
    `temporal_pooling` [n,T,d,h,w] -> [n,d], [n,T] and perhaps a loss []; `clip_attention`
    [n,d] -> [n]; `embedding` [n,d] -> [n,D]; `neck` [B,D] -> [B,D]. `mean` and `std` normalise
    pixels of the range 0 to 1. With `accumulate` above 1 a training pass takes the clips in so
    many parts, one after another, on the way forward and again on the way back: gradients are
    those of the whole batch, and the activations of one part alone are held.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        *,
        encoder: nn.Module,
        temporal_pooling: nn.Module,
        clip_attention: ClipAttention,
        embedding: nn.Module,
        neck: nn.Module,
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.temporal_pooling = temporal_pooling
        self.clip_attention = clip_attention
        self.embedding = embedding
        self.neck = neck
        self.accumulate = 1
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1))

    def normalise(self, frames: Tensor) -> Tensor:
        """Pixels [..., 3, H, W], uint8 of 0 to 255 or float of 0 to 1, as the encoder wants."""
        pixels = frames.to(self.mean.dtype)
        if frames.dtype == torch.uint8:
            pixels = pixels / 255
        return (pixels - self.mean) / self.std

    def pool_clips(self, frames: Tensor) -> tuple[Tensor, ...]:
        """Clips [n, T, 3, H, W] -> their features [n, d], which clip attention and embedding start
        from, the weights of their frames [n, T], and perhaps a loss []."""
        n, length = frames.shape[:2]
        maps = self.encoder(self.normalise(frames.flatten(0, 1)))
        return self.temporal_pooling(maps.unflatten(0, (n, length)))

    def embed_clips(self, frames: Tensor) -> ClipOutput:
        """Clips [n, T, 3, H, W] -> their embeddings and weights, each clip by itself."""
        features, frame_weights, *losses = self.pool_clips(frames)
        return ClipOutput(
            clip_embeddings=self.embedding(features),
            clip_weights=self.clip_attention(features),
            frame_weights=frame_weights,
            pooling_loss=losses[0] if losses else None,
        )

    def forward(self, frames: Tensor, clip_mask: Tensor | None = None) -> TacanOutput:
        """Tracklets [B, m, T, 3, H, W] and the mask [B, m] of their real clips -> `TacanOutput`.

        Padding never reaches the encoder: a tracklet gets the vector that it has alone, and
        batch statistics in training are those of real frames.
        """
        if clip_mask is None:
            clip_mask = torch.ones(frames.shape[:2], dtype=torch.bool, device=frames.device)
        clips = self._embed_in_parts(frames[clip_mask])
        clip_embeddings = _unpack(clips.clip_embeddings, clip_mask)
        clip_weights = _unpack(clips.clip_weights, clip_mask)
        metric_embedding = aggregate(
            clip_embeddings, clip_weights, clip_mask, self.clip_attention.weighting
        )
        return TacanOutput(
            tracklet_embedding=self.neck(metric_embedding),
            metric_embedding=metric_embedding,
            clip_embeddings=clip_embeddings,
            clip_weights=clip_weights,
            frame_weights=_unpack(clips.frame_weights, clip_mask),
            pooling_loss=clips.pooling_loss,
        )

    def _embed_in_parts(self, frames: Tensor) -> ClipOutput:
        """As `embed_clips`; a loss of the pooling is the mean over all clips in both."""
        if self.accumulate == 1 or not (self.training and torch.is_grad_enabled()):
            return self.embed_clips(frames)
        parts = [
            recomputed(self.embed_clips, part, module=self)
            for part in frames.chunk(self.accumulate)
        ]
        losses = [
            part.pooling_loss * (len(part.clip_weights) / len(frames))
            for part in parts
            if part.pooling_loss is not None
        ]
        return ClipOutput(
            clip_embeddings=torch.cat([part.clip_embeddings for part in parts]),
            clip_weights=torch.cat([part.clip_weights for part in parts]),
            frame_weights=torch.cat([part.frame_weights for part in parts]),
            pooling_loss=torch.stack(losses).sum() if losses else None,
        )


def _unpack(packed: Tensor, clip_mask: Tensor) -> Tensor:
    """Values [n, ...] of the real clips, back in their places [B, m, ...]; zeros elsewhere."""
    spread = packed.new_zeros((*clip_mask.shape, *packed.shape[1:]))
    spread[clip_mask] = packed
    return spread
