"""Files of a gallery's vector cache: `NAME.matrix`, `NAME.rows` and `head.json`.

`NAME.matrix` is float32 [N, D], `NAME.rows` the id and the squared length of each row, and
`head.json` says how many rows are valid. Bytes beyond them are the remains of an append that was
cut short.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacan.files import write_text
from tacan.gallery.store import Version
from tacan.retrieval.exact import ExactIndex, squared_lengths

__all__ = ["CacheHead", "VectorCacheFiles", "Vectors"]

ROW = np.dtype([("id", "<i8"), ("square", "<f4")])
HEAD = "head.json"

Block = tuple[NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """The vectors of one version of the store: row i of `index` has the id `ids[i]`; ids rise."""

    version: Version
    ids: NDArray[np.int64]
    index: ExactIndex


@dataclass(frozen=True, slots=True)
class CacheHead:
    """Content of `head.json`: the cache holds `count` vectors, of ids up to `last_id`, of one
    generation of the store `identity`. `name` is the random name of its two files.
    """

    identity: str
    name: str
    generation: int
    last_id: int
    count: int
    embedding_dim: int


class VectorCacheFiles:
    """The files in one folder. Only one process at a time may change them.

    Links are never followed, so that a gallery from elsewhere reaches no file outside of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def head(self) -> CacheHead | None:
        """The content of `head.json`, or None if it is missing or not what it should be."""
        path = self.folder / HEAD
        try:
            if self.folder.is_symlink() or path.is_symlink():
                return None
            head = CacheHead(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        numbers = (head.generation, head.last_id, head.count, head.embedding_dim)
        is_valid = isinstance(head.name, str) and re.fullmatch(r"[0-9a-f]{8}", head.name)
        return head if is_valid and all(type(number) is int for number in numbers) else None

    def are_whole(self, head: CacheHead) -> bool:
        """Whether both files have the rows that the head counts, and no name outside the cache."""
        row_sizes = {"matrix": 4 * head.embedding_dim, "rows": ROW.itemsize}
        for kind, row_size in row_sizes.items():
            try:
                status = self._file(head, kind).lstat()
            except OSError:
                return False
            is_own_file = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
            if not is_own_file or status.st_size < head.count * row_size:
                return False
        return True

    def begin(self, identity: str, generation: int, embedding_dim: int) -> CacheHead:
        """An empty cache under a new name: other processes may have the old one mapped."""
        head = CacheHead(identity, secrets.token_hex(4), generation, 0, 0, embedding_dim)
        for kind in ("matrix", "rows"):
            self._file(head, kind).touch()
        return head

    def append(self, head: CacheHead, blocks: Iterable[Block]) -> CacheHead:
        """Writes blocks of ids [n] and vectors [n, D] behind the valid rows; returns the new head,
        which is not yet written. Raises `OSError`."""
        with (
            self._file(head, "matrix").open("r+b") as matrix,
            self._file(head, "rows").open("r+b") as rows,
        ):
            matrix.seek(4 * head.embedding_dim * head.count)
            rows.seek(ROW.itemsize * head.count)
            for ids, vectors in blocks:
                matrix.write(np.ascontiguousarray(vectors, "<f4").data)
                rows.write(_rows(ids, vectors).data)
                head = replace(head, count=head.count + len(ids), last_id=int(ids[-1]))
            for stream in (matrix, rows):
                stream.truncate()
                stream.flush()
                os.fsync(stream.fileno())
        return head

    def commit(self, head: CacheHead) -> None:
        """Makes this head the valid one and removes other files. Raises `StorageError`."""
        write_text(self.folder / HEAD, json.dumps(asdict(head)))
        for file in self.folder.iterdir():
            if file.suffix in (".matrix", ".rows", ".tmp") and file.stem != head.name:
                with suppress(OSError):
                    file.unlink()

    def discard(self, head: CacheHead) -> None:
        """Removes the files of a cache that was begun and not committed."""
        for kind in ("matrix", "rows"):
            with suppress(OSError):
                self._file(head, kind).unlink()

    def mapped(
        self, head: CacheHead
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]] | None:
        """Ids [N], squared lengths [N] and matrix [N, D] in the files, or None if they can't be
        read."""
        if head.count == 0:
            return None
        try:
            rows = np.fromfile(self._file(head, "rows"), ROW, count=head.count)
            shape = (head.count, head.embedding_dim)
            matrix = np.memmap(self._file(head, "matrix"), "<f4", mode="r", shape=shape)
        except (OSError, ValueError):
            return None
        if len(rows) < head.count:
            return None
        return rows["id"].copy(), rows["square"].copy(), matrix.view(np.ndarray)

    def _file(self, head: CacheHead, kind: str) -> Path:
        return self.folder / f"{head.name}.{kind}"


def _rows(ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> NDArray[np.void]:
    rows = np.empty(len(ids), ROW)
    rows["id"] = ids
    rows["square"] = squared_lengths(vectors)
    return rows
