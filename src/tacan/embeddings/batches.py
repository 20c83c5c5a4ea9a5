"""Clips of several tracklets, regrouped into batches of one size for the model, and taken apart.

Legend: n clips, T frames, D embedding size, H x W pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.parts import EmbeddedTracklet
from tacan.embeddings.reading import Stretch, UnreadableCrop
from tacan.embeddings.stream import ClipCutter, ClipSums, ClipWeights

__all__ = ["ClipSegment", "embed_clip_batches", "embed_in_batches", "embed_segments"]


@dataclass(frozen=True)
class ClipSegment:
    """Clips of the tracklet `index` that follow each other, uint8 [n, T, 3, H, W]; n may be 0.

    `ends` says that they are its last; `unreadable` names crops that are missing among them.
    """

    index: int
    clips: Tensor
    ends: bool
    unreadable: tuple[UnreadableCrop, ...] = ()


class _OpenTracklet:
    """The tracklet whose clips are coming out of the model just now."""

    def __init__(self, embedder: ClipEmbedder) -> None:
        self._sums = ClipSums(embedder)
        self._weights = ClipWeights()
        self._unreadable: list[UnreadableCrop] = []

    def add(
        self,
        segment: ClipSegment,
        embeddings: NDArray[np.float32],
        weights: NDArray[np.float32],
    ) -> None:
        self._sums.add(embeddings, weights)
        self._weights.add(weights)
        self._unreadable += segment.unreadable

    def close(self, index: int) -> EmbeddedTracklet:
        return EmbeddedTracklet(
            index=index,
            embedding=self._sums.vector() if self._sums.n_clips else None,
            clip_weights=self._weights.values(),
            unreadable=tuple(self._unreadable),
        )


def embed_in_batches(
    stretches: Iterable[Stretch], embedder: ClipEmbedder, *, batch_frames: int
) -> Iterator[EmbeddedTracklet]:
    """Tracklets as they are finished, from what is read of their crops."""
    segments = _segments(stretches, embedder.clip_len)
    return embed_segments(segments, embedder, batch_frames=batch_frames)


def embed_segments(
    segments: Iterable[ClipSegment], embedder: ClipEmbedder, *, batch_frames: int
) -> Iterator[EmbeddedTracklet]:
    """Tracklets as they are finished; see `embed_clip_batches`. Only one is ever open."""
    tracklet = _OpenTracklet(embedder)
    for segment, embeddings, weights in embed_clip_batches(
        segments, embedder, batch_frames=batch_frames
    ):
        tracklet.add(segment, embeddings, weights)
        if segment.ends:
            yield tracklet.close(segment.index)
            tracklet = _OpenTracklet(embedder)


def embed_clip_batches(
    segments: Iterable[ClipSegment], embedder: ClipEmbedder, *, batch_frames: int
) -> Iterator[tuple[ClipSegment, NDArray[np.float32], NDArray[np.float32]]]:
    """Segments with the embeddings [n, D] and weights [n] of their clips, in order.

    Clips are embedded `batch_frames` frames at a time, whichever tracklet they belong to; a
    segment that two batches share comes in two parts.
    """
    n_clips = max(1, batch_frames // embedder.clip_len)
    for batch in _batches(segments, n_clips):
        sizes = [len(segment.clips) for segment in batch]
        embeddings = np.empty((0, embedder.embedding_dim), np.float32)
        weights = np.empty(0, np.float32)
        if any(sizes):
            embeddings, weights = embedder.embed_clips(torch.cat([s.clips for s in batch]))
        at = 0
        for segment, size in zip(batch, sizes, strict=True):
            yield segment, embeddings[at : at + size], weights[at : at + size]
            at += size


def _segments(stretches: Iterable[Stretch], clip_len: int) -> Iterator[ClipSegment]:
    """Cuts each tracklet's readable frames into clips, the last one filled up."""
    cutter = ClipCutter(clip_len)
    for stretch in stretches:
        clips = cutter.add(stretch.frames)
        if stretch.ends:
            rest = cutter.rest()
            clips = clips if rest is None else torch.cat([clips, rest])
            cutter = ClipCutter(clip_len)
        yield ClipSegment(stretch.index, clips, stretch.ends, stretch.unreadable)


def _batches(segments: Iterable[ClipSegment], n_clips: int) -> Iterator[list[ClipSegment]]:
    """Segments regrouped, and cut where need be, to `n_clips` clips a batch; fewer in the last."""
    batch: list[ClipSegment] = []
    room = n_clips
    for segment in segments:
        rest = segment
        while len(rest.clips) > room:
            head = replace(rest, clips=rest.clips[:room], ends=False, unreadable=())
            rest = replace(rest, clips=rest.clips[room:])
            yield [*batch, head]
            batch, room = [], n_clips
        batch.append(rest)
        room -= len(rest.clips)
    if batch:
        yield batch
