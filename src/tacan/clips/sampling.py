"""Which clips a tracklet is trained with: a few of T frames each, chosen at random.

Every sampling is a function (n_frames, clip_len, n_clips, rng) -> int64 [m, T] of frame numbers.
Clips stand in the order of time, and so do the frames of a clip. A tracklet shorter than T is
filled in the way of `tacan.clips.split`: all its m clips are then that one clip.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tacan.clips.split import check_sizes, fill_clip
from tacan.errors import ConfigError

__all__ = ["SAMPLINGS", "Sampling", "consecutive", "find_sampling", "segments", "strided"]

Sampling = Callable[[int, int, int, np.random.Generator], NDArray[np.int64]]


def consecutive(
    n_frames: int, clip_len: int, n_clips: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """m clips of T consecutive frames each, from random places.

    A tracklet of at least m T frames gives clips that don't overlap: every such placement is
    equally likely. A shorter one gives clips with different starts; where it has fewer than m
    starts, each is taken once before any is taken twice.
    """
    check_sizes(n_frames=n_frames, clip_len=clip_len, n_clips=n_clips)
    if n_frames < clip_len:
        return _filled(n_frames, clip_len, n_clips)
    spare = n_frames - n_clips * clip_len
    if spare >= 0:
        # m clips and the spare frames in any order: choose which of the places hold clips.
        places = np.sort(rng.choice(spare + n_clips, size=n_clips, replace=False))
        starts = places + np.arange(n_clips) * (clip_len - 1)
    else:
        starts = _distinct(n_frames - clip_len + 1, n_clips, rng)
    return starts[:, None] + np.arange(clip_len)


def strided(
    n_frames: int, clip_len: int, n_clips: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """m clips, each of every s-th frame, s = floor(n_frames / T): each spans the tracklet.

    The clips differ in their first frame, of which there are n_frames - s (T - 1); each is taken
    once before any is taken twice.
    """
    check_sizes(n_frames=n_frames, clip_len=clip_len, n_clips=n_clips)
    if n_frames < clip_len:
        return _filled(n_frames, clip_len, n_clips)
    stride = n_frames // clip_len
    starts = _distinct(n_frames - stride * (clip_len - 1), n_clips, rng)
    return starts[:, None] + np.arange(clip_len) * stride


def segments(
    n_frames: int, clip_len: int, n_clips: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """One clip of T consecutive frames from each of m equal segments of the tracklet.

    Segment i begins at floor(i n_frames / m). The clip's place in it is random; a segment shorter
    than T is first widened about its middle to T frames, within the tracklet.
    """
    check_sizes(n_frames=n_frames, clip_len=clip_len, n_clips=n_clips)
    if n_frames < clip_len:
        return _filled(n_frames, clip_len, n_clips)
    bounds = np.arange(n_clips + 1) * n_frames // n_clips
    first, last = bounds[:-1], bounds[1:] - clip_len
    middle = np.clip((first + last) // 2, 0, n_frames - clip_len)
    too_short = last < first
    starts = rng.integers(
        np.where(too_short, middle, first), np.where(too_short, middle, last), endpoint=True
    )
    return starts[:, None] + np.arange(clip_len)


SAMPLINGS: dict[str, Sampling] = {
    "consecutive": consecutive,
    "strided": strided,
    "segments": segments,
}


def find_sampling(name: str) -> Sampling:
    """The sampling of that name. Raises `ConfigError`, which lists the known ones."""
    if name not in SAMPLINGS:
        known = ", ".join(SAMPLINGS)
        raise ConfigError([f"a sampling must be one of {known}; got {name!r}"], source="the clips")
    return SAMPLINGS[name]


def _filled(n_frames: int, clip_len: int, n_clips: int) -> NDArray[np.int64]:
    clip = fill_clip(np.arange(n_frames, dtype=np.int64), clip_len)
    return np.tile(clip, (n_clips, 1))


def _distinct(n_starts: int, n_clips: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """n_clips of the starts 0 to n_starts - 1, sorted, their counts as equal as they can be."""
    rounds, remaining = divmod(n_clips, n_starts)
    once_more = rng.choice(n_starts, size=remaining, replace=False)
    return np.sort(np.concatenate([np.tile(np.arange(n_starts), rounds), once_more]))
