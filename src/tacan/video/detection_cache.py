"""Cache of detections, by which an interrupted run goes on.

Detection takes most of the time of indexing. So detections are stored in blocks of frames, and a
run that goes on after a kill takes them from there; following people anew through boxes that are
known costs next to nothing.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from tacan.video.video_records import Detections

__all__ = ["Block", "DetectionCache", "KnownDetections", "pack_block", "unpack_block"]

BLOCK_FRAMES = 64
BLOCK_SECONDS = 5.0
"""A block is stored when either is reached: what a kill costs at most."""

Block = list[tuple[int, Detections]]
"""Processed frames that follow each other: the number of each, and its detections."""


class KnownDetections(Protocol):
    """What an earlier run found in the frames of a video, and the place for what this one finds."""

    def get(self, frame: int) -> Detections | None:
        """The detections in frame `frame`, asked for in rising order; None where they are not
        known."""
        ...

    def add(self, frames: Block) -> None:
        """Takes in new detections of frames that follow those before."""
        ...

    def flush(self) -> None:
        """Stores the new detections that are not stored yet."""
        ...


_HEAD = struct.Struct("<4sI")
_MARK = b"TDJ1"


def pack_block(block: Block) -> bytes:
    """The block as bytes, exactly.

    A mark and the number of frames; then, little-endian, each frame's number (int64), how many
    were found in it (int32), all boxes (float32) and all scores (float32).
    """
    frames = np.array([number for number, _ in block], "<i8")
    counts = np.array([len(found) for _, found in block], "<i4")
    boxes = [found.boxes.astype("<f4").tobytes() for _, found in block]
    scores = [found.scores.astype("<f4").tobytes() for _, found in block]
    return b"".join(
        [_HEAD.pack(_MARK, len(block)), frames.tobytes(), counts.tobytes(), *boxes, *scores]
    )


def unpack_block(data: bytes) -> Block | None:
    """The block in `data`; None for bytes that `pack_block` did not write."""
    if len(data) < _HEAD.size:
        return None
    mark, n_frames = _HEAD.unpack_from(data)
    if mark != _MARK or len(data) < _HEAD.size + 12 * n_frames:
        return None
    frames = np.frombuffer(data, "<i8", n_frames, _HEAD.size)
    counts = np.frombuffer(data, "<i4", n_frames, _HEAD.size + 8 * n_frames)
    n_found = int(counts.sum())
    start = _HEAD.size + 12 * n_frames
    if len(data) != start + 20 * n_found or (counts < 0).any():
        return None
    boxes = np.frombuffer(data, "<f4", 4 * n_found, start).reshape(-1, 4)
    scores = np.frombuffer(data, "<f4", n_found, start + 16 * n_found)
    if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
        return None
    ends = np.cumsum(counts)[:-1]
    # Copied, since a part of a buffer is read-only and keeps the whole in memory.
    return [
        (int(number), Detections(some.astype(np.float32), their.astype(np.float32)))
        for number, some, their in zip(
            frames, np.split(boxes, ends), np.split(scores, ends), strict=True
        )
    ]


class DetectionCache:
    """`KnownDetections` of one file, in blocks that a gallery keeps.

    `blocks` are (first frame, bytes) by rising frame, as the gallery gives them. Bytes that can't
    be understood end them: from there on nothing is known. New detections go to
    `store(first frame, bytes)` block by block; `flush` stores those that are left.
    """

    def __init__(
        self, blocks: Sequence[tuple[int, bytes]], store: Callable[[int, bytes], None]
    ) -> None:
        self._blocks = iter(blocks)
        self._store = store
        self._open: dict[int, Detections] = {}
        self._highest = -1
        self._new: Block = []
        self._stored_at = time.monotonic()

    def get(self, frame: int) -> Detections | None:
        while frame > self._highest:
            block = unpack_block(next(self._blocks, (0, b""))[1])
            if not block:
                return None
            self._open = dict(block)
            self._highest = block[-1][0]
        return self._open.get(frame)

    def add(self, frames: Block) -> None:
        self._new += frames
        if len(self._new) >= BLOCK_FRAMES or time.monotonic() - self._stored_at > BLOCK_SECONDS:
            self.flush()

    def flush(self) -> None:
        if self._new:
            self._store(self._new[0][0], pack_block(self._new))
        self._new, self._stored_at = [], time.monotonic()
