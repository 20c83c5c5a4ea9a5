"""What a gallery asks of the place that keeps its records.

The embedded place is `sqlite.SqliteStore`; a server's would have the same methods. Crops and the
cache of vectors are files, and no part of it. Everything that a method changes is kept for good,
and as a whole, when the method returns; after an error nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tacan.gallery.records import (
    ModelCard,
    NewSource,
    NewTracklet,
    Source,
    StoredTracklet,
    Trajectory,
)

__all__ = [
    "UNKNOWN_MOMENT",
    "Columns",
    "CropRow",
    "GalleryStore",
    "StoreUpkeep",
    "Totals",
    "Version",
    "corners",
]

UNKNOWN_MOMENT = np.iinfo(np.int64).min
"""Stands in `Columns` for a moment that nobody knows."""


class Version(NamedTuple):
    """What a copy of the vectors must agree in.

    `generation` rises whenever vectors are taken away or replaced; `last_id` whenever some are
    added. Ids rise and never come back.
    """

    generation: int
    last_id: int


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What tracklets are chosen by, as N numbers each, in the order of `ids`.

    ids, camera_ids, source_ids, numbers
        int64 [N]; ids rise.
    starts, ends
        int64 [N]: microseconds since 1970 in UTC, or `UNKNOWN_MOMENT`.
    first_seconds, last_seconds
        float64 [N], since the first frame of the source.
    quality
        float64 [N].
    cameras
        The id of each camera by its name.
    """

    ids: NDArray[np.int64]
    camera_ids: NDArray[np.int64]
    source_ids: NDArray[np.int64]
    numbers: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    first_seconds: NDArray[np.float64]
    last_seconds: NDArray[np.float64]
    quality: NDArray[np.float64]
    cameras: Mapping[str, int]

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Columns:
        """The same columns of some rows only."""
        arrays = [
            getattr(self, name)[chosen] for name in self.__dataclass_fields__ if name != "cameras"
        ]
        return Columns(*arrays, cameras=self.cameras)


@dataclass(frozen=True, slots=True)
class CropRow:
    """A crop as the database knows it: its file relative to the folder of crops, and its bytes'
    number and CRC-32."""

    path: str
    frame: int
    seconds: float
    box: tuple[float, float, float, float]
    sharpness: float
    size: int
    checksum: int


def corners(box: NDArray[np.floating]) -> tuple[float, float, float, float]:
    """A box [4] as plain numbers."""
    x1, y1, x2, y2 = box.tolist()
    return x1, y1, x2, y2


class Totals(NamedTuple):
    """What only the store can count. `n_bytes` is the size of its files and of all crops."""

    n_tracklets: int
    n_persons: int
    n_crops: int
    n_bytes: int


class GalleryStore(Protocol):
    """The records of one gallery: its model, sources, tracklets, vectors and journals."""

    @property
    def identity(self) -> str:
        """A name that no other gallery has."""
        ...

    @property
    def model(self) -> ModelCard: ...

    @property
    def schema(self) -> int:
        """The version of the database."""
        ...

    def version(self) -> Version:
        """Which vectors there are now. It is asked before every search, and must be quick."""
        ...

    def columns(self) -> Columns: ...

    def vectors(
        self, *, after: int, rows_at_once: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """All vectors of ids above `after`, by rising id, in blocks: ids [n], vectors [n, D]."""
        ...

    def sources(self) -> tuple[Source, ...]: ...

    def begin_source(self, source: NewSource) -> Source:
        """The source of the same file, camera and settings, which is made if there is none."""
        ...

    def finish_source(self, source_id: int) -> None:
        """Marks a source as done and drops its journal of detections."""
        ...

    def committed_numbers(self, source_id: int) -> frozenset[int]:
        """Numbers of the source's tracklets that are here, or were here and have been deleted."""
        ...

    def add(
        self, source_id: int, tracklets: Sequence[NewTracklet], crops: Sequence[Sequence[CropRow]]
    ) -> int:
        """Adds those whose number is not committed; returns how many. `crops` [len(tracklets)]."""
        ...

    def save_detections(self, source_id: int, first_frame: int, data: bytes) -> None: ...

    def read_detections(self, source_id: int) -> tuple[tuple[int, bytes], ...]:
        """The journal, by rising frame."""
        ...

    def tracklets(self, ids: Sequence[int]) -> tuple[StoredTracklet, ...]:
        """In the order of `ids`; ids that are unknown are left out."""
        ...

    def find(self, name: str) -> int | None:
        """The id of the tracklet of this name."""
        ...

    def trajectory(self, tracklet_id: int) -> Trajectory | None: ...

    def crops(self, tracklet_id: int) -> tuple[CropRow, ...]: ...

    def totals(self) -> Totals: ...

    def upkeep(self) -> StoreUpkeep:
        """What deletes and mends; for a store that was opened to be written to."""
        ...

    def close(self) -> None: ...


class StoreUpkeep(Protocol):
    """Deleting for good, and mending.

    A deletion has two steps, so that one that was cut short can be ended later: `remove` takes
    the records away and remembers what is still to be erased; once that is done, `erased` says so.
    """

    def remove(self, ids: Sequence[int], *, camera: str | None = None) -> None:
        """Takes tracklets away, with all that belongs to them; their numbers stay committed.

        With `camera`, its sources are forgotten as well, so that they can be indexed again.
        """
        ...

    def pending(self) -> tuple[str, ...] | None:
        """The files of crops still to be erased, or None when nothing is pending."""
        ...

    def erase_traces(self) -> bool:
        """Makes what was removed unfindable in the store's files; False if a reader is in the way
        for now."""
        ...

    def erased(self) -> None:
        """Nothing is pending any more."""
        ...

    def faults(self) -> tuple[str, ...]:
        """What is wrong with the store's own files."""
        ...

    def bad_vectors(self) -> tuple[int, ...]:
        """Tracklets whose vector is missing or not as it was written."""
        ...

    def replace_vector(self, tracklet_id: int, embedding: NDArray[np.float32]) -> None: ...

    def all_crops(self) -> Iterator[tuple[int, CropRow]]:
        """Every crop with the id of its tracklet."""
        ...

    def drop_crop(self, tracklet_id: int, path: str) -> None: ...
