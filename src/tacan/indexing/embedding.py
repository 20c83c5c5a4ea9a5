"""Tracklets to vectors, the clips of several tracklets in one batch.

Legend: m clips of a tracklet, T frames of a clip, D embedding size, H x W pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacan.clips.split import fill_clip
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.stream import ClipSums, ClipWeights
from tacan.gallery.gallery_records import NewTracklet
from tacan.images.resize import resize_crops
from tacan.video.video_records import Picture, VideoTracklet

__all__ = ["embed_group", "in_groups"]


def in_groups(
    tracklets: Iterable[VideoTracklet], *, n_frames: int
) -> Iterator[list[VideoTracklet]]:
    """Tracklets in groups of at least `n_frames` pictures, in their order; the last may have less.

    A group is embedded together and committed together. What is in it depends on nothing but the
    tracklets, so that a run that goes on after a kill makes the same batches as the one before:
    a vector differs in its last bits when its clips meet others in a batch.
    """
    group: list[VideoTracklet] = []
    for tracklet in tracklets:
        group.append(tracklet)
        if sum(each.n_pictures for each in group) >= n_frames:
            yield group
            group = []
    if group:
        yield group


def embed_group(
    group: Sequence[VideoTracklet], embedder: ClipEmbedder, *, batch_frames: int
) -> list[NewTracklet]:
    """The tracklets of `group` with their vectors, ready for the gallery.

    Clips are embedded `batch_frames` frames at a time, whichever tracklet they belong to.
    """
    sums = [ClipSums(embedder) for _ in group]
    weights = [ClipWeights() for _ in group]
    clips = iter([(place, clip) for place, each in enumerate(group) for clip in each.clips])
    while batch := list(islice(clips, max(1, batch_frames // embedder.clip_len))):
        frames = torch.stack([_clip_tensor(clip, embedder) for _, clip in batch])
        embeddings, clip_weights = embedder.embed_clips(frames)
        owners = np.array([place for place, _ in batch])
        for place in np.unique(owners).tolist():
            sums[place].add(embeddings[owners == place], clip_weights[owners == place])
            weights[place].add(clip_weights[owners == place])
    return [
        _new_tracklet(each, embedding=sums[place].vector(), weights=weights[place].values())
        for place, each in enumerate(group)
    ]


def _clip_tensor(clip: Sequence[Picture], embedder: ClipEmbedder) -> Tensor:
    """One clip uint8 [T, 3, H, W]; one with fewer pictures repeats them in turn."""
    height, width = embedder.input_size
    frames = torch.cat([resize_crops([p.pixels], height=height, width=width) for p in clip])
    places = fill_clip(np.arange(len(clip), dtype=np.int64), embedder.clip_len)
    return frames[torch.from_numpy(places)]


def _new_tracklet(
    tracklet: VideoTracklet, *, embedding: NDArray[np.float32], weights: NDArray[np.float32]
) -> NewTracklet:
    return NewTracklet(
        number=tracklet.number,
        first_seconds=float(tracklet.seconds[0]),
        last_seconds=float(tracklet.seconds[-1]),
        embedding=embedding,
        clip_weights=weights,
        clip_frames=np.array([(c[0].frame, c[-1].frame) for c in tracklet.clips], np.int64),
        n_frames=len(tracklet),
        quality=tracklet.quality,
        frames=tracklet.frames,
        seconds=tracklet.seconds,
        boxes=tracklet.boxes,
        crops=tracklet.crops,
    )
