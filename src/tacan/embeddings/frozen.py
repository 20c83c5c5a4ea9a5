"""Frozen frame encoders, whose tracklet vector is the plain mean over all frames.

Legend: n frames, D feature size, H x W pixels.

A frame is a clip of its own here, with the weight 1. Features are averaged as they are, not
normalised first: on real tracklets both gave the same mAP within 0.001, and the plain mean keeps
what an encoder says with the length of its vector.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tacan.embeddings.embedder import Precision, exact_arithmetic
from tacan.embeddings.encoder_settings import EncoderSettings, Pixels
from tacan.errors import EncoderError
from tacan.model.encoders import build_encoder
from tacan.model.memory_format import channels_last

__all__ = ["FrozenEmbedder", "Runner", "TimmRunner", "timm_embedder"]

RANDOM = "random"


class Runner(Protocol):
    """A network as a function: prepared frames float32 [n, 3, H, W] -> features [n, D]."""

    def __call__(self, frames: Tensor) -> NDArray[np.float32]: ...


class FrozenEmbedder:
    """A `Runner` as a `ClipEmbedder` with clips of one frame.

    Parameters
    ----------
    runner
        The network.
    pixels
        What it wants to be fed.
    weights_digest
        Hexadecimal digest of the network's weights. Together with `pixels` it makes the
        fingerprint: other pixels give other vectors.
    device
        Where the runner wants its frames: the CPU when not given.
    """

    clip_len = 1

    def __init__(
        self,
        runner: Runner,
        *,
        pixels: Pixels,
        weights_digest: str,
        device: torch.device | None = None,
        precision: Precision = "32",
    ) -> None:
        self._runner = runner
        self._device = device or torch.device("cpu")
        self._bgr = pixels.colours == "bgr"
        scale = 255.0 if pixels.pixel_range == "0-1" else 1.0
        mean = torch.tensor(pixels.mean, device=self._device).view(3, 1, 1)
        std = torch.tensor(pixels.std, device=self._device).view(3, 1, 1)
        self._factor = 1 / (scale * std)
        self._shift = -mean / std
        self.pixels = pixels
        self.precision = precision
        self.input_size = (pixels.height, pixels.width)
        self.metric = pixels.metric
        content = f"{weights_digest} {pixels.model_dump_json(exclude={'metric'})}"
        self.fingerprint = hashlib.sha256(content.encode()).hexdigest()
        blank = torch.zeros(1, 1, 3, *self.input_size, dtype=torch.uint8)
        self.embedding_dim = self.embed_clips(blank)[0].shape[1]

    def embed_clips(self, frames: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Frames uint8 RGB [n, 1, 3, H, W] -> features [n, D] and weights [n], all 1."""
        features = self._runner(self._prepare(frames[:, 0]))
        return features, np.ones(len(features), np.float32)

    def finish(
        self,
        weighted_sum: NDArray[np.float64],
        weight_sum: float,  # noqa: ARG002
        n_clips: int,
    ) -> NDArray[np.float32]:
        """The mean over the frames: [D] -> float32 [D]."""
        return (weighted_sum / n_clips).astype(np.float32)

    def _prepare(self, frames: Tensor) -> Tensor:
        """uint8 [n, 3, H, W] -> float32 of the range, mean and order that the network wants."""
        prepared = torch.addcmul(self._shift, frames.to(self._device).float(), self._factor)
        return prepared.flip(1) if self._bgr else prepared


class TimmRunner:
    """A trunk whose map is averaged over its cells, where the weights lie."""

    def __init__(self, encoder: nn.Module, *, device: torch.device, precision: Precision) -> None:
        self._encoder = channels_last(encoder.eval().to(device))
        self._device = device
        self._precision: Precision = precision

    def __call__(self, frames: Tensor) -> NDArray[np.float32]:
        with torch.inference_mode(), exact_arithmetic(self._device, self._precision):
            ready = frames.contiguous(memory_format=torch.channels_last)
            return self._encoder(ready).float().mean((2, 3)).cpu().numpy()


def timm_embedder(
    name: str,
    *,
    weights: str | None,
    settings: EncoderSettings,
    device: torch.device,
    precision: Precision,
) -> FrozenEmbedder:
    """A backbone of timm with the mean and deviation of its own training.

    `weights` is a local file, `pretrained` (timm fetches its own) or `random` (the same ones
    every time: a baseline that knows nothing). Raises `EncoderError`.
    """
    if weights is None:
        raise EncoderError(
            "a timm: encoder needs weights",
            got=f"timm:{name} alone",
            remedy="Add --weights FILE, or --weights pretrained to let timm fetch its own from the "
            "network, or --weights random.",
        )
    pixels = Pixels.decide(settings.over(_trained_on(name)))
    encoder = _encoder(name, input_size=(pixels.height, pixels.width), weights=weights)
    digest = hashlib.sha256(name.encode())
    for key, value in encoder.state_dict().items():
        digest.update(key.encode())
        digest.update(value.contiguous().numpy().tobytes())
    runner = TimmRunner(encoder, device=device, precision=precision)
    return FrozenEmbedder(
        runner,
        pixels=pixels,
        weights_digest=digest.hexdigest(),
        device=device,
        precision=precision,
    )


def _encoder(name: str, *, input_size: tuple[int, int], weights: str) -> nn.Module:
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return build_encoder(
                name, input_size=input_size, weights=None if weights == RANDOM else weights
            )
    except EncoderError as error:
        # What training calls model.weights is an option here.
        rule, remedy = (
            text and text.replace("model.weights", "--weights")
            for text in (error.rule, error.remedy)
        )
        raise EncoderError(rule or "", got=error.got, remedy=remedy) from error


def _trained_on(name: str) -> EncoderSettings:
    known = timm.get_pretrained_cfg(name) if timm.is_model(name) else None
    if known is None:
        return EncoderSettings()
    trained_on = {"mean": known.mean, "std": known.std}
    return EncoderSettings.checked(trained_on, source=f"timm's settings of {name}")
