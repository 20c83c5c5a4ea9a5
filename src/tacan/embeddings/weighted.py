"""A frozen encoder whose frames count by the clip weight of one of our own models.

Legend: n clips, T frames, D feature size, H x W pixels.

The weight w_i of a clip says how much of a person it shows, whatever encoder then looks at it: the
mean over a tracklet is no longer that of all frames alike,

    f = sum_i a_i f_i / sum_i a_i        f_i: the mean of the encoder's features over clip i
                                         a_i = sqrt(w_i)

which needs the same sums as Eq. 3, and so O(D) memory for a tracklet of any length. The square root
keeps more of a tracklet's views than w_i itself, which was learned together with another encoder:
where nobody is hidden it cost less (`experiments/clip_weight`).
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tacan.config import ModelConfig
from tacan.embeddings.embedder import ClipEmbedder
from tacan.errors import ConfigError

__all__ = ["NO_CLIP_WEIGHT", "WeightedEmbedder", "check_clip_weight"]

NO_CLIP_WEIGHT = "none"
"""What stands in the place of a weight model where there is none."""

POSITIVE = ("sigmoid_mean", "sigmoid_sum", "softmax")
"""Forms of the clip weight that can't be negative, so that no sum of them is zero."""


class WeightedEmbedder:
    """An encoder of frames as a `ClipEmbedder` with the clips and clip weights of another model.

    Crops are read and resized once, to the encoder's size; the weight model sees the encoder's
    frames resized to its own.

    Parameters
    ----------
    encoder
        Gives the features; its clips have one frame.
    weigher
        Gives the weights, which are positive, and the clip length.
    """

    def __init__(self, encoder: ClipEmbedder, weigher: ClipEmbedder) -> None:
        self._encoder = encoder
        self._weigher = weigher
        self.clip_len = weigher.clip_len
        self.input_size = encoder.input_size
        self.embedding_dim = encoder.embedding_dim
        self.metric = encoder.metric
        self.precision = encoder.precision
        content = f"{encoder.fingerprint} square root of {weigher.fingerprint}"
        self.fingerprint = hashlib.sha256(content.encode()).hexdigest()

    def embed_clips(self, frames: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Clips uint8 RGB [n, T, 3, H, W] -> mean features [n, D], square roots of weights [n]."""
        flat = frames.flatten(0, 1)
        features, _ = self._encoder.embed_clips(flat[:, None])
        smaller = _resized(flat, self._weigher.input_size).unflatten(0, frames.shape[:2])
        _, weights = self._weigher.embed_clips(smaller)
        by_clip = features.reshape(len(frames), self.clip_len, -1)
        return by_clip.mean(1, dtype=np.float32), np.sqrt(weights)

    def finish(
        self,
        weighted_sum: NDArray[np.float64],
        weight_sum: float,
        n_clips: int,  # noqa: ARG002
    ) -> NDArray[np.float32]:
        """The weighted mean over the clips: [D] -> float32 [D]."""
        return (weighted_sum / weight_sum).astype(np.float32)


def check_clip_weight(spec: str, config: ModelConfig) -> None:
    """Raises `ConfigError` for a model of `config`, named `spec`, without a weight for another."""
    form = config.clip_weight
    if form not in POSITIVE:
        fault = (
            f"the clip weight must be of a model whose weights are positive "
            f"({', '.join(POSITIVE)}); got {spec!r}, whose clip_weight is {form}: name another, "
            f"such as street, or {NO_CLIP_WEIGHT}"
        )
        raise ConfigError([fault], source="the model's options")


def _resized(frames: Tensor, size: tuple[int, int]) -> Tensor:
    """uint8 [n, 3, H, W] -> uint8 [n, 3, *size], as crops are resized."""
    if tuple(frames.shape[2:]) == size:
        return frames
    return F.interpolate(frames, size=size, mode="bilinear", antialias=True)
