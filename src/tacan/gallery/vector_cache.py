"""Cache of a gallery's vectors side by side, which is searched faster than the database.

It lies in `GALLERY/vectors` and is mapped into memory. The database is the original: a cache of
another gallery, of an older generation or cut short is rebuilt; one that lacks the newest vectors
gets them appended. Where nothing can be written (a read-only folder, another process writing),
what is missing is held in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacan.errors import StorageError
from tacan.gallery.store import GalleryStore
from tacan.gallery.vector_cache_files import CacheHead, VectorCacheFiles, Vectors
from tacan.retrieval.exact import ExactIndex, squared_lengths
from tacan.runs.lock import ProcessLock

__all__ = ["VectorCache"]

ROWS_AT_ONCE = 2048

Parts = tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]


class VectorCache:
    """The cache in `folder` of the vectors of `store`."""

    def __init__(self, folder: Path, store: GalleryStore) -> None:
        self._folder = folder
        self._store = store
        self._files = VectorCacheFiles(folder)

    def vectors(self) -> Vectors:
        """All vectors that the store has now. Raises `GalleryError` for a damaged one."""
        while True:
            if not self._is_current():
                self.update()
            found = self._with_tail(self._files.head())
            if found is not None:
                return found

    def update(self, *, rebuild: bool = False) -> bool:
        """Brings the files up to date, or rebuilds them; False where that can't be done now."""
        try:
            with self._locked() as held:
                return held and self._write(rebuild=rebuild)
        except (OSError, StorageError, sqlite3.OperationalError):
            return False

    def _write(self, *, rebuild: bool) -> bool:
        head, now = self._files.head(), self._store.version()
        begun = None
        if rebuild or head is None or not self._fits(head):
            dim = self._store.model.embedding_dim
            head = begun = self._files.begin(self._store.identity, now.generation, dim)
        try:
            rest = self._store.vectors(after=head.last_id, rows_at_once=ROWS_AT_ONCE)
            head = self._files.append(head, rest)
            if self._store.version().generation == head.generation:
                # Read before the vectors: a tracklet and its vector are committed together.
                self._files.commit(replace(head, last_id=max(head.last_id, now.last_id)))
                begun = None
                return True
            return False  # Something was deleted meanwhile.
        finally:
            if begun is not None:
                self._files.discard(begun)

    def agrees(self) -> bool:
        """Whether the rows in the files equal the store's vectors, number by number.

        Files that are missing, behind, or of an older generation do no harm: they agree.
        """
        mapped = self._mapped(self._files.head())
        if mapped is None:
            return True
        ids, squares, matrix = mapped
        first = 0
        for some, vectors in self._store.vectors(after=0, rows_at_once=ROWS_AT_ONCE):
            part = slice(first, first + len(some))
            some, vectors = some[: len(ids[part])], vectors[: len(ids[part])]
            if not (
                np.array_equal(ids[part], some)
                and np.array_equal(matrix[part], vectors)
                and np.allclose(squares[part], squared_lengths(vectors), rtol=1e-6, atol=0)
            ):
                return False
            first += len(some)
        return first == len(ids)

    def intact_vectors(self, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Those of the vectors that the files hold, and whose squared length still fits."""
        mapped = self._mapped(self._files.head())
        if mapped is None:
            return {}
        known, squares, matrix = mapped
        found = {}
        for number in ids:
            row = int(np.searchsorted(known, number))
            if row < len(known) and known[row] == number:
                vector = np.array(matrix[row])
                if np.isclose(squared_lengths(vector[None])[0], squares[row], rtol=1e-6, atol=0):
                    found[number] = vector
        return found

    def _is_current(self) -> bool:
        head = self._files.head()
        return (
            head is not None and self._fits(head) and head.last_id == self._store.version().last_id
        )

    def _fits(self, head: CacheHead) -> bool:
        """Whether the files hold the first vectors of the store as it is now."""
        generation, last_id = self._store.version()
        return (
            head.identity == self._store.identity
            and head.embedding_dim == self._store.model.embedding_dim
            and head.generation == generation
            and head.last_id <= last_id
            and self._files.are_whole(head)
        )

    def _mapped(self, head: CacheHead | None) -> Parts | None:
        return None if head is None or not self._fits(head) else self._files.mapped(head)

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._folder.is_symlink() or (self._folder / "lock").is_symlink():
            yield False
            return
        lock = ProcessLock(self._folder / "lock")
        held = lock.acquire()
        try:
            yield held
        finally:
            lock.release()

    def _with_tail(self, head: CacheHead | None) -> Vectors | None:
        """The mapped vectors and, in memory, those that the store has beyond them; None if some
        are deleted meanwhile."""
        now, mapped = self._store.version(), self._mapped(head)
        if head is None or mapped is None:
            dim = self._store.model.embedding_dim
            mapped = np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros((0, dim), np.float32)
            after = 0
        else:
            after = head.last_id
        ids, squares, matrix = mapped
        tail_ids, tail = self._tail(after, self._store.totals().n_tracklets - len(ids))
        if self._store.version().generation != now.generation:
            return None
        return Vectors(
            version=now,
            ids=np.concatenate([ids, tail_ids]),
            index=ExactIndex(
                blocks=tuple(block for block in (matrix, tail) if len(block)) or (matrix,),
                squares=np.concatenate([squares, squared_lengths(tail)]),
            ),
        )

    def _tail(self, after: int, expected: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids [n] and vectors [n, D] above `after`, `expected` of them or so."""
        parts, count = [np.zeros(0, np.int64)], 0
        tail = np.empty((0, self._store.model.embedding_dim), np.float32)
        for ids, vectors in self._store.vectors(after=after, rows_at_once=ROWS_AT_ONCE):
            if count + len(ids) > len(tail):
                tail = _grown(tail, count, max(expected, count + len(ids)))
            tail[count : count + len(ids)] = vectors
            parts.append(ids)
            count += len(ids)
        return np.concatenate(parts), tail[:count]


def _grown(rows: NDArray[np.float32], count: int, size: int) -> NDArray[np.float32]:
    """An array of `size` rows that begins with the first `count` of `rows`."""
    larger = np.empty((size, rows.shape[1]), np.float32)
    larger[:count] = rows[:count]
    return larger
