"""The crops of a gallery: JPEG files beside the database, in a folder for each tracklet."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tacan.errors import StorageError
from tacan.files import atomic_paths
from tacan.gallery.gallery_records import NewTracklet, StoredCrop
from tacan.gallery.store import CropRow, corners

__all__ = ["CropFolder", "folder_of"]


def folder_of(source_id: int, number: int | None = None) -> str:
    """The folder of a source's crops, or of one of its tracklets.

    >>> folder_of(3, 12)
    '00003/000012'
    """
    return f"{source_id:05d}" if number is None else f"{source_id:05d}/{number:06d}"


class CropFolder:
    """Files `root/SOURCE/NUMBER/POSITION.jpg`; the database knows them relative to `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, source_id: int, tracklet: NewTracklet) -> tuple[CropRow, ...]:
        """Writes a tracklet's crops, all whole or none, and says where they lie.

        Writing the same tracklet again replaces them by themselves. Raises `StorageError`.
        """
        if not tracklet.crops:
            return ()
        folder = folder_of(source_id, tracklet.number)
        names = [f"{folder}/{position:02d}.jpg" for position in range(len(tracklet.crops))]
        with atomic_paths(*(self.root / name for name in names)) as drafts:
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

    def stored(self, row: CropRow) -> StoredCrop:
        """The crop with its whole path."""
        return StoredCrop(self.root / row.path, row.frame, row.seconds, row.box, row.sharpness)

    def fault(self, row: CropRow) -> str | None:
        """What is wrong with a crop's file, if anything."""
        try:
            data = (self.root / row.path).read_bytes()
        except OSError as error:
            return "missing" if isinstance(error, FileNotFoundError) else str(error.strerror)
        if len(data) != row.size or zlib.crc32(data) != row.checksum:
            return "not as it was written"
        return None

    def files(self) -> Iterator[str]:
        """All files below the root, as the database would call them."""
        for file in self.root.rglob("*"):
            if file.is_file():
                yield file.relative_to(self.root).as_posix()

    def erase(self, path: str) -> None:
        """Overwrites a file, or all in a folder, with zeros and removes it.

        The folders above go as well when they are empty. What is gone already is no error.
        Raises `StorageError` where something can't be removed.
        """
        target = self.root / path
        try:
            inside = sorted(target.rglob("*"), reverse=True) if target.is_dir() else [target]
            for entry in inside:
                _erase_entry(entry)
            if target.is_dir():
                target.rmdir()
        except OSError as error:
            raise StorageError(
                "a crop that is deleted must be removable",
                got=f"{target} ({error.strerror})",
                remedy="Check its permissions and delete again.",
            ) from error
        for parent in target.parents:
            if parent == self.root or (parent.is_dir() and any(parent.iterdir())):
                break
            with suppress(OSError):
                parent.rmdir()


def _erase_entry(entry: Path) -> None:
    if entry.is_dir():
        entry.rmdir()
        return
    with suppress(FileNotFoundError):
        with entry.open("r+b") as stream:
            stream.write(bytes(entry.stat().st_size))
        entry.unlink()
