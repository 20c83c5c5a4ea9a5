"""Long streams, cut into the pieces in which workers look for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tacan.indexing.plan_streams import StreamFile
from tacan.video.detection_cache import unpack_block
from tacan.video.detection_source import FRAMES_AT_ONCE, is_precomputed

__all__ = ["Piece", "is_long", "known_frames", "pieces_of"]

PIECE_SECONDS = 600.0
"""The longest stream that is one task, and the longest piece of another."""
END = 1 << 62
"""Behind the last frame of any file: its head may promise too few."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames of the stream's file `place`: `first`, `first + stride`, ... before `end`, `size` in
    all with those between."""

    place: int
    first: int
    end: int
    size: int


def is_long(stream: Sequence[StreamFile]) -> bool:
    """Whether people are looked for in pieces of a stream."""
    seconds = sum(file.n_promised / file.fps for file in stream)
    return seconds > PIECE_SECONDS and not is_precomputed(stream[0].source.settings.detector)


def pieces_of(stream: Sequence[StreamFile]) -> list[Piece]:
    """The pieces of the files of a stream, of about the same size in each.

    The frames are those that are looked at when the stream is read from its beginning, if its files
    hold as many as they promise.
    """
    pieces: list[Piece] = []
    n_before = 0
    for place, file in enumerate(stream):
        stride = file.source.settings.stride_at(file.fps)
        first = -n_before % stride
        n_pieces = max(1, math.ceil(file.n_promised / file.fps / PIECE_SECONDS))
        # A detector is shown some frames at once, and these should be the same.
        unit = stride * FRAMES_AT_ONCE
        length = math.ceil(file.n_promised / n_pieces / unit) * unit
        for number in range(n_pieces):
            start = first + number * length
            end = END if number == n_pieces - 1 else start + length
            pieces.append(Piece(place, start, end, min(end, file.n_promised) - start))
        n_before += file.n_promised
    return [piece for piece in pieces if piece.size > 0]


def known_frames(detected: Sequence[tuple[int, bytes]]) -> frozenset[int]:
    """The frames of a file of which a gallery keeps the detections."""
    blocks = [unpack_block(data) or [] for _, data in detected]
    return frozenset(frame for block in blocks for frame, _ in block)
