"""Files as a whole: their digest, reading in bounds, and writing so that nothing is ever harmed."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tacan.errors import DataError, StorageError

__all__ = [
    "GALLERY_DATABASE",
    "atomic_path",
    "atomic_paths",
    "drafts_in",
    "names_sha256",
    "read_ordinary_file",
    "require_new_output",
    "require_safe_outputs",
    "sha256",
    "write_text",
]

GALLERY_DATABASE = "gallery.sqlite"
"""The file by which a folder is known to be a gallery."""

LONGEST_NAME = 200
"""Bytes of a name that its draft repeats; most file systems allow 255 for the whole."""


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


def names_sha256(rows: Iterable[Sequence[str]], *, start: str = "") -> str:
    """SHA-256 of `start` and of rows of names in their order, in hexadecimal.

    It is how a list of tracklets is known again: each row names a tracklet and its frames.
    """
    digest = hashlib.sha256(start.encode("utf-8", "surrogateescape"))
    for names in rows:
        digest.update("\0".join(names).encode("utf-8", "surrogateescape"))
        digest.update(b"\0\0")
    return digest.hexdigest()


def read_ordinary_file(path: Path, *, at_most: int) -> bytes:
    """The content of a file of at most `at_most` bytes.

    Raises `OSError`, with a reason in words, for a larger one, and for what is no file: a pipe may
    never say anything, and a device may never end.
    """
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "neither a file nor a link to one")
            if status.st_size > at_most:
                raise OSError(errno.EFBIG, f"{status.st_size:,} bytes")
            return file.read(at_most)
    except ValueError as error:  # a NUL in the name
        raise OSError(errno.EINVAL, str(error)) from error


def _open_at_once(path: str, flags: int) -> int:
    """Opens without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def require_safe_outputs(outputs: Sequence[Path], *, inputs: Iterable[Path] = ()) -> None:
    """Raises `StorageError` unless every output can be written without harm to anything.

    An output is none of the inputs and no other output, replaces nothing in a folder that is an
    input, lies in no gallery, and has an ordinary file or nothing in its place (or a device or a
    pipe, which is written through). Files are compared as the system knows them, so that links,
    other spellings and hard links deceive nobody.
    """
    inputs = tuple(inputs)
    for number, output in enumerate(outputs):
        _require_replaceable(output)
        if _is_stream(output):
            continue
        for other in outputs[:number]:
            if _same(output, other):
                raise _unsafe("two outputs must be two files", output, other)
        for given in inputs:
            if _same(output, given):
                raise _unsafe("an output must not be an input", output, given)
            if _exists(output) and any(_same(folder, given) for folder in _parents(output)):
                raise _unsafe("an output must not replace a file of an input", output, given)
        for folder in _parents(output):
            if _exists(folder / GALLERY_DATABASE):
                raise _unsafe("an output must not lie in a gallery", output, folder)


def require_new_output(output: Path) -> None:
    """Raises `StorageError` for a file that exists: it is replaced only by one who says so."""
    if _exists(output) and not _is_stream(output):
        raise StorageError(
            "a file that exists is replaced only with --overwrite",
            got=str(output),
            remedy="Name another one, or add --overwrite.",
        )


def _unsafe(rule: str, output: Path, other: Path) -> StorageError:
    met = str(output) if output == other else f"{output}, which is or would harm {other}"
    return StorageError(rule, got=met, remedy="Nothing was written. Name another place for it.")


def _same(one: Path, other: Path) -> bool:
    """Whether two paths are one file or folder, whether or not it exists yet."""
    with suppress(OSError, ValueError):
        return one.samefile(other)
    with suppress(OSError, ValueError, RuntimeError):
        return one.resolve() == other.resolve()
    return one == other


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


def _parents(path: Path) -> tuple[Path, ...]:
    """The folders that hold `path`, from the nearest, as the system knows them."""
    with suppress(OSError, RuntimeError):
        return tuple((path.parent.resolve() / path.name).parents)
    return tuple(path.absolute().parents)


def _is_stream(path: Path) -> bool:
    """Whether what stands at `path`, behind links, takes bytes and keeps none: a device, a pipe."""
    with suppress(OSError, ValueError):
        mode = path.stat().st_mode
        return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)
    return False


def _require_replaceable(path: Path) -> None:
    """Raises `StorageError` for what is neither an ordinary file nor a stream."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise _refused((path,), error) from error
    if _is_stream(path):
        return
    if stat.S_ISLNK(mode):
        raise StorageError(
            "an output must be an ordinary file, and no link is followed or replaced",
            got=f"{path}, a link to {os.fsdecode(path.readlink())}",
            remedy="Name the file itself.",
        )
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "neither a file nor a folder"
        raise StorageError(
            "an output must be an ordinary file",
            got=f"{path}, which is {kind}",
            remedy="Name another one.",
        )
    if not os.access(path, os.W_OK):
        raise StorageError(
            "a file that may not be written is not replaced either",
            got=str(path),
            remedy="Name another one, or change its permissions.",
        )


@dataclass(frozen=True, slots=True)
class _Draft:
    """What will be at `target`, in a file whose name nobody can guess."""

    target: Path
    path: Path
    mode: int | None
    """Permissions of the file that is replaced; None: those of a new file."""

    @classmethod
    def beside(cls, target: Path) -> _Draft:
        """A new empty draft, that only we can open where the old file was not for everybody."""
        _require_replaceable(target)
        if _is_stream(target):
            number, name = tempfile.mkstemp(suffix=".tmp")
            os.close(number)
            return cls(target, Path(name), None)
        target.parent.mkdir(parents=True, exist_ok=True)
        old = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
        short = os.fsdecode(os.fsencode(target.name)[:LONGEST_NAME])
        path = target.with_name(f".{short}.{secrets.token_hex(8)}.tmp")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        os.close(os.open(path, flags, 0o666 if old is None else 0o600 | (old & 0o666)))
        return cls(target, path, old)

    def sync(self) -> None:
        with self.path.open("rb") as written:
            os.fsync(written.fileno())

    def put(self) -> None:
        """To its place: by renaming, or byte by byte through a device or a pipe."""
        if _is_stream(self.target):
            with self.path.open("rb") as written, self.target.open("wb") as stream:
                shutil.copyfileobj(written, stream)
            return
        if self.mode is not None:
            self.path.chmod(self.mode)
        self.path.replace(self.target)

    def remove(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def drafts_in(folder: Path, name: str = "*") -> list[Path]:
    """The drafts in `folder`, of files of this name: they are left by processes that were killed,
    or belong to some that still write."""
    return sorted(folder.glob(f".{name}.*.tmp"))


@contextmanager
def atomic_paths(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Drafts to write to, which replace `paths` together when the block ends well.

    No draft replaces anything before all of them lie whole on the disk; after an error every path
    has its old content and no draft is left. A file that is replaced leaves its permissions to
    the new one. A device or a pipe is written through; a link, a folder and a file that may not
    be written are refused. Raises `StorageError` there, and where the operating system refuses
    (no space, no permission, a file where a folder should be).
    """
    drafts: list[_Draft] = []
    try:
        for path in paths:
            drafts.append(_Draft.beside(path))  # noqa: PERF401  (those made are removed)
        yield tuple(draft.path for draft in drafts)
        for draft in drafts:
            draft.sync()
        for draft in drafts:
            draft.put()
    except OSError as error:
        raise _refused(paths, error) from error
    finally:
        for draft in drafts:
            draft.remove()


def _refused(paths: Sequence[Path], error: OSError | ValueError) -> StorageError:
    return StorageError(
        f"{' and '.join(map(str, paths))} must be writable, with room for the data",
        got=(isinstance(error, OSError) and error.strerror) or str(error),
        remedy="What stood there before is untouched. Free some space or choose another place.",
    )


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """`atomic_paths` for one file."""
    with atomic_paths(path) as (draft,):
        yield draft


def write_text(path: Path, text: str) -> None:
    """Writes `text` to `path` as UTF-8, whole or not at all. Raises `StorageError`.

    A byte of a name that is no UTF-8 is written as its code, which JSON reads back.
    """
    with atomic_path(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
