"""Clips of a track that still runs: enough pictures for the model, in bounded memory.

Legend: T frames of a clip, H x W pixels of the model's input, h x w pixels of a crop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.images.resize import resize_crops
from tacan.video.video_records import Picture

__all__ = ["ClipReservoir", "ClipShape"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipShape:
    """The clips that a model is to see of each tracklet."""

    clip_len: int
    """T."""
    max_clips: int | None
    """Most clips of a tracklet; None for all, whatever memory they take."""
    height: int
    width: int
    """H, W: a crop with more pixels is kept in this size."""


class ClipReservoir:
    """Clips of T processed frames that follow each other, spread evenly over one running track.

    The length of a track is not known before it ends. So every clip is kept until there are twice
    as many as wanted; then every other one is given up, and from there on only every other one is
    taken; and so on. A track of any length thus holds between `max_clips` and 2 `max_clips` of its
    clips, evenly spread, and `chosen` takes from those.
    """

    def __init__(self, shape: ClipShape) -> None:
        self._shape = shape
        self._n_seen = 0
        self._step = 1
        """Every nth clip of the track is kept."""
        self._clips: list[list[Picture]] = []

    def add(self, frame: int, crop: NDArray[np.uint8]) -> None:
        """Takes the next crop uint8 [h, w, 3] of the track, which is copied if it is kept."""
        most = self._shape.max_clips
        clip, position = divmod(self._n_seen, self._shape.clip_len)
        self._n_seen += 1
        if position == 0 and most is not None and len(self._clips) >= 2 * most:
            self._clips = self._clips[::2]
            self._step *= 2
        if clip % self._step:
            return
        if position == 0:
            self._clips.append([])
        self._clips[-1].append(Picture(frame, self._small(crop)))

    def chosen(self) -> tuple[tuple[Picture, ...], ...]:
        """At most `max_clips` clips, in the order of time, with the first and the last one."""
        most = self._shape.max_clips
        clips = self._clips
        if most is not None and len(clips) > most:
            indices = np.linspace(0, len(clips) - 1, most).round().astype(int)
            clips = [clips[i] for i in indices.tolist()]
        return tuple(map(tuple, clips))

    @property
    def n_pictures(self) -> int:
        """The pictures held."""
        return sum(map(len, self._clips))

    def _small(self, crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = self._shape.height, self._shape.width
        if crop.shape[0] * crop.shape[1] <= height * width:
            return crop.copy()
        small = resize_crops([crop], height=height, width=width)[0]
        return np.ascontiguousarray(small.permute(1, 2, 0).numpy())
