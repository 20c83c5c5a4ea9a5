"""A tracklet's vector while the tracklet is still running, in O(D) memory.

Legend: n frames or clips, T frames of a clip, D embedding size, H x W pixels.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacan.clips.split import fill_clip
from tacan.embeddings.embedder import ClipEmbedder
from tacan.errors import DataError

__all__ = ["ClipCutter", "ClipSums", "ClipWeights", "TrackletStream"]


class ClipCutter:
    """Cuts frames, as they come, into the clips of `clips.split.consecutive_clips`.

    >>> cutter = ClipCutter(4)
    >>> [len(cutter.add(torch.zeros(n, 3, 2, 2, dtype=torch.uint8))) for n in (3, 3, 4)]
    [0, 1, 1]
    >>> cutter.n_pending, cutter.rest().shape[:2]
    (2, torch.Size([1, 4]))
    """

    def __init__(self, clip_len: int) -> None:
        self._clip_len = clip_len
        self._pending: list[Tensor] = []

    @property
    def n_pending(self) -> int:
        """Frames that wait for their clip to be full: fewer than T."""
        return len(self._pending)

    def add(self, frames: Tensor) -> Tensor:
        """Frames [n, 3, H, W] -> the clips [m, T, 3, H, W] that are full now; m may be 0."""
        if self._pending:
            frames = torch.cat([torch.stack(self._pending), frames])
        n_whole = len(frames) // self._clip_len * self._clip_len
        # Cloned, so that a frame that waits does not keep its whole batch in memory.
        self._pending = [frame.clone() for frame in frames[n_whole:]]
        return frames[:n_whole].unflatten(0, (n_whole // self._clip_len, self._clip_len))

    def rest(self) -> Tensor | None:
        """The clip that is being filled, filled up [1, T, 3, H, W], if any. Changes nothing."""
        if not self._pending:
            return None
        places = fill_clip(np.arange(len(self._pending), dtype=np.int64), self._clip_len)
        return torch.stack([self._pending[place] for place in places.tolist()])[None]


class ClipSums:
    """The sums of Eq. 3 so far, in float64."""

    def __init__(self, embedder: ClipEmbedder) -> None:
        self._embedder = embedder
        self._weighted = np.zeros(embedder.embedding_dim)
        self._weight = 0.0
        self.n_clips = 0

    def add(self, embeddings: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
        """Takes in clips: embeddings [n, D] and weights [n]."""
        exact = weights.astype(np.float64)
        self._weighted += exact @ embeddings.astype(np.float64)
        self._weight += float(exact.sum())
        self.n_clips += len(weights)

    def vector(self) -> NDArray[np.float32]:
        """The tracklet's vector so far, float32 [D]. Raises `DataError` before the first clip."""
        if self.n_clips == 0:
            raise DataError(
                "a tracklet must have at least one frame to have an embedding",
                got="none yet",
                remedy="Add frames first.",
            )
        return self._embedder.finish(self._weighted.copy(), self._weight, self.n_clips)

    def copy(self) -> ClipSums:
        """The same sums, to go on from without touching these."""
        other = ClipSums(self._embedder)
        other._weighted = self._weighted.copy()
        other._weight = self._weight
        other.n_clips = self.n_clips
        return other


class ClipWeights:
    """The weights of a tracklet's clips, as they come.

    They lie in one array that doubles when it is full. A small array for each batch would do as
    well, but those pin the freed memory of the batches between them: measured, 200 MB for 10,000
    frames.
    """

    def __init__(self) -> None:
        self._values = np.empty(64, np.float32)
        self._n = 0

    def add(self, weights: NDArray[np.float32]) -> None:
        """Takes in weights [n]."""
        n = self._n + len(weights)
        if n > len(self._values):
            self._values = np.resize(self._values, max(n, 2 * len(self._values)))
        self._values[self._n : n] = weights
        self._n = n

    def values(self) -> NDArray[np.float32]:
        """All weights so far, float32 [m]."""
        return self._values[: self._n].copy()


class TrackletStream:
    """The embedding of a tracklet whose frames come one after another.

    It holds the sums of Eq. 3 and fewer than T frames, whatever the tracklet's length, and gives
    the vector that all frames together give (within 1e-5).

    Parameters
    ----------
    embedder
        The model.
    batch_frames
        Most frames that reach the model at once; more are embedded in turn.
    keep_clip_weights
        Whether `clip_weights` is kept: four bytes a clip.

    >>> stream = TrackletStream(embedder)                                   # doctest: +SKIP
    >>> stream.add_frames(frames)                # uint8 [n, 3, H, W]         # doctest: +SKIP
    >>> stream.embedding()                       # float32 [D], so far        # doctest: +SKIP
    """

    def __init__(
        self, embedder: ClipEmbedder, *, batch_frames: int = 64, keep_clip_weights: bool = False
    ) -> None:
        self._embedder = embedder
        self._cutter = ClipCutter(embedder.clip_len)
        self._sums = ClipSums(embedder)
        self._batch = max(1, batch_frames // embedder.clip_len)
        self._kept = ClipWeights() if keep_clip_weights else None

    @property
    def n_clips(self) -> int:
        """Whole clips so far."""
        return self._sums.n_clips

    @property
    def n_frames(self) -> int:
        """Frames so far, with those that wait for their clip to be full."""
        return self._sums.n_clips * self._embedder.clip_len + self._cutter.n_pending

    def add_frames(self, frames: Tensor) -> None:
        """Takes in the next frames, uint8 RGB [n, 3, H, W]. Raises `DataError` for others."""
        self._check(frames)
        self._embed(self._cutter.add(frames))

    def embedding(self) -> NDArray[np.float32]:
        """The vector float32 [D] of all frames so far, at any time.

        Frames that wait are filled up to a clip, as at a tracklet's end; the stream itself goes on
        as if nobody had asked. Raises `DataError` before the first frame.
        """
        rest = self._cutter.rest()
        if rest is None:
            return self._sums.vector()
        sums = self._sums.copy()
        sums.add(*self._embedder.embed_clips(rest))
        return sums.vector()

    def clip_weights(self) -> NDArray[np.float32]:
        """The weights of all clips so far, float32 [m], the one that is being filled included.

        Raises `DataError` unless the stream was made with `keep_clip_weights=True`.
        """
        if self._kept is None:
            raise DataError(
                "clip weights are there only when they are kept",
                got="a stream that keeps none",
                remedy="Make the stream with keep_clip_weights=True.",
            )
        rest = self._cutter.rest()
        whole = self._kept.values()
        if rest is None:
            return whole
        return np.concatenate([whole, self._embedder.embed_clips(rest)[1]])

    def _embed(self, clips: Tensor) -> None:
        for part in clips.split(self._batch) if len(clips) else ():
            embeddings, weights = self._embedder.embed_clips(part)
            self._sums.add(embeddings, weights)
            if self._kept is not None:
                self._kept.add(weights)

    def _check(self, frames: Tensor) -> None:
        height, width = self._embedder.input_size
        shape = (3, height, width)
        if frames.dtype != torch.uint8 or frames.dim() != 4 or frames.shape[1:] != shape:
            raise DataError(
                f"a stream takes RGB pixels uint8 [n, {', '.join(map(str, shape))}]",
                got=f"{frames.dtype} {list(frames.shape)}",
                remedy="Resize them to the embedder's input_size first.",
            )
