"""What turns clips into vectors: the protocol, and TACAN's own model behind it.

Legend: n clips, T frames, D embedding size, H x W pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacan.computing import Precision
from tacan.errors import ModelError

if TYPE_CHECKING:
    from tacan.model import Tacan

__all__ = ["ClipEmbedder", "Precision", "TacanEmbedder", "exact_arithmetic"]


class ClipEmbedder(Protocol):
    """Anything that embeds clips one by one and says how their sum becomes a tracklet's vector.

    A tracklet's vector needs only three numbers that grow with it: the sum of its clips'
    embeddings times their weights, the sum of the weights, and the number of clips. So a tracklet
    of any length is embedded in O(D) memory, and a batch may hold clips of many tracklets.
    """

    @property
    def clip_len(self) -> int:
        """T. A frozen frame encoder has 1, so that its plain mean is over all frames."""
        ...

    @property
    def input_size(self) -> tuple[int, int]:
        """(H, W), the pixels that `embed_clips` wants."""
        ...

    @property
    def embedding_dim(self) -> int:
        """D."""
        ...

    @property
    def fingerprint(self) -> str:
        """Vectors of two embedders can be compared if and only if it is the same."""
        ...

    @property
    def metric(self) -> str:
        """The distance that the vectors are meant for: `euclidean` or `cosine`."""
        ...

    @property
    def precision(self) -> str:
        """Arithmetic of the network: `32` or `bf16`."""
        ...

    def embed_clips(self, frames: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Clips uint8 RGB [n, T, 3, H, W] -> embeddings [n, D] and clip weights [n]."""
        ...

    def finish(
        self, weighted_sum: NDArray[np.float64], weight_sum: float, n_clips: int
    ) -> NDArray[np.float32]:
        """The tracklet's vector float32 [D] from the sums of its clips, n_clips >= 1."""
        ...


class TacanEmbedder:
    """A `Tacan` model as a `ClipEmbedder`.

    The model stays where it is (its device, its memory format) and must be in evaluation mode:
    batch norms that still learn would let clips of one tracklet change those of another.

    Parameters
    ----------
    model
        The model, in evaluation mode.
    clip_len, input_size
        T and (H, W) that it was trained with.
    fingerprint, metric
        As in its files.
    precision
        `32`, or `bf16` for bfloat16 arithmetic in the network. Sums are float64 in both.
    """

    def __init__(
        self,
        model: Tacan,
        *,
        clip_len: int,
        input_size: tuple[int, int],
        fingerprint: str = "",
        metric: str = "euclidean",
        precision: Precision = "32",
    ) -> None:
        self._model = model
        self.precision: Precision = precision
        self.clip_len = clip_len
        self.input_size = input_size
        self.fingerprint = fingerprint
        self.metric = metric
        blank = torch.zeros(1, clip_len, 3, *input_size, dtype=torch.uint8)
        self.embedding_dim = self.embed_clips(blank)[0].shape[1]

    def embed_clips(self, frames: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Clips uint8 RGB [n, T, 3, H, W] -> embeddings [n, D] and clip weights [n].

        Raises `ModelError` when the model is in training mode.
        """
        if self._model.training:
            raise ModelError(
                "a model must be in evaluation mode to embed",
                got="a model in training mode",
                remedy="Call its eval() first.",
            )
        device = self._model.mean.device
        with torch.inference_mode(), exact_arithmetic(device, self.precision):
            clips = self._model.embed_clips(_channels_last(frames).to(device, non_blocking=True))
            weights = clips.clip_weights.float().cpu().numpy()
            return clips.clip_embeddings.float().cpu().numpy(), weights

    def finish(
        self, weighted_sum: NDArray[np.float64], weight_sum: float, n_clips: int
    ) -> NDArray[np.float32]:
        """Eq. 3 with its divisor, then the neck: [D] -> float32 [D]."""
        model = self._model
        divisor = model.clip_attention.weighting.divisor(
            torch.tensor(weight_sum, dtype=torch.float64),
            torch.tensor(n_clips, dtype=torch.float64),
        )
        mean = torch.from_numpy(weighted_sum) / divisor
        with torch.inference_mode():
            vector = model.neck(mean.to(model.mean.device, torch.float32)[None])[0]
            return vector.cpu().numpy()


def _channels_last(frames: Tensor) -> Tensor:
    """The same clips [n, T, 3, H, W], each pixel's colours side by side in memory.

    Convolutions on CPUs are a third faster so (measured for ResNet-50), and a byte is the
    cheapest form in which to move them.
    """
    flat = frames.flatten(0, 1).contiguous(memory_format=torch.channels_last)
    return flat.unflatten(0, frames.shape[:2])


@contextmanager
def exact_arithmetic(device: torch.device, precision: Precision) -> Iterator[None]:
    """A block in which `32` is float32 throughout, and `bf16` is bfloat16 where it is safe.

    On CUDA, convolutions would otherwise round to 10 bits (TF32), and a vector would depend on
    the batch that it was computed in by more than 1e-5.
    """
    convolution: Any = torch.backends.cudnn.conv  # pyright: ignore[reportAttributeAccessIssue]
    before = convolution.fp32_precision
    convolution.fp32_precision = "ieee"
    try:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
            yield
    finally:
        convolution.fp32_precision = before
