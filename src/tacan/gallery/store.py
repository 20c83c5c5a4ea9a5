"""What a gallery asks of the database that holds its records.

The embedded one is `sqlite.SqliteStore`, that on a server `postgres.PostgresStore`. Crops and the
cache of vectors are files, and no part of it. What a method changes is durable, and changed as a
whole, when the method returns; after an error nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tacan.gallery.columns import Columns
from tacan.gallery.gallery_records import (
    ModelInfo,
    NewSource,
    NewTracklet,
    Source,
    StoredTracklet,
    Trajectory,
)
from tacan.gallery.people_store import PeopleStore

__all__ = ["CropRow", "GalleryStore", "StoreMaintenance", "Totals", "Version", "corners"]


class Version(NamedTuple):
    """The state of a store's vectors.

    `generation` rises whenever vectors are deleted or replaced; `last_id` whenever some are
    added. Ids rise and are never used again.
    """

    generation: int
    last_id: int


@dataclass(frozen=True, slots=True)
class CropRow:
    """A crop as the database stores it: the path of its file relative to the folder of crops, and
    the number of its bytes with their CRC-32."""

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
    """Counts over the whole store. `n_bytes` is the size of its files and of all crops."""

    n_tracklets: int
    n_persons: int
    n_crops: int
    n_bytes: int


class GalleryStore(Protocol):
    """The records of one gallery: its model, sources, tracklets, vectors and detections."""

    @property
    def identity(self) -> str:
        """A random name, unique to this gallery."""
        ...

    @property
    def model(self) -> ModelInfo: ...

    @property
    def schema(self) -> int:
        """The version of the database."""
        ...

    def version(self) -> Version:
        """The state of the vectors now. It is asked before every search, and must be quick."""
        ...

    def columns(self) -> Columns: ...

    def vectors(
        self, *, after: int, rows_at_once: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """All vectors of ids above `after`, by rising id, in blocks: ids [n], vectors [n, D]."""
        ...

    def sources(self) -> tuple[Source, ...]: ...

    def begin_source(self, source: NewSource) -> Source:
        """The source of the same file, camera and settings, or a new one."""
        ...

    def finish_sources(self, damages: Mapping[int, str | None]) -> None:
        """Marks sources as done, each with its damage, and deletes their stored detections."""
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
        """What was saved, by rising frame."""
        ...

    def tracklets(self, ids: Sequence[int]) -> tuple[StoredTracklet, ...]:
        """In the order of `ids`; unknown ids are left out."""
        ...

    def find(self, name: str) -> int | None:
        """The id of the tracklet of this name."""
        ...

    def names(self, ids: Sequence[int]) -> tuple[str, ...]:
        """The name of each tracklet, read without the rest of its record; `id N` of one that is
        not there."""
        ...

    def trajectory(self, tracklet_id: int) -> Trajectory | None: ...

    def crops(self, tracklet_id: int) -> tuple[CropRow, ...]: ...

    def totals(self) -> Totals: ...

    def people(self) -> PeopleStore:
        """The people and the log."""
        ...

    def maintenance(self) -> StoreMaintenance:
        """Deletion and repair; what changes something needs a store opened for writing."""
        ...

    def idle(self) -> AbstractContextManager[None]:
        """A block in which threads that share this store wait to read, so that another connection
        of this process can erase what is deleted."""
        ...

    @property
    def is_current(self) -> bool:
        """Whether it can still be asked for all: it was not closed, its server did not end, and
        nobody brought its tables to a newer version since it was opened."""
        ...

    def close(self) -> None: ...


class StoreMaintenance(Protocol):
    """Deletion for good, and repair.

    A deletion has two steps, so that one that was interrupted can be completed later: `remove`
    deletes the records and notes which files are still to be erased; `complete_deletion` ends it.
    """

    def remove(self, ids: Sequence[int], *, sources: Sequence[int] = ()) -> None:
        """Deletes tracklets with all that belongs to them; their numbers stay committed.

        `sources`, none of whose tracklets may be left then, are deleted as well, so that they can
        be indexed again.
        """
        ...

    def set_start(self, source_id: int, start: int) -> None:
        """Gives a source another start, in microseconds, and its tracklets the times that follow
        from it."""
        ...

    def pending_deletions(self) -> tuple[str, ...] | None:
        """The folders of crops still to be erased, or None when no deletion is incomplete."""
        ...

    def erase_traces(self) -> bool:
        """Overwrites deleted records in the store's own files; False while a reader prevents it."""
        ...

    def remains(self) -> str | None:
        """What a deletion can't reach in this store, and how that is ended, as a sentence or more;
        None where it reaches all."""
        ...

    def complete_deletion(self) -> None:
        """Notes that nothing is left to be erased."""
        ...

    def integrity_problems(self) -> tuple[str, ...]:
        """What is wrong with the store's own files."""
        ...

    def damaged_records(self) -> tuple[str, ...]:
        """Sources, tracklets and trajectories that can't be decoded, and why."""
        ...

    def impossible_times(self) -> tuple[str, ...]:
        """The names of sources with a time outside of the years that are stored."""
        ...

    def forget_impossible_times(self) -> None:
        """Makes such times unknown."""
        ...

    def damaged_vectors(self) -> tuple[int, ...]:
        """Ids of the tracklets whose vector is missing or has changed."""
        ...

    def replace_vector(self, tracklet_id: int, embedding: NDArray[np.float32]) -> None: ...

    def all_crops(self) -> Iterator[tuple[int, int, CropRow | None]]:
        """The id of the tracklet and the position of every crop, and what is stored of it; None
        where that can't be decoded."""
        ...

    def remove_crops(self, crops: Sequence[tuple[int, int]]) -> None:
        """Forgets crops, given by tracklet and position."""
        ...
