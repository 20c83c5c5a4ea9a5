"""The crops of a gallery: JPEG files beside the database, in a folder for each tracklet.

A gallery can come from somebody else. So a name that its database gives is used only if it has the
form that `folder_of` makes, and no link is followed: neither can lead out of the gallery.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tacan.errors import GalleryError, StorageError
from tacan.files import atomic_paths, drafts_in
from tacan.gallery.gallery_records import NewTracklet, StoredCrop
from tacan.gallery.store import CropRow, corners

__all__ = ["CropFolder", "CropProblem", "erase", "folder_of"]

_NAME = re.compile(r"\d{5,19}(/\d{6,19}(/\d{2,19}\.jpg)?)?", re.ASCII)
_PIECE = 1 << 20


class CropProblem(NamedTuple):
    """What is wrong with a crop's file, which `is_there` if a file of the gallery was read.

    Only if it `is_lost` may the database forget the crop: a file that can't be read now may be
    whole.
    """

    what: str
    is_lost: bool
    is_there: bool = False


def folder_of(source_id: int, number: int | None = None) -> str:
    """The folder of a source's crops, or of one of its tracklets.

    >>> folder_of(3, 12)
    '00003/000012'
    """
    return f"{source_id:05d}" if number is None else f"{source_id:05d}/{number:06d}"


class CropFolder:
    """Files `root/SOURCE/NUMBER/POSITION.jpg`; the database knows them relative to `root`.

    `aside` is the folder for files that the database does not know, under the same names.
    """

    def __init__(self, root: Path, aside: Path) -> None:
        self.root = root
        self.aside = aside

    def write(self, source_id: int, tracklet: NewTracklet) -> tuple[CropRow, ...]:
        """Writes a tracklet's crops, all whole or none, and says where they lie.

        Writing the same tracklet again replaces them by themselves. Raises `StorageError`.
        """
        if not tracklet.crops:
            return ()
        folder = folder_of(source_id, tracklet.number)
        names = [f"{folder}/{position:02d}.jpg" for position in range(len(tracklet.crops))]
        with atomic_paths(*map(self.path, names)) as drafts:
            for draft, crop in zip(drafts, tracklet.crops, strict=True):
                draft.write_bytes(crop.jpeg)
        return tuple(
            CropRow(
                path=name,
                frame=int(crop.frame),
                seconds=float(crop.seconds),
                box=corners(crop.box),
                sharpness=float(crop.sharpness),
                size=len(crop.jpeg),
                checksum=zlib.crc32(crop.jpeg),
            )
            for name, crop in zip(names, tracklet.crops, strict=True)
        )

    def path(self, name: str) -> Path:
        """The file or folder of this name in the database; it need not be there.

        Raises `GalleryError` for a name that is none of a gallery, and for one behind a link.
        """
        return _inside(self.root, name)

    def stored(self, row: CropRow) -> StoredCrop:
        """The crop with its whole path. Raises `GalleryError` as `path` does."""
        return StoredCrop(self.path(row.path), row.frame, row.seconds, row.box, row.sharpness)

    def problem(self, row: CropRow) -> CropProblem | None:
        """What is wrong with a crop's file, if anything."""
        try:
            data = self.path(row.path).read_bytes()
        except GalleryError:
            return CropProblem("outside of the gallery, or behind a link", is_lost=True)
        except FileNotFoundError:
            return CropProblem("missing", is_lost=True)
        except OSError as error:
            return CropProblem(f"unreadable ({error.strerror})", is_lost=False)
        if len(data) != row.size or zlib.crc32(data) != row.checksum:
            return CropProblem("not as it was written", is_lost=True, is_there=True)
        return None

    def files(self) -> Iterator[str]:
        """All files and links below the root, as the database would call them."""
        for folder, folders, names in os.walk(self.root):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for name in (*names, *links):
                yield Path(folder, name).relative_to(self.root).as_posix()

    def set_aside(self, name: str) -> None:
        """Moves a file (a link itself, not what it leads to) out of the root, without replacing
        another. Raises `StorageError`."""
        source, target, number = self.root / name, self.aside / name, 0
        while target.is_symlink() or target.exists():
            number += 1
            target = self.aside / f"{name}.{number}"
        try:
            if _has_link(target.parent, self.aside) or _has_link(source.parent, self.root):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
        except OSError as error:
            raise StorageError(
                "a file that belongs to no tracklet must be movable",
                got=f"{source} ({error.strerror})",
                remedy="Check the permissions; nothing is lost.",
            ) from error
        _remove_empty(source.parent, self.root)

    def remove_drafts(self, source_id: int) -> None:
        """Erases the drafts that a run which was killed has left among a source's crops."""
        for folder in sorted(self.path(folder_of(source_id)).glob("*")):
            for draft in drafts_in(folder):
                erase(draft)
                _remove_empty(folder, self.root)

    def erase(self, name: str) -> None:
        """Overwrites a file, or all in a folder, with zeros and removes it; also what was set
        aside under this name.

        The folders above go as well when they are empty. What is gone already is no error. A link
        is removed, and so is a file that has another name elsewhere; what they lead to stays as it
        is. Raises `GalleryError` as `path` does, `StorageError` where something can't be removed.
        """
        for root in (self.root, self.aside):
            target = _inside(root, name)
            erase(target)
            _remove_empty(target.parent, root)


def _inside(root: Path, name: str) -> Path:
    is_name = isinstance(name, str) and _NAME.fullmatch(name)
    if not is_name or _has_link(root / name, root):
        raise GalleryError(
            "a crop must lie in its gallery, under the name that indexing gave it, and not behind "
            "a link",
            got=f"{name!r} in {root.parent}",
            remedy="`tacan gallery verify --repair` forgets it.",
        )
    return root / name


def _has_link(path: Path, root: Path) -> bool:
    """Whether the path, or a folder above it up to `root`, is a link."""
    depth = len(path.parts) - len(root.parts)
    return any(part.is_symlink() for part in (path, *path.parents[:depth]))


def erase(target: Path) -> None:
    """Overwrites a file, or all in a folder, with zeros and removes it; it may be missing, and of
    a link only itself goes. Raises `StorageError`."""
    try:
        if target.is_dir() and not target.is_symlink():
            for folder, folders, names in os.walk(target, topdown=False):
                for entry in (*names, *folders):
                    _erase_entry(Path(folder, entry))
        _erase_entry(target)
    except OSError as error:
        raise StorageError(
            "a crop that is deleted must be removable",
            got=f"{target} ({error.strerror})",
            remedy="Check its permissions and delete again.",
        ) from error


def _erase_entry(entry: Path) -> None:
    try:
        status = entry.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    if stat.S_ISDIR(status.st_mode):
        entry.rmdir()
        return
    if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
        with entry.open("r+b") as stream:
            for start in range(0, status.st_size, _PIECE):
                stream.write(bytes(min(_PIECE, status.st_size - start)))
            stream.flush()
            os.fsync(stream.fileno())  # else the zeros of a removed file may never be written
    entry.unlink()


def _remove_empty(folder: Path, root: Path) -> None:
    """Removes a folder and those above it, up to `root`, which stays, as far as they are empty."""
    while folder != root:
        try:
            folder.rmdir()
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = folder.parent
