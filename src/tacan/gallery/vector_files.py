"""The files of a copy of a gallery's vectors: `NAME.matrix`, `NAME.rows` and `head.json`.

`NAME.matrix` is float32 [N, D], `NAME.rows` the id and the squared length of each row, and
`head.json` says how much of the two counts. Bytes beyond that are the remains of an append that
was cut short.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacan.files import write_text
from tacan.gallery.store import Version
from tacan.retrieval.exact import ExactIndex, squared_lengths

__all__ = ["CopyFiles", "Head", "Vectors"]

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
class Head:
    """What a copy holds: `count` vectors of ids up to `last_id` of one generation of a store.

    `name` is that of its files, and no other copy's.
    """

    identity: str
    name: str
    generation: int
    last_id: int
    count: int
    embedding_dim: int


class CopyFiles:
    """The files in one folder. Only one process at a time may change them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def head(self) -> Head | None:
        """What `head.json` says, or None if it says nothing."""
        try:
            return Head(**json.loads((self.folder / HEAD).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def are_long_enough(self, head: Head) -> bool:
        """Whether the files hold as much as their head says."""
        try:
            sizes = [self._file(head, kind).stat().st_size for kind in ("matrix", "rows")]
        except OSError:
            return False
        row = 4 * head.embedding_dim, ROW.itemsize
        return all(size >= head.count * n for size, n in zip(sizes, row, strict=True))

    def begin(self, identity: str, generation: int, embedding_dim: int) -> Head:
        """A copy with nothing in it, under a new name: others may have the old one mapped."""
        head = Head(identity, secrets.token_hex(4), generation, 0, 0, embedding_dim)
        for kind in ("matrix", "rows"):
            self._file(head, kind).touch()
        return head

    def append(self, head: Head, blocks: Iterable[Block]) -> Head:
        """Writes blocks of ids [n] and vectors [n, D] behind what counts; returns the head that
        says so, which is not yet written. Raises `OSError`."""
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

    def commit(self, head: Head) -> None:
        """From now on this head counts; files of other copies go. Raises `StorageError`."""
        write_text(self.folder / HEAD, json.dumps(asdict(head)))
        for file in self.folder.iterdir():
            if file.suffix in (".matrix", ".rows", ".tmp") and file.stem != head.name:
                with suppress(OSError):
                    file.unlink()

    def discard(self, head: Head) -> None:
        """Removes the files of a copy that was begun and does not count."""
        for kind in ("matrix", "rows"):
            with suppress(OSError):
                self._file(head, kind).unlink()

    def mapped(
        self, head: Head
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]] | None:
        """Ids [N], squares [N] and matrix [N, D] in the files, or None if they can't be had."""
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

    def _file(self, head: Head, kind: str) -> Path:
        return self.folder / f"{head.name}.{kind}"


def _rows(ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> NDArray[np.void]:
    rows = np.empty(len(ids), ROW)
    rows["id"] = ids
    rows["square"] = squared_lengths(vectors)
    return rows
