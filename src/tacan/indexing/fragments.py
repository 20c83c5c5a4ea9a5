"""Fragments: what the tracker gave for a walk or a part of one, with the vectors of its clips.

Legend: m clips of a fragment, D embedding size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.stream import ClipSums
from tacan.video.video_records import Crop, VideoTracklet

__all__ = ["Fragment", "cut", "cut_at", "join", "vector"]


@dataclass(frozen=True, eq=False)
class Fragment:
    """A tracklet of the tracker, without the pictures of its clips but with their embeddings.

    `clip_frames` int64 [m, 2] are the first and last frame of each clip, `embeddings` float32
    [m, D] and `clip_weights` float32 [m] what the model made of it. `tracks` numbers the tracklets
    of the tracker that it holds or is a part of.
    """

    tracklet: VideoTracklet
    clip_frames: NDArray[np.int64]
    embeddings: NDArray[np.float32]
    clip_weights: NDArray[np.float32]
    tracks: tuple[int, ...]

    @property
    def first_seconds(self) -> float:
        return float(self.tracklet.seconds[0])

    @property
    def last_seconds(self) -> float:
        return float(self.tracklet.seconds[-1])


def vector(fragment: Fragment, embedder: ClipEmbedder, clips: slice = slice(None)) -> Any:
    """The vector float32 [D] of a fragment, or of some of its clips."""
    sums = ClipSums(embedder)
    sums.add(fragment.embeddings[clips], fragment.clip_weights[clips])
    return sums.vector()


def cut(fragment: Fragment, clip: int) -> tuple[Fragment, Fragment]:
    """The fragment before its clip number `clip` (from 0), and from that clip on."""
    border = int(fragment.clip_frames[clip, 0])
    return _sides(fragment, border, slice(None, clip), slice(clip, None))


def cut_at(fragment: Fragment, frame: int) -> tuple[Fragment, Fragment] | None:
    """The fragment before `frame`, and from it on; None where one of them had no clip.

    A clip that reaches over the border shows both, and is left out.
    """
    n_before = int((fragment.clip_frames[:, 1] < frame).sum())
    n_after = int((fragment.clip_frames[:, 0] >= frame).sum())
    if n_before == 0 or n_after == 0:
        return None
    after = slice(len(fragment.clip_frames) - n_after, None)
    return _sides(fragment, frame, slice(None, n_before), after)


def _sides(
    fragment: Fragment, border: int, clips_before: slice, clips_after: slice
) -> tuple[Fragment, Fragment]:
    """The fragment before the frame `border` and from it on, each with some of the clips."""
    before = fragment.tracklet.frames < border
    return (
        _part(fragment, before, clips_before, lambda crop: crop.frame < border),
        _part(fragment, ~before, clips_after, lambda crop: crop.frame >= border),
    )


def _part(fragment: Fragment, frames: NDArray[np.bool_], clips: slice, holds: Any) -> Fragment:
    whole = fragment.tracklet
    return Fragment(
        tracklet=replace(
            whole,
            frames=whole.frames[frames],
            seconds=whole.seconds[frames],
            boxes=whole.boxes[frames],
            scores=whole.scores[frames],
            crops=tuple(crop for crop in whole.crops if holds(crop)),
        ),
        clip_frames=fragment.clip_frames[clips],
        embeddings=fragment.embeddings[clips],
        clip_weights=fragment.clip_weights[clips],
        tracks=fragment.tracks,
    )


def join(fragments: Sequence[Fragment], *, max_crops: int) -> Fragment:
    """One fragment of several that follow each other, with the sharpest of their crops.

    Of a frame that two of them have, the earlier fragment's box is kept.
    """
    parts = [fragments[0].tracklet]
    parts += [_behind(one.tracklet, other.tracklet) for one, other in pairwise(fragments)]
    crops = [crop for part in parts for crop in part.crops]
    weights = [max(len(part.crops), 1) for part in parts]
    return Fragment(
        tracklet=VideoTracklet(
            number=parts[0].number,
            frames=np.concatenate([part.frames for part in parts]),
            seconds=np.concatenate([part.seconds for part in parts]),
            boxes=np.concatenate([part.boxes for part in parts]),
            scores=np.concatenate([part.scores for part in parts]),
            crops=_spread(crops, max_crops),
            quality=float(np.average([part.quality for part in parts], weights=weights)),
        ),
        clip_frames=np.concatenate([fragment.clip_frames for fragment in fragments]),
        embeddings=np.concatenate([fragment.embeddings for fragment in fragments]),
        clip_weights=np.concatenate([fragment.clip_weights for fragment in fragments]),
        tracks=tuple(track for fragment in fragments for track in fragment.tracks),
    )


def _behind(before: VideoTracklet, after: VideoTracklet) -> VideoTracklet:
    """What of `after` is behind the last frame of `before`."""
    border = before.frames[-1]
    if after.frames[0] > border:
        return after
    behind = after.frames > border
    return replace(
        after,
        frames=after.frames[behind],
        seconds=after.seconds[behind],
        boxes=after.boxes[behind],
        scores=after.scores[behind],
        crops=tuple(crop for crop in after.crops if crop.frame > border),
    )


def _spread(crops: Sequence[Crop], count: int) -> tuple[Crop, ...]:
    """At most `count` crops in the order of time: the sharpest of each of `count` equal parts."""
    if len(crops) <= count:
        return tuple(crops)
    edges = np.linspace(0, len(crops), count + 1).round().astype(int).tolist()
    return tuple(
        max(crops[start:end], key=lambda crop: crop.sharpness) for start, end in pairwise(edges)
    )
