"""The order in which a file's pictures are shown, known from its packets before any is decoded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PictureOrder", "picture_order"]

_REORDERED = 64
"""Packets by which a picture may come later than its place among those that are shown."""
_WARM_UP = 8
"""Pictures before the first that is wanted: a deinterlacer looks back."""


@dataclass(frozen=True, slots=True, eq=False)
class PictureOrder:
    """The times int64 [n] of pictures, in the order of showing and in the unit of their stream, and
    those [k] of the pictures that can be decoded without others."""

    times: NDArray[np.int64]
    whole: NDArray[np.int64]
    time_base: Any

    def __len__(self) -> int:
        return len(self.times)

    def start_before(self, index: int) -> int:
        """The time of the last whole picture that is well before picture `index`."""
        wanted = self.times[max(0, min(index, len(self.times)) - _WARM_UP)]
        return int(self.whole[np.searchsorted(self.whole, wanted, "right") - 1])

    def place(self, picture: Any) -> int | None:
        """The index of a picture that was decoded; None where no packet told of it."""
        if picture.pts is None:
            return None
        time = round(picture.pts * picture.time_base / self.time_base)
        index = int(np.searchsorted(self.times, time))
        return index if index < len(self.times) and self.times[index] == time else None


def picture_order(packets: Iterable[Any], end: int) -> PictureOrder | None:
    """The order of at least the first `end` pictures of a stream, from its packets; None, or
    nothing, ends these.

    None where packets don't tell it: without times of their own, or where pictures are shown before
    the first whole one, or never.
    """
    times: list[int] = []
    whole: list[int] = []
    time_base: Any = None
    for packet in packets:
        if packet is None or len(times) >= end + _REORDERED:
            break
        if packet.pts is None or packet.is_discard or packet.is_corrupt:
            return None
        if packet.is_keyframe:
            whole.append(packet.pts)
        times.append(packet.pts)
        time_base = packet.time_base
    order = np.array(times, np.int64)
    if not whole or whole[0] != times[0] or times[0] != min(times):
        return None
    order.sort()
    if (np.diff(order) <= 0).any():
        return None
    return PictureOrder(order, np.sort(np.array(whole, np.int64)), time_base)
