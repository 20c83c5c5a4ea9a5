"""A gallery: tracklets with their vectors and crops, and the sources they are from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacan.errors import GalleryError
from tacan.gallery import record_checks as checks
from tacan.gallery.audit_log import log_entry
from tacan.gallery.cannot_link import calibrate
from tacan.gallery.columns import UNKNOWN_TIMESTAMP, select_rows
from tacan.gallery.crop_files import CropFolder
from tacan.gallery.gallery_records import (
    GalleryInfo,
    ModelInfo,
    NewSource,
    NewTracklet,
    Source,
    StoredCrop,
    StoredTracklet,
    TrackletFilter,
    Trajectory,
)
from tacan.gallery.person_records import Person
from tacan.gallery.search_index import SearchIndex, align
from tacan.gallery.store import GalleryStore
from tacan.gallery.timestamps import from_microseconds
from tacan.gallery.vector_cache import VectorCache
from tacan.progress import Progress, silent
from tacan.retrieval.calibration import Calibration
from tacan.retrieval.priors import load_prior
from tacan.retrieval.vector_index import VectorIndex

__all__ = ["PARTS", "Gallery"]

PARTS = "parts"
"""The folder within a gallery for galleries that are being merged into it. What is left of one when
the gallery is next opened for writing is erased."""
TRACKLETS_AT_ONCE = 1000


class WriterLock(Protocol):
    """What whoever may write to a gallery holds."""

    def release(self) -> None: ...


class Gallery:
    """A folder with a database, crops and a cache of the vectors; made by `open_gallery`.

    It is a context manager, which closes it. Threads may share it.
    """

    def __init__(
        self,
        folder: Path,
        store: GalleryStore,
        lock: WriterLock | None,
        *,
        place: Path | None = None,
        vectors: Callable[[NDArray[np.int64]], VectorIndex] | None = None,
    ) -> None:
        self.folder = folder
        self.place = place or folder
        """What a user names the gallery by: its folder, or its address on a server."""
        self.store = store
        self.crop_folder = CropFolder(folder / "crops", folder / "set-aside")
        self.vector_cache = VectorCache(folder / "vectors", store)
        self._lock = lock
        self._vectors = vectors
        """What gives the vectors of tracklets by their ids, where it isn't the cache."""
        self._index: SearchIndex | None = None
        self._calibrations: dict[str, tuple[SearchIndex, Calibration]] = {}
        self._guard = threading.RLock()

    @property
    def model(self) -> ModelInfo:
        """The model of the vectors."""
        return self.store.model

    @property
    def is_writable(self) -> bool:
        return self._lock is not None

    @property
    def is_approximate(self) -> bool:
        """Whether a search may miss some of the nearest, as the gallery's address asked for."""
        return self._vectors is not None

    def require_writable(self) -> None:
        """Raises `GalleryError` for a gallery that was opened to be read."""
        if not self.is_writable:
            raise GalleryError(
                "a gallery must be opened for writing to be changed",
                got=f"{self.place}, opened for reading",
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

        Crops are written before the rows that name them. A number that the source has, or had
        before it was deleted, is skipped. `fingerprint` is that of the vectors' model.
        Raises `GalleryModelError`, `GalleryError`, `DataError` or `StorageError`.
        """
        self.require_writable()
        checks.check_fingerprint(fingerprint, self.model)
        for tracklet in tracklets:
            checks.check_tracklet(tracklet, self.model)
        known = self.store.committed_numbers(source_id) if any(t.crops for t in tracklets) else ()
        fresh = [tracklet for tracklet in tracklets if tracklet.number not in known]
        crops = [self.crop_folder.write(source_id, tracklet) for tracklet in fresh]
        return self.store.add(source_id, fresh, crops)

    def finish_source(self, source_id: int, *, damage: str | None = None) -> None:
        """As `finish_sources`, of one."""
        self.finish_sources({source_id: damage})

    def finish_sources(self, damages: Mapping[int, str | None]) -> None:
        """Marks sources as done, all or none, and deletes their stored detections, and the drafts
        of crops that a run which was killed has left.

        `damages` says of each why it could not be decoded as a whole; None for one that could.
        """
        self.require_writable()
        for source_id in damages:
            self.crop_folder.remove_drafts(source_id)
        self.store.finish_sources(damages)
        cameras = {source.id: source.camera for source in self.sources()}
        for source_id in damages:
            self.log("index", f"source {source_id} of camera {cameras[source_id]}")

    def committed_numbers(self, source_id: int) -> frozenset[int]:
        """Numbers of the source's tracklets that are here, or were and have been deleted."""
        return self.store.committed_numbers(source_id)

    def save_detections(self, source_id: int, first_frame: int, data: bytes) -> None:
        """Stores detections from `first_frame` on, so that an interrupted run need not repeat
        them."""
        self.require_writable()
        self.store.save_detections(source_id, first_frame, data)

    def read_detections(self, source_id: int) -> tuple[tuple[int, bytes], ...]:
        """What `save_detections` has stored, by rising frame."""
        return self.store.read_detections(source_id)

    def sources(self) -> tuple[Source, ...]:
        return self.store.sources()

    def tracklets(self, conditions: TrackletFilter | None = None) -> Iterator[StoredTracklet]:
        """The tracklets that meet the conditions, by rising id."""
        columns = self.store.columns()
        ids = columns.ids[select_rows(columns, conditions or TrackletFilter())].tolist()
        for start in range(0, len(ids), TRACKLETS_AT_ONCE):
            yield from self.store.tracklets(ids[start : start + TRACKLETS_AT_ONCE])

    def find(self, name: str) -> int:
        """The id of the tracklet of this name, `camera/NUMBER`. Raises `GalleryError`."""
        tracklet_id = self.store.find(name)
        if tracklet_id is None:
            raise GalleryError(
                "a tracklet must be one that the gallery has, named CAMERA/NUMBER",
                got=repr(name),
                remedy="`tacan gallery export` lists them all.",
            )
        return tracklet_id

    def tracklet(self, name: str) -> StoredTracklet:
        """The tracklet of this name, `camera/NUMBER`. Raises `GalleryError`."""
        tracklet_id = self.find(name)
        found = self.store.tracklets([tracklet_id])
        if not found:
            raise _unknown(tracklet_id)
        return found[0]

    def person(self, number: int) -> Person:
        """The person of this id. Raises `GalleryError`."""
        for person in self.store.people().persons():
            if person.id == number:
                return person
        raise GalleryError(
            "a person must be one that the gallery has",
            got=f"person {number}",
            remedy="`tacan people` lists them; `tacan link` makes them.",
        )

    def trajectory(self, tracklet_id: int) -> Trajectory:
        """Boxes and clip weights of the tracklet. Raises `GalleryError`."""
        found = self.store.trajectory(tracklet_id)
        if found is None:
            raise _unknown(tracklet_id)
        return found

    def crops(self, tracklet_id: int) -> tuple[StoredCrop, ...]:
        """The tracklet's crops in the order of time, whether or not their files are there."""
        return tuple(map(self.crop_folder.stored, self.store.crops(tracklet_id)))

    def index(self) -> SearchIndex:
        """Columns and vectors that a search reads, up to date with the database."""
        with self._guard:
            if self._index is None or self._index.version != self.store.version():
                self._index = None
                self._calibrations.clear()
                if self._vectors is not None:
                    version, columns = self.store.version(), self.store.columns()
                    self._index = SearchIndex(version, columns, self._vectors(columns.ids))
                else:
                    vectors, columns = self.vector_cache.vectors(), self.store.columns()
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
        if made is not None and made[0] is index:
            return made[1]
        # Not under the guard: whoever else reads the gallery need not wait for it.
        prior = load_prior(self.model.fingerprint, metric)
        found = calibrate(index, self.store, metric=metric, prior=prior, progress=progress)
        with self._guard:
            self._calibrations[metric] = index, found
        return found

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
        """Numbers of the gallery."""
        totals, columns, sources = self.store.totals(), self.store.columns(), self.sources()
        known = columns.starts != UNKNOWN_TIMESTAMP
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
            clip_weight=self.model.clip_weight,
        )

    def log(self, action: str, detail: str = "") -> bool:
        """Adds a line to the gallery's log, also if it was opened to be read.

        `detail` must hold no person's name. False where the gallery can't be written to, or was
        last written to by a version that kept no log.
        """
        return self.store.people().append(log_entry(action, detail))

    def complete_deletion(self) -> bool:
        """Erases what a deletion has left in files: crops, old pages of the database, the cache.

        True when nothing is left. False while a process that reads the gallery prevents it: then
        it is done when the gallery is next opened for writing.
        """
        maintenance = self.store.maintenance()
        pending = maintenance.pending_deletions()
        if pending is None:
            return True
        for path in pending:
            self.crop_folder.erase(path)
        if not (self.vector_cache.update(rebuild=True) and maintenance.erase_traces()):
            return False
        maintenance.complete_deletion()
        return True

    def close(self) -> None:
        """Brings the vector cache up to date, if this is the writer, and closes."""
        with self._guard:
            if self._lock is not None and self._vectors is None:
                with suppress(GalleryError):
                    self.vector_cache.update()
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
