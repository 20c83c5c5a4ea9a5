"""How a tracklet is cut into clips where every frame counts: in tests and in embedding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError, DataError

__all__ = ["check_sizes", "consecutive_clips", "fill_clip"]


def check_sizes(*, n_frames: int, clip_len: int, n_clips: int = 1) -> None:
    """Raises `DataError` for a tracklet without frames, `ConfigError` for empty clips."""
    if n_frames < 1:
        raise DataError(
            "a tracklet must have at least one frame",
            got=n_frames,
            remedy="Leave the empty tracklet out.",
        )
    sizes = (("clip_len", clip_len), ("n_clips", n_clips))
    faults = [f"{name} must be at least 1; got {size}" for name, size in sizes if size < 1]
    if faults:
        raise ConfigError(faults, source="the clips")


def fill_clip(frames: NDArray[np.int64], clip_len: int) -> NDArray[np.int64]:
    """A clip of `clip_len` frames out of fewer, by repeating those in turn.

    Parameters
    ----------
    frames
        int64 [n], 1 <= n <= clip_len: the frames that there are, in order.
    clip_len
        T.

    Returns
    -------
    int64 [T]: frame i is `frames[i % n]`, so each occurs floor(T/n) or ceil(T/n) times.

    >>> fill_clip(np.array([8, 9]), 5).tolist()
    [8, 9, 8, 9, 8]
    """
    return np.resize(frames, clip_len)


def consecutive_clips(n_frames: int, clip_len: int) -> NDArray[np.int64]:
    """All consecutive clips of a tracklet, in which each of its frames occurs.

    Clip i holds the frames iT to iT + T - 1. Where T does not divide the number of frames, the
    last clip holds the frames that remain and is filled by repeating those same frames in turn,
    from the first of them on: no frame of another clip enters it, and none is dropped. A tracklet
    shorter than T is one such last clip.

    Parameters
    ----------
    n_frames
        The tracklet's length, at least 1.
    clip_len
        T, at least 1.

    Returns
    -------
    int64 [m, T] with m = ceil(n_frames / T): frame numbers from 0.

    Raises
    ------
    DataError
        For a tracklet without frames.
    ConfigError
        For a clip length below 1.

    >>> consecutive_clips(10, 4).tolist()
    [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 8, 9]]
    >>> consecutive_clips(1, 4).tolist()
    [[0, 0, 0, 0]]
    """
    check_sizes(n_frames=n_frames, clip_len=clip_len)
    frames = np.arange(n_frames, dtype=np.int64)
    n_remaining = n_frames % clip_len
    whole = frames[: n_frames - n_remaining].reshape(-1, clip_len)
    if n_remaining == 0:
        return whole
    return np.vstack([whole, fill_clip(frames[-n_remaining:], clip_len)])
