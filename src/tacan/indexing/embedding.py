"""Tracklets to vectors, the clips of several tracklets in one batch.

Legend: m clips of a tracklet, T frames of a clip, D embedding size, H x W pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from tacan.clips.split import fill_clip
from tacan.embeddings.batches import ClipSegment, embed_segments
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.parts import EmbeddedTracklet
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
    return [
        _new_tracklet(group[done.index], done)
        for done in embed_segments(_segments(group, embedder), embedder, batch_frames=batch_frames)
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


def _new_tracklet(tracklet: VideoTracklet, embedded: EmbeddedTracklet) -> NewTracklet:
    if embedded.embedding is None:
        raise RuntimeError("a tracklet of a video has at least one clip")
    return NewTracklet(
        number=tracklet.number,
        first_seconds=float(tracklet.seconds[0]),
        last_seconds=float(tracklet.seconds[-1]),
        embedding=embedded.embedding,
        clip_weights=embedded.clip_weights,
        clip_frames=np.array([(c[0].frame, c[-1].frame) for c in tracklet.clips], np.int64),
        n_frames=len(tracklet),
        quality=tracklet.quality,
        frames=tracklet.frames,
        seconds=tracklet.seconds,
        boxes=tracklet.boxes,
        crops=tracklet.crops,
    )
