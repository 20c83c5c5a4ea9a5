"""Makes a whole folder appear at once: what was interrupted never looks finished."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tacan.errors import StorageError

__all__ = ["atomic_folder"]

_SUFFIX = ".unfinished"
_MARK = ".unfinished"
"""A file in every unfinished folder, which whoever clears the folder away removes first."""


@contextmanager
def atomic_folder(out: Path, *, ours: Callable[[Path], bool], force: bool) -> Iterator[Path]:
    """A new folder beside `out`, which becomes `out` when the block ends well.

    What an interrupted run left beside `out` is removed first. An `out` that is missing or empty
    is taken; one that is `ours` is replaced with `force`; anything else is never touched.
    Of two runs with the same `out` the later one wins, and the earlier one fails.
    Raises `StorageError` for an `out` that is taken, and where the operating system refuses.
    """
    _check_free(out, ours=ours, force=force)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for left in _unfinished(out):
            (left / _MARK).unlink(missing_ok=True)
            shutil.rmtree(left)
        draft = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=_SUFFIX, dir=out.parent))
        (draft / _MARK).touch()
    except OSError as error:
        raise _refused(out, error) from error
    try:
        yield draft
        _check_free(out, ours=ours, force=force)
        (draft / _MARK).unlink()
        draft.chmod(0o755)  # mkdtemp's folders are their owner's alone
        _take_place(draft, out)
    except OSError as error:
        raise _refused(out, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _unfinished(out: Path) -> list[Path]:
    if not out.parent.is_dir():
        return []
    start = f".{out.name}."
    return sorted(
        path
        for path in out.parent.iterdir()
        if path.name.startswith(start) and path.name.endswith(_SUFFIX) and path.is_dir()
    )


def _check_free(out: Path, *, ours: Callable[[Path], bool], force: bool) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise StorageError(
            "a data set must be written to a folder",
            got=f"{out}, which is a file",
            remedy="Choose another place.",
        )
    if not any(out.iterdir()):
        return
    if not ours(out):
        raise StorageError(
            "a data set must be written to a new or empty folder",
            got=f"{out}, which holds other files",
            remedy="Choose another place. Nothing was changed.",
        )
    if not force:
        raise StorageError(
            "a generated data set is replaced only on request",
            got=f"{out}, which holds one",
            remedy="Give --force (in Python: force=True) to replace it, or choose another place.",
        )


def _take_place(draft: Path, out: Path) -> None:
    if not out.exists():
        draft.rename(out)
    elif not any(out.iterdir()):
        out.rmdir()
        draft.rename(out)
    else:
        old = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=_SUFFIX, dir=out.parent))
        out.rename(old / "replaced")
        draft.rename(out)
        shutil.rmtree(old)


def _refused(out: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{out} must be writable, with room for the data set",
        got=error.strerror or str(error),
        remedy="What stood there before is untouched. Free some space or choose another place.",
    )
