"""The vectors of a gallery side by side: a copy of the database's, made to be searched fast.

The copy lies in `GALLERY/vectors` and is mapped into memory. The database has the say: a copy
that is of another gallery, of an older generation or cut short is made anew; one that lacks
the newest vectors gets them appended. Where that can't be written down (a read-only place,
another process at it), what is missing is held in memory.

A copy is three files: `NAME.matrix` (float32 [N, D]), `NAME.rows` (id and squared length of each
row) and `head.json`, which says how much of the two counts. Bytes beyond that are the remains
of an append that was cut short.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacan.errors import StorageError
from tacan.files import write_text
from tacan.gallery.lock import ProcessLock
from tacan.gallery.store import GalleryStore, Version

__all__ = ["VectorCache", "Vectors"]

ROWS_AT_ONCE = 2048
ROW = np.dtype([("id", "<i8"), ("square", "<f4")])


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """N vectors of one version of the store, by rising id.

    `blocks` are float32 [n, D] whose rows one after the other are those of `ids` int64 [N];
    `squares` float32 [N] are their squared lengths.
    """

    version: Version
    ids: NDArray[np.int64]
    squares: NDArray[np.float32]
    blocks: tuple[NDArray[np.float32], ...]

    def __len__(self) -> int:
        return len(self.ids)

    def matrix(self) -> NDArray[np.float32]:
        """All rows as one array [N, D], without a copy where that is possible."""
        whole = [block for block in self.blocks if len(block)]
        return whole[0] if len(whole) == 1 else np.concatenate(self.blocks)

    def rows(self, places: NDArray[np.intp]) -> NDArray[np.float32]:
        """The rows [n, D] at these places [n]."""
        found = np.empty((len(places), self.blocks[0].shape[1]), np.float32)
        first = 0
        for block in self.blocks:
            here = (places >= first) & (places < first + len(block))
            found[here] = block[places[here] - first]
            first += len(block)
        return found


@dataclass(frozen=True, slots=True)
class _Head:
    """What a copy holds. `name` is that of its files."""

    identity: str
    name: str
    generation: int
    last_id: int
    count: int
    embedding_dim: int


class VectorCache:
    """The copy in `folder` of the vectors of `store`."""

    def __init__(self, folder: Path, store: GalleryStore) -> None:
        self._folder = folder
        self._store = store
        self._dim = store.model.embedding_dim

    def vectors(self) -> Vectors:
        """All vectors that the store has now. Raises `GalleryError` for a damaged one."""
        if not self._is_current(self._head()):
            self.update()
        head = self._head()
        mapped = self._mapped(head)
        if head is None or mapped is None:
            head, mapped = None, self._nothing()
        return self._with_tail(head, *mapped)

    def update(self, *, anew: bool = False) -> bool:
        """Brings the files up to date, or makes them anew; False where that can't be done now."""
        try:
            with self._locked() as held:
                if not held:
                    return False
                head = self._head()
                if anew or head is None or not self._fits(head):
                    head = self._begin()
                self._append(head)
                self._remove_others()
                return True
        except (OSError, StorageError, sqlite3.OperationalError):
            return False

    def _is_current(self, head: _Head | None) -> bool:
        return head is not None and self._fits(head) and head.last_id == self._store.version()[1]

    def _fits(self, head: _Head) -> bool:
        """Whether the files hold the beginning of what the store has."""
        generation, last_id = self._store.version()
        return (
            head.identity == self._store.identity
            and head.embedding_dim == self._dim
            and head.generation == generation
            and head.last_id <= last_id
            and self._size(head, "matrix") >= 4 * self._dim * head.count
            and self._size(head, "rows") >= ROW.itemsize * head.count
        )

    def _head(self) -> _Head | None:
        try:
            return _Head(**json.loads((self._folder / "head.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _file(self, head: _Head, kind: str) -> Path:
        return self._folder / f"{head.name}.{kind}"

    def _size(self, head: _Head, kind: str) -> int:
        try:
            return self._file(head, kind).stat().st_size
        except OSError:
            return -1

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = ProcessLock(self._folder / "lock")
        held = lock.acquire()
        try:
            yield held
        finally:
            lock.release()

    def _begin(self) -> _Head:
        """Starts a copy with nothing in it, under a name of its own: others may have the old one
        mapped."""
        generation, _ = self._store.version()
        head = _Head(self._store.identity, secrets.token_hex(4), generation, 0, 0, self._dim)
        for kind in ("matrix", "rows"):
            self._file(head, kind).touch()
        return head

    def _append(self, head: _Head) -> None:
        # Read first: a tracklet and its vector are committed together.
        count, last_id, newest = head.count, head.last_id, self._store.version().last_id
        with (
            self._file(head, "matrix").open("r+b") as matrix,
            self._file(head, "rows").open("r+b") as rows,
        ):
            matrix.seek(4 * self._dim * count)
            rows.seek(ROW.itemsize * count)
            for ids, vectors in self._store.vectors(after=last_id, rows_at_once=ROWS_AT_ONCE):
                matrix.write(np.ascontiguousarray(vectors, "<f4").data)
                rows.write(_rows(ids, vectors).data)
                count, last_id = count + len(ids), int(ids[-1])
            for stream in (matrix, rows):
                stream.truncate()
                stream.flush()
                os.fsync(stream.fileno())
        if self._store.version().generation != head.generation:
            return  # Something was deleted meanwhile: the copy does not count, and is made anew.
        changed = {"count": count, "last_id": max(last_id, newest)}
        write_text(self._folder / "head.json", json.dumps({**asdict(head), **changed}))

    def _remove_others(self) -> None:
        head = self._head()
        kept = {"lock", "head.json"}
        if head is not None:
            kept |= {self._file(head, kind).name for kind in ("matrix", "rows")}
        for file in self._folder.iterdir():
            if file.name not in kept and not file.name.startswith("lock"):
                with suppress(OSError):
                    file.unlink()

    def _mapped(
        self, head: _Head | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]] | None:
        """Ids, squares and matrix of the files, or None if they can't be used."""
        if head is None or not self._fits(head) or head.count == 0:
            return None
        try:
            rows = np.fromfile(self._file(head, "rows"), ROW, count=head.count)
            shape = (head.count, self._dim)
            matrix = np.memmap(self._file(head, "matrix"), "<f4", mode="r", shape=shape)
        except (OSError, ValueError):
            return None
        return rows["id"].copy(), rows["square"].copy(), matrix.view(np.ndarray)

    def _nothing(self) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
        empty = np.zeros((0, self._dim), np.float32)
        return np.zeros(0, np.int64), np.zeros(0, np.float32), empty

    def _with_tail(
        self,
        head: _Head | None,
        ids: NDArray[np.int64],
        squares: NDArray[np.float32],
        matrix: NDArray[np.float32],
    ) -> Vectors:
        """What is mapped, and what the store has beyond it."""
        now = self._store.version()
        generation = now.generation if head is None else head.generation
        last_id = 0 if head is None else head.last_id
        tail_ids, tail = self._tail(last_id, self._store.totals().n_tracklets - len(ids))
        if self._store.version().generation != generation:
            return self.vectors()
        rows = _rows(tail_ids, tail)
        blocks = tuple(block for block in (matrix, tail) if len(block)) or (matrix,)
        return Vectors(
            version=Version(generation, max(now.last_id, last_id)),
            ids=np.concatenate([ids, rows["id"]]),
            squares=np.concatenate([squares, rows["square"]]),
            blocks=blocks,
        )

    def _tail(self, after: int, expected: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids [n] and vectors [n, D] above `after`, `expected` of them or so."""
        parts, count = [], 0
        tail = np.empty((max(expected, 0), self._dim), np.float32)
        for ids, vectors in self._store.vectors(after=after, rows_at_once=ROWS_AT_ONCE):
            if count + len(ids) > len(tail):
                tail = np.concatenate([tail[:count], np.empty_like(tail, shape=vectors.shape)])
            tail[count : count + len(ids)] = vectors
            parts.append(ids)
            count += len(ids)
        return np.concatenate([np.zeros(0, np.int64), *parts]), tail[:count]


def _rows(ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> NDArray[np.void]:
    rows = np.empty(len(ids), ROW)
    rows["id"] = ids
    rows["square"] = np.einsum("nd,nd->n", vectors, vectors)
    return rows
