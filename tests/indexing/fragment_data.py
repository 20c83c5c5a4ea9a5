"""Fragments with embeddings that a test says, and an embedder that takes their weighted mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tacan.indexing.fragments import Fragment
from tacan.video.video_records import Crop, VideoTracklet

RATE = 10
"""Frames a second."""
RED, BLUE, GREEN = np.eye(3, dtype=np.float32)
"""Embeddings of three people who don't look alike."""


class MeanEmbedder:
    """A `ClipEmbedder` whose tracklet vector is the weighted mean of its clips."""

    clip_len = 1
    input_size = (8, 4)
    embedding_dim = 3
    fingerprint = "mean"
    metric = "euclidean"
    precision = "32"

    def embed_clips(self, frames: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        raise NotImplementedError

    def finish(
        self, weighted_sum: NDArray[np.float64], weight_sum: float, n_clips: int
    ) -> NDArray[np.float32]:
        return (weighted_sum / weight_sum).astype(np.float32)


def fragment(
    number: int,
    start: float,
    looks: Sequence[NDArray[np.float32]],
    *,
    x: float = 0.0,
    running_since: float = -float("inf"),
    speed: float = 0.0,
) -> Fragment:
    """A person 40 pixels tall at `x` from `start` seconds on, with one frame for each look."""
    n = len(looks)
    frames = round(start * RATE) + np.arange(n, dtype=np.int64)
    left = x + speed * np.arange(n) / RATE
    boxes = np.stack([left, np.zeros(n), left + 16, np.full(n, 40.0)], 1).astype(np.float32)
    crops = tuple(
        Crop(int(frame), frame / RATE, box, b"jpeg", float(frame % 3))
        for frame, box in zip(frames.tolist(), boxes, strict=True)
    )
    tracklet = VideoTracklet(
        number=number,
        frames=frames,
        seconds=frames / RATE,
        boxes=boxes,
        scores=np.ones(n, np.float32),
        crops=crops,
        quality=0.5,
        running_since=running_since,
    )
    return Fragment(
        tracklet=tracklet,
        clip_frames=np.stack([frames, frames], 1),
        embeddings=np.stack(looks).astype(np.float32),
        clip_weights=np.ones(n, np.float32),
        tracks=(number,),
    )
