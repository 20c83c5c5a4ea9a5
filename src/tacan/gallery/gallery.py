"""A gallery: people that were seen, with what is needed to find them again."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from tacan.gallery import checks
from tacan.gallery.cannot_link import calibrate
from tacan.gallery.crops import CropFolder
from tacan.gallery.errors import GalleryError, GalleryModelError
from tacan.gallery.filters import chosen_rows
from tacan.gallery.records import (
    GalleryInfo,
    ModelCard,
    NewSource,
    NewTracklet,
    Source,
    StoredCrop,
    StoredTracklet,
    TrackletFilter,
    Trajectory,
)
from tacan.gallery.search_index import SearchIndex, align
from tacan.gallery.sqlite.timestamps import from_microseconds
from tacan.gallery.store import UNKNOWN_MOMENT, GalleryStore
from tacan.gallery.vectors import VectorCache
from tacan.progress import Progress, silent
from tacan.retrieval.calibration import Calibration
from tacan.runs.lock import ProcessLock

__all__ = ["Gallery"]

TRACKLETS_AT_ONCE = 1000


class Gallery:
    """A folder with a database, crops and a copy of the vectors; made by `open_gallery`.

    It is also a context manager, which closes it. Threads may share it.
    """

    def __init__(self, folder: Path, store: GalleryStore, lock: ProcessLock | None) -> None:
        self.folder = folder
        self.store = store
        self.crop_folder = CropFolder(folder / "crops")
        self.cache = VectorCache(folder / "vectors", store)
        self._lock = lock
        self._index: SearchIndex | None = None
        self._calibrations: dict[str, tuple[SearchIndex, Calibration]] = {}
        self._guard = threading.RLock()

    @property
    def model(self) -> ModelCard:
        """The model that made the vectors."""
        return self.store.model

    @property
    def is_writable(self) -> bool:
        return self._lock is not None

    def require_model(self, fingerprint: str) -> None:
        """Raises `GalleryModelError` unless it is the fingerprint of the gallery's model."""
        if fingerprint != self.model.fingerprint:
            raise GalleryModelError(
                f"vectors must be of the gallery's model, {self.model.name} "
                f"({self.model.fingerprint[:12]})",
                got=f"fingerprint {fingerprint[:12] or 'none'}",
                remedy="Use that model, or index the videos into a new gallery.",
            )

    def require_writable(self) -> None:
        """Raises `GalleryError` for a gallery that was opened to be read."""
        if not self.is_writable:
            raise GalleryError(
                "a gallery must be opened for writing to be changed",
                got=f"{self.folder}, opened for reading",
                remedy="Open it with write=True.",
            )

    def begin_source(self, source: NewSource) -> Source:
        """The source of the same file, camera and settings, or a new one.

        Its `state` is `done` if it has been indexed already: then there is nothing to do.
        """
        self.require_writable()
        checks.check_source(source)
        return self.store.begin_source(source)

    def add(self, source_id: int, tracklets: Sequence[NewTracklet], *, fingerprint: str) -> int:
        """Adds tracklets to a source, all or none; returns how many are new.

        Crops are written first: what a row speaks of is there. A number that the source has, or
        had before it was deleted, is passed over. `fingerprint` is that of the model that made
        the vectors. Raises `GalleryModelError`, `GalleryError`, `DataError` or `StorageError`.
        """
        self.require_writable()
        self.require_model(fingerprint)
        for tracklet in tracklets:
            checks.check_tracklet(tracklet, self.model)
        known = self.store.committed_numbers(source_id) if any(t.crops for t in tracklets) else ()
        fresh = [tracklet for tracklet in tracklets if tracklet.number not in known]
        crops = [self.crop_folder.write(source_id, tracklet) for tracklet in fresh]
        return self.store.add(source_id, fresh, crops)

    def finish_source(self, source_id: int) -> None:
        """Marks a source as done and drops its journal of detections."""
        self.require_writable()
        self.store.finish_source(source_id)

    def committed_numbers(self, source_id: int) -> frozenset[int]:
        """Numbers of the source's tracklets that are here, or were and have been deleted."""
        return self.store.committed_numbers(source_id)

    def save_detections(self, source_id: int, first_frame: int, data: bytes) -> None:
        """Adds to the journal that lets an interrupted run skip detection."""
        self.require_writable()
        self.store.save_detections(source_id, first_frame, data)

    def read_detections(self, source_id: int) -> tuple[tuple[int, bytes], ...]:
        """The journal, by rising frame."""
        return self.store.read_detections(source_id)

    def sources(self) -> tuple[Source, ...]:
        return self.store.sources()

    def tracklets(self, chosen: TrackletFilter | None = None) -> Iterator[StoredTracklet]:
        """The tracklets that a filter chooses, by rising id."""
        columns = self.store.columns()
        ids = columns.ids[chosen_rows(columns, chosen or TrackletFilter())].tolist()
        for start in range(0, len(ids), TRACKLETS_AT_ONCE):
            yield from self.store.tracklets(ids[start : start + TRACKLETS_AT_ONCE])

    def tracklet(self, name: str) -> StoredTracklet:
        """The tracklet of this name, `camera/NUMBER`. Raises `GalleryError`."""
        tracklet_id = self.store.find(name)
        found = () if tracklet_id is None else self.store.tracklets([tracklet_id])
        if not found:
            raise GalleryError(
                "a tracklet must be one that the gallery has, named CAMERA/NUMBER",
                got=repr(name),
                remedy="`tacan gallery export` lists them all.",
            )
        return found[0]

    def trajectory(self, tracklet_id: int) -> Trajectory:
        """Where the tracklet was, and its clip weights. Raises `GalleryError`."""
        found = self.store.trajectory(tracklet_id)
        if found is None:
            raise _unknown(tracklet_id)
        return found

    def crops(self, tracklet_id: int) -> tuple[StoredCrop, ...]:
        """The tracklet's pictures in the order of time, whether or not their files are there."""
        return tuple(map(self.crop_folder.stored, self.store.crops(tracklet_id)))

    def crop_paths(self, tracklet_id: int) -> tuple[Path, ...]:
        """The files of the tracklet's pictures that are there, in the order of time."""
        return tuple(crop.path for crop in self.crops(tracklet_id) if crop.path.is_file())

    def index(self) -> SearchIndex:
        """What a search runs over, up to date with the database."""
        with self._guard:
            if self._index is None or self._index.version != self.store.version():
                self._index = None
                self._calibrations.clear()
                vectors, columns = self.cache.vectors(), self.store.columns()
                self._index = align(columns, vectors)
            return self._index

    def calibration(self, *, metric: str | None = None, progress: Progress = silent) -> Calibration:
        """What a distance is worth here, up to date with the database: made once a version.

        `metric` is that of the gallery's model by default. Progress is in pairs.
        """
        metric = metric or self.model.metric
        with self._guard:
            index = self.index()
            made = self._calibrations.get(metric)
            if made is None or made[0] is not index:
                found = calibrate(index, self.store, metric=metric, progress=progress)
                made = self._calibrations[metric] = index, found
            return made[1]

    def vectors(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids int64 [N], rising, and vectors float32 [N, D]; mapped into memory if possible."""
        index = self.index()
        return index.columns.ids, index.vectors.matrix()

    def vector(self, tracklet_id: int) -> NDArray[np.float32]:
        """A tracklet's vector, float32 [D]. Raises `GalleryError`."""
        index = self.index()
        ids = index.columns.ids
        row = np.searchsorted(ids, [tracklet_id])
        if row[0] == len(ids) or ids[row[0]] != tracklet_id:
            raise _unknown(tracklet_id)
        return index.vectors.rows(row)[0]

    def info(self) -> GalleryInfo:
        """The gallery in numbers."""
        totals, columns, sources = self.store.totals(), self.store.columns(), self.sources()
        known = columns.starts != UNKNOWN_MOMENT
        cameras = tuple(sorted(columns.cameras))
        return GalleryInfo(
            n_tracklets=totals.n_tracklets,
            n_cameras=len(cameras),
            n_persons=totals.n_persons,
            n_sources=len(sources),
            n_sources_done=sum(source.state == "done" for source in sources),
            n_crops=totals.n_crops,
            model=self.model.name,
            fingerprint=self.model.fingerprint,
            embedding_dim=self.model.embedding_dim,
            metric=self.model.metric,
            first=from_microseconds(int(columns.starts[known].min())) if known.any() else None,
            last=from_microseconds(int(columns.ends[known].max())) if known.any() else None,
            schema=self.store.schema,
            n_bytes=totals.n_bytes,
            cameras=cameras,
        )

    def close(self) -> None:
        """Brings the copy of the vectors up to date, if this is the writer, and closes."""
        with self._guard:
            if self._lock is not None:
                with suppress(GalleryError):
                    self.cache.update()
            self._index = None
            self._calibrations.clear()
            self.store.close()
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def __enter__(self) -> Gallery:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _unknown(tracklet_id: int) -> GalleryError:
    return GalleryError(
        "a tracklet must be one that the gallery has",
        got=f"id {tracklet_id}",
        remedy="It may have been deleted.",
    )
