"""Pictures of one person: their vector, and the strip that is shown of them.

Legend: n pictures, m clips, D embedding size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tacan.embeddings.embedder import ClipEmbedder

__all__ = ["MAX_PICTURES", "Strip", "embed_pictures", "spread"]

MAX_PICTURES = 10
"""Most pictures of one strip: more could not be told apart side by side."""


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """Pictures of a tracklet in the order of time, and the weights of all its clips.

    pictures, frames
        uint8 [h, w, 3] RGB of any sizes, and int64 [n], the frame of each.
    clip_frames, clip_weights
        int64 [m, 2], the first and the last frame of each clip, and float32 [m].
    n_missing
        How many pictures should be there and can't be read.
    visibility
        float32 [n], the visible share of the person in each picture, where it is known.
    """

    pictures: tuple[NDArray[np.uint8], ...]
    frames: NDArray[np.int64]
    clip_frames: NDArray[np.int64]
    clip_weights: NDArray[np.float32]
    n_missing: int = 0
    visibility: NDArray[np.float32] | None = field(default=None)

    @property
    def shares(self) -> NDArray[np.float64]:
        """What part of the vector each clip is, float64 [m]; their sum is 1."""
        weights = self.clip_weights.astype(np.float64)
        total = weights.sum()
        return weights / total if total > 0 else np.full(len(weights), 1 / max(len(weights), 1))

    @property
    def is_even(self) -> bool:
        """Whether all clips count alike, so that there is nothing to be seen in the weights."""
        weights = self.clip_weights
        return len(weights) < 2 or bool(np.ptp(weights) <= 1e-6 * np.abs(weights).max())


def embed_pictures(
    pixels: Sequence[NDArray[np.uint8]], embedder: ClipEmbedder
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """The vector of a person's pictures, as if they were the frames of one tracklet.

    `pixels` are n images uint8 [h, w, 3] RGB of any sizes, n >= 1. Gives the vector float32 [D],
    the clips' weights float32 [m], and which pictures each clip holds: the first and the last
    one, int64 [m, 2].
    """
    # torch takes seconds to import; who searches by a tracklet's name doesn't need it.
    from tacan.embeddings.batches import embed_in_batches
    from tacan.embeddings.reading import Stretch
    from tacan.images.resize import resize_crops

    height, width = embedder.input_size
    last = len(pixels) - 1
    stretches = (
        Stretch(0, resize_crops([one], height=height, width=width), n_asked=1, ends=i == last)
        for i, one in enumerate(pixels)
    )
    (embedded,) = embed_in_batches(stretches, embedder, batch_frames=embedder.clip_len)
    if embedded.embedding is None:
        raise RuntimeError("pictures that were read have a vector")
    firsts = np.arange(len(embedded.clip_weights), dtype=np.int64) * embedder.clip_len
    lasts = np.minimum(firsts + embedder.clip_len, len(pixels)) - 1
    return embedded.embedding, embedded.clip_weights, np.stack([firsts, lasts], axis=1)


def spread(count: int, most: int = MAX_PICTURES) -> NDArray[np.int64]:
    """Indices of at most `most` things among `count`, evenly spread, the first and last included.

    >>> spread(5, 3), spread(2, 3)
    (array([0, 2, 4]), array([0, 1]))
    """
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
