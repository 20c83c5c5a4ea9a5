"""What of a long check is done already, so that it can be interrupted and taken up again."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType

import numpy as np

from tacan.errors import StorageError

__all__ = ["ChunkResult", "Journal", "chunk_key"]

BEGINNING = b'\n{"key": "'
"""How a journal begins, but for what a crash may have cut off."""


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """The state of a chunk of n crops: `damaged` maps places in the chunk to what is wrong;
    `digests` are 64 bits of each file's hash, uint64 [n], 0 for a file that can't be read."""

    damaged: dict[int, str]
    digests: np.ndarray


def chunk_key(root: Path, paths: Sequence[str]) -> str:
    """Changes with the name, size or time of change of any of the files."""
    state = hashlib.blake2b(digest_size=16)
    for path in paths:
        try:
            status = (root / path).stat()
            line = f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n"
        except OSError as error:
            line = f"{path}\0{error.errno}\n"
        state.update(line.encode(errors="surrogateescape"))
    return state.hexdigest()


class Journal:
    """A file with one line for each chunk that has been checked; removed by `finish`.

    A line that was cut off by a crash is ignored, and so are chunks whose files have changed.
    Raises `StorageError` where the file can't be written, and for another file in its place.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done = _read(path)
        self._file: FileIO | None = None

    def __enter__(self) -> Journal:
        _require_journal(self.path)
        try:
            self._file = self.path.open("ab", buffering=0)
        except OSError as error:
            raise self._refused(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, key: str, result: ChunkResult) -> None:
        """Keeps the result of a chunk, on disk at once."""
        entry = {
            "key": key,
            "damaged": result.damaged,
            "digests": base64.b64encode(result.digests.astype("<u8").tobytes()).decode(),
        }
        # The first line end closes a line that an earlier crash may have cut off.
        self._write(b"\n" + json.dumps(entry).encode() + b"\n")
        self.done[key] = result

    def finish(self) -> None:
        """The check is complete: the next one starts afresh."""
        self.path.unlink(missing_ok=True)

    def _write(self, line: bytes) -> None:
        if self._file is None:
            raise RuntimeError("a journal is written to only within its `with` block")
        try:
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> StorageError:
        return StorageError(
            "the journal of a deep check must be writable",
            got=f"{self.path}: {error.strerror or error}",
            remedy="Name another place with --journal.",
        )


def _require_journal(path: Path) -> None:
    """Raises `StorageError` for a file that is no journal: a finished check removes its own."""
    begun = b""
    if path.is_file():  # a device may have no end
        with suppress(OSError), path.open("rb") as file:  # told when it is opened for writing
            # A crash may have left the first line end alone; the next chunk brings its own.
            begun = b"\n" + file.read(len(BEGINNING)).lstrip(b"\n")
    if path.is_symlink() or begun != BEGINNING[: len(begun)]:
        raise StorageError(
            "the journal of a deep check must be a new file, or one that an earlier check began",
            got=str(path),
            remedy="Name another place with --journal.",
        )


def _read(path: Path) -> dict[str, ChunkResult]:
    if not path.is_file():  # a device may have no end
        return {}
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    done = {}
    for line in lines:
        try:
            entry = json.loads(line)
            digests = np.frombuffer(base64.b64decode(entry["digests"]), dtype="<u8")
            damaged = {int(place): str(problem) for place, problem in entry["damaged"].items()}
            done[str(entry["key"])] = ChunkResult(damaged, digests.astype(np.uint64))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return done
