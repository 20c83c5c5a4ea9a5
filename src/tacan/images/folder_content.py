"""What lies in a folder of pictures, and what of it can't be read."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from tacan.images.read import image_suffixes

__all__ = ["NOT_READ", "FolderContent", "is_image_name", "is_unread_format", "read_folder_content"]

NOT_READ = "a picture of a format that isn't read: save it as JPEG or PNG"
"""What is said of a file by whose name `is_unread_format`."""
UNREAD_ENDINGS = frozenset({"heic", "heics", "heif", "heifs", "hif", "jxl"})
"""Pictures as phones store them, which would be passed over in silence otherwise."""
RAW_ENDINGS = frozenset(
    {
        "3fr", "arw", "cr2", "cr3", "crw", "dng", "erf", "iiq", "kdc", "mrw", "nef", "nrw", "orf",
        "pef", "raf", "rw2", "rwl", "sr2", "srf", "srw", "x3f",
    }
)  # fmt: skip
"""What cameras' sensors saw, as cameras store it, mostly beside a JPEG of the same name."""

SYSTEM_FOLDERS = frozenset(
    {"lost+found", "@eaDir", "__MACOSX", "$RECYCLE.BIN", "System Volume Information"}
)
"""Folders that operating systems and servers put beside people's own."""


@dataclass(frozen=True, slots=True)
class FolderContent:
    """What lies directly in a folder, each part sorted by name.

    What is hidden (its name begins with a dot), `SYSTEM_FOLDERS` and files that are no images by
    their ending are left out.

    images
        Names of files that end as images do.
    folders
        Names of folders, and of links to folders.
    unreadable
        Names of what may be an image or a folder and can't be had, with the reason: links that
        lead nowhere or in a circle, pipes and devices named like images, pictures of
        `UNREAD_ENDINGS`, and those of `RAW_ENDINGS` without an image of the same stem.
    """

    images: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()


def read_folder_content(folder: Path) -> FolderContent:
    """The content of `folder`. No file is opened. Raises `OSError` where it can't be listed."""
    images: list[str] = []
    folders: list[str] = []
    unreadable: list[tuple[str, str]] = []
    raw: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name in SYSTEM_FOLDERS:
                continue
            try:
                if entry.is_dir():
                    folders.append(entry.name)
                elif not entry.is_file():
                    unreadable += _unreadable(entry)
                elif is_image_name(entry.name):
                    images.append(entry.name)
                elif _ending(entry.name) in RAW_ENDINGS:
                    raw.append(entry.name)
                elif is_unread_format(entry.name):
                    unreadable.append((entry.name, NOT_READ))
            except OSError as error:
                unreadable += _unreadable(entry, error)
    stems = {name.rpartition(".")[0] for name in images}
    unreadable += [(name, NOT_READ) for name in raw if name.rpartition(".")[0] not in stems]
    return FolderContent(tuple(sorted(images)), tuple(sorted(folders)), tuple(sorted(unreadable)))


def is_image_name(name: str) -> bool:
    """Whether a file's name ends as that of an image does.

    >>> is_image_name("a.JPG"), is_image_name("jpg"), is_image_name("a.jpg.txt")
    (True, False, False)
    """
    return f".{_ending(name)}" in image_suffixes()


def is_unread_format(name: str) -> bool:
    """Whether a file's name is that of a picture in a format that can't be read.

    >>> [is_unread_format(name) for name in ("IMG_0001.HEIC", "b.NEF", "a.jpg", "heic")]
    [True, True, False, False]
    """
    return _ending(name) in UNREAD_ENDINGS | RAW_ENDINGS


def _ending(name: str) -> str:
    """What stands behind the last dot of a name, in small letters; nothing if nothing is before."""
    stem, _, ending = name.rpartition(".")
    return ending.lower() if stem else ""


def _unreadable(entry: os.DirEntry[str], error: OSError | None = None) -> list[tuple[str, str]]:
    """The entry's name and why it can't be had; nothing where it can't be meant as crop or folder.

    A link without an ending may have led to a folder.
    """
    reason = "neither a file nor a folder" if error is None else error.strerror or str(error)
    try:
        target = Path(entry.path).readlink()
    except OSError:
        is_lost_folder = error is not None
    else:
        is_lost_folder = True
        if error is None:
            reason = reason if Path(entry.path).exists() else "nothing is there"
        elif error.errno == errno.ELOOP:
            reason = "it leads in a circle"
        reason = f"a link to {target}: {reason}"
    if is_image_name(entry.name) or (is_lost_folder and "." not in entry.name):
        return [(entry.name, reason)]
    return []
