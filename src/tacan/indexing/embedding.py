"""Tracklets to vectors, the clips of several tracklets in one batch.

Legend: m clips of a tracklet, T frames of a clip, D embedding size, H x W pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacan.clips.split import fill_clip
from tacan.embeddings.batches import ClipSegment, embed_clip_batches
from tacan.embeddings.embedder import ClipEmbedder
from tacan.gallery.gallery_records import NewTracklet
from tacan.images.resize import resize_crops
from tacan.indexing.fragments import Fragment, vector
from tacan.indexing.index_settings import IndexSettings
from tacan.video.clip_reservoir import ClipShape
from tacan.video.video_records import Picture, Tick, VideoTracklet

__all__ = ["clip_shape", "embed_group", "in_groups", "new_tracklet"]


def clip_shape(settings: IndexSettings, embedder: ClipEmbedder) -> ClipShape:
    """The clips that the model is to see of each tracklet."""
    frames = settings.embedded_frames
    return ClipShape(
        clip_len=embedder.clip_len,
        max_clips=None if frames is None else max(1, frames // embedder.clip_len),
        height=embedder.input_size[0],
        width=embedder.input_size[1],
    )


def in_groups(
    tracklets: Iterable[VideoTracklet | Tick], *, n_frames: int
) -> Iterator[list[VideoTracklet] | Tick]:
    """Tracklets in groups of at least `n_frames` pictures, in their order; the last may have less,
    and so has one before a tick, which ends it.

    A group is embedded together and committed together. What is in it depends on nothing but the
    tracklets, so that a run that goes on after a kill makes the same batches as the one before:
    a vector differs in its last bits when its clips meet others in a batch.
    """
    group: list[VideoTracklet] = []
    for tracklet in tracklets:
        if isinstance(tracklet, Tick):
            if group:
                yield group
            yield tracklet
            group = []
            continue
        group.append(tracklet)
        if sum(each.n_pictures for each in group) >= n_frames:
            yield group
            group = []
    if group:
        yield group


def embed_group(
    group: Sequence[VideoTracklet], embedder: ClipEmbedder, *, batch_frames: int
) -> list[Fragment]:
    """The tracklets of `group` with the embeddings of their clips.

    Clips are embedded `batch_frames` frames at a time, whichever tracklet they belong to.
    """
    embeddings: list[list[NDArray[np.float32]]] = [[] for _ in group]
    weights: list[list[NDArray[np.float32]]] = [[] for _ in group]
    for segment, of_clips, their_weights in embed_clip_batches(
        _segments(group, embedder), embedder, batch_frames=batch_frames
    ):
        embeddings[segment.index].append(of_clips)
        weights[segment.index].append(their_weights)
    return [
        Fragment(
            tracklet=replace(tracklet, clips=()),
            clip_frames=np.array([(c[0].frame, c[-1].frame) for c in tracklet.clips], np.int64),
            embeddings=np.concatenate(embeddings[index]),
            clip_weights=np.concatenate(weights[index]),
            tracks=(tracklet.number,),
        )
        for index, tracklet in enumerate(group)
    ]


def _segments(group: Sequence[VideoTracklet], embedder: ClipEmbedder) -> Iterator[ClipSegment]:
    for index, tracklet in enumerate(group):
        for number, clip in enumerate(tracklet.clips, start=1):
            pixels = _clip_tensor(clip, embedder)[None]
            yield ClipSegment(index, pixels, ends=number == len(tracklet.clips))


def _clip_tensor(clip: Sequence[Picture], embedder: ClipEmbedder) -> Tensor:
    """One clip uint8 [T, 3, H, W]; one with fewer pictures repeats them in turn."""
    height, width = embedder.input_size
    frames = torch.cat([resize_crops([p.pixels], height=height, width=width) for p in clip])
    places = fill_clip(np.arange(len(clip), dtype=np.int64), embedder.clip_len)
    return frames[torch.from_numpy(places)]


def new_tracklet(fragment: Fragment, number: int, embedder: ClipEmbedder) -> NewTracklet:
    """The fragment as tracklet `number` of its source, ready for the gallery."""
    tracklet = fragment.tracklet
    return NewTracklet(
        number=number,
        first_seconds=fragment.first_seconds,
        last_seconds=fragment.last_seconds,
        embedding=vector(fragment, embedder),
        clip_weights=fragment.clip_weights,
        clip_frames=fragment.clip_frames,
        n_frames=len(tracklet),
        quality=tracklet.quality,
        frames=tracklet.frames,
        seconds=tracklet.seconds,
        boxes=tracklet.boxes,
        crops=tracklet.crops,
        tracks=fragment.tracks,
    )
