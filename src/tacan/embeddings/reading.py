"""Reading crops ahead of the model, in order, in bounded memory.

Legend: n frames, H x W pixels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import torch
from torch import Tensor

from tacan.errors import CropError
from tacan.images.resize import load_frames
from tacan.records import Tracklet

__all__ = ["Stretch", "UnreadableCrop", "read_ahead"]

FRAMES_AT_ONCE = 32
"""Frames that one thread reads before it takes the next lot."""


@dataclass(frozen=True, slots=True)
class UnreadableCrop:
    """A crop that was passed over, and why."""

    tracklet_id: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Run:
    """Frames `start` to `stop` of tracklet number `index`."""

    index: int
    start: int
    stop: int


@dataclass(frozen=True)
class Stretch:
    """Frames of one tracklet that follow each other, as they were read."""

    index: int
    """Number of the tracklet."""
    frames: Tensor
    """uint8 [n, 3, H, W]: those that could be read, in order."""
    n_asked: int
    """Frames that this stretch stands for, readable or not."""
    ends: bool
    """Whether the tracklet ends with it."""
    unreadable: tuple[UnreadableCrop, ...] = field(default=())


def read_ahead(
    tracklets: Sequence[Tracklet],
    indices: Iterable[int],
    *,
    input_size: tuple[int, int],
    workers: int,
    depth: int,
    strict: bool,
) -> Generator[Stretch]:
    """The frames of the tracklets `indices`, in their order, in stretches.

    `workers` threads read at most `depth` lots of `FRAMES_AT_ONCE` frames ahead of the caller, who
    therefore bounds the memory. With `strict` the first crop that can't be read raises its
    `CropError`; otherwise it is passed over and named in its stretch.
    """

    def read(lot: list[_Run]) -> list[Stretch]:
        return [_read(tracklets[run.index], run, input_size, strict=strict) for run in lot]

    lots = _lots(tracklets, indices)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="tacan-crops")
    try:
        waiting: deque[Future[list[Stretch]]] = deque(
            pool.submit(read, lot) for lot in islice(lots, depth)
        )
        while waiting:
            stretches = waiting.popleft().result()
            waiting.extend(pool.submit(read, lot) for lot in islice(lots, 1))
            yield from stretches
    finally:
        pool.shutdown(cancel_futures=True)


def _lots(tracklets: Sequence[Tracklet], indices: Iterable[int]) -> Iterator[list[_Run]]:
    """Runs of frames in order, `FRAMES_AT_ONCE` frames a lot, across short tracklets."""
    lot: list[_Run] = []
    room = FRAMES_AT_ONCE
    for index in indices:
        start, n_frames = 0, len(tracklets[index])
        while start < n_frames:
            stop = min(start + room, n_frames)
            lot.append(_Run(index, start, stop))
            room -= stop - start
            start = stop
            if room == 0:
                yield lot
                lot, room = [], FRAMES_AT_ONCE
    if lot:
        yield lot


def _read(tracklet: Tracklet, run: _Run, input_size: tuple[int, int], *, strict: bool) -> Stretch:
    height, width = input_size
    numbers = range(run.start, run.stop)
    unreadable: list[UnreadableCrop] = []
    try:
        frames = load_frames(tracklet, numbers, height=height, width=width)
    except CropError:
        if strict:
            raise
        readable = [torch.empty(0, 3, height, width, dtype=torch.uint8)]
        for number in numbers:
            try:
                readable.append(load_frames(tracklet, [number], height=height, width=width))
            except CropError as error:
                path = str(tracklet.path(number))
                unreadable.append(UnreadableCrop(tracklet.tracklet_id, path, str(error.got)))
        frames = torch.cat(readable)
    return Stretch(
        index=run.index,
        frames=frames,
        n_asked=len(numbers),
        ends=run.stop == len(tracklet),
        unreadable=tuple(unreadable),
    )
