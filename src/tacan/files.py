"""Files as a whole: their digest, and writing so that nothing that stood there is ever harmed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tacan.errors import DataError, StorageError

__all__ = ["atomic_path", "atomic_paths", "sha256", "write_text"]


def sha256(*paths: Path) -> str:
    """SHA-256 of the bytes of one file, or of several one after another, in hexadecimal.

    Raises `DataError` where one can't be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                while piece := file.read(1 << 20):
                    digest.update(piece)
        except OSError as error:
            raise DataError(
                "a file must be readable to its end",
                got=f"{path}: {error.strerror or error}",
                remedy="Check its name, its permissions and the disk.",
            ) from error
    return digest.hexdigest()


@contextmanager
def atomic_paths(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Drafts to write to, which replace `paths` together when the block ends well.

    No draft replaces anything before all of them lie whole on the disk; after an error every path
    has its old content and no draft is left. Raises `StorageError` where the operating system
    refuses (no space, no permission, a file where a folder should be).
    """
    drafts = tuple(path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in paths)
    try:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield drafts
        for draft in drafts:
            with draft.open("rb") as written:
                os.fsync(written.fileno())
        for draft, path in zip(drafts, paths, strict=True):
            draft.replace(path)
    except OSError as error:
        raise StorageError(
            f"{' and '.join(map(str, paths))} must be writable, with room for the data",
            got=error.strerror or str(error),
            remedy="What stood there before is untouched. Free some space or choose another place.",
        ) from error
    finally:
        for draft in drafts:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """`atomic_paths` for one file."""
    with atomic_paths(path) as (draft,):
        yield draft


def write_text(path: Path, text: str) -> None:
    """Writes `text` to `path` as UTF-8, whole or not at all. Raises `StorageError`."""
    with atomic_path(path) as draft:
        draft.write_text(text, encoding="utf-8")
