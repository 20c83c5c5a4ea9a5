"""Listing a data set's folders so that nothing in them is passed over without a word.

A layout sets the level at which crops lie: in the folders of people, say. What lies deeper, and
what can't be read, is refused by a reader, and named by the doctor.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tacan.errors import DatasetLayoutError
from tacan.images.folder_content import FolderContent, read_folder_content
from tacan.text import counted

__all__ = ["find_below", "list_crops", "list_folders", "readable_content", "walk"]


def list_folders(folder: Path) -> list[Path]:
    """The folders in `folder`, sorted by name, without the hidden ones.

    Raises `DatasetLayoutError` where it, or what may be a folder or a crop in it, can't be read,
    or where images lie beside the folders.
    """
    content = readable_content(folder)
    if content.images:
        raise DatasetLayoutError(
            "crops must lie in the folders of their tracklets",
            got=f"{counted(len(content.images), 'image')} beside these, such as "
            f"{folder / content.images[0]}",
            remedy="Move them down to where they belong, or out of the data set.",
        )
    return [folder / name for name in content.folders]


def list_crops(folder: Path) -> list[str]:
    """The names of the images in `folder`, sorted.

    Raises `DatasetLayoutError` where it, or what may be a folder or a crop in it, can't be read,
    or where images lie in folders within it.
    """
    content = readable_content(folder)
    if content.folders and (deeper := find_below(folder)) is not None:
        raise DatasetLayoutError(
            "crops must lie directly in the folder that they belong to",
            got=deeper,
            remedy=f"Move what is deeper up into {folder}, or out of the data set.",
        )
    return list(content.images)


def find_below(folder: Path) -> str | None:
    """The first image in folders within `folder`, or the first thing that can't be looked into."""
    for relative, content in walk(folder, followed=0):
        if relative and content.images:
            return str(folder / relative / content.images[0])
        for name, reason in content.unreadable:
            return f"{folder / relative / name} ({reason})"
    return None


def walk(folder: Path, *, followed: int) -> Iterator[tuple[str, FolderContent]]:
    """Every folder in and below `folder` with its content, from above and sorted by name.

    Names are relative to `folder`, which itself is `""`. Links to folders are entered down to the
    level `followed`, unless they lead back to where they lie: so the walk ends. The others count as
    unreadable, and so does a folder that can't be listed, under the name `""`.
    """
    waiting = [""]
    while waiting:
        relative = waiting.pop()
        level = relative.count("/") + 1 if relative else 0
        content = _content(folder / relative)
        refused = {
            name: reason
            for name in content.folders
            if (reason := _link_refused(folder / relative / name, follow=level < followed))
        }
        kept = tuple(name for name in content.folders if name not in refused)
        unreadable = (*content.unreadable, *refused.items())
        yield relative, FolderContent(content.images, kept, unreadable)
        waiting += [f"{relative}/{name}" if relative else name for name in reversed(kept)]


def readable_content(folder: Path) -> FolderContent:
    """The content of `folder`, all of which can be read. Raises `DatasetLayoutError`."""
    content = _content(folder)
    if content.unreadable:
        name, reason = content.unreadable[0]
        left = len(content.unreadable) - 1
        raise DatasetLayoutError(
            "everything in the folders of a data set must be readable",
            got=f"{folder / name} ({reason})" + (f" and {left:,} more in {folder}" if left else ""),
            remedy="Restore it, or its permissions, or what it leads to; or remove it.",
        )
    return content


def _content(folder: Path) -> FolderContent:
    try:
        return read_folder_content(folder)
    except OSError as error:
        return FolderContent(unreadable=(("", error.strerror or str(error)),))


def _link_refused(path: Path, *, follow: bool) -> str | None:
    """Why a folder is not entered: a link that is too deep, or leads back to where it lies."""
    try:
        if not path.is_symlink():
            return None
        target = path.readlink()
    except OSError as error:
        return error.strerror or str(error)
    if not follow:
        return f"a link to the folder {target}, deeper than folders are looked for"
    if Path(os.path.realpath(path.parent)).is_relative_to(os.path.realpath(path)):
        return f"a link to {target}, which leads back to where it lies"
    return None
