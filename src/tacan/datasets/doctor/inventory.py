"""Lists the crops that are on disk, with their sizes, without opening any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tacan.datasets.crop_folders import walk
from tacan.datasets.doctor.findings import Examined
from tacan.progress import Progress, silent

__all__ = ["Inventory", "take_inventory"]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What lies below one part of a data set, as paths relative to the root.

    files
        Images down to the level at which the layout has crops, with their sizes in bytes.
    folders
        Folders down to that level.
    explained
        What can't be read, or lies too deep, and all folders above it.
    """

    files: dict[str, int]
    folders: tuple[str, ...]
    explained: frozenset[str]

    def empty_folders(self) -> list[str]:
        """Folders without a crop or a folder, of which nothing else is said either."""
        filled = {path.rpartition("/")[0] for path in (*self.files, *self.folders)}
        return [path for path in self.folders if path not in filled and path not in self.explained]


def take_inventory(
    examined: Examined, root: Path, part: str = "", *, levels: int, progress: Progress = silent
) -> Inventory:
    """Lists `root/part`, whose crops lie `levels` folders deep.

    Adds to `examined` all files, and the findings `unreadable`, `folder-depth` and `crop-empty`.
    Hidden files and folders are left out. `progress` counts the folders in `part`.
    """
    files: dict[str, int] = {}
    folders: list[str] = []
    explained: set[str] = set()
    n_folders = n_seen = 0
    for relative, content in walk(root / part, followed=levels):
        level = relative.count("/") + 1 if relative else 0
        where = "/".join(filter(None, (part, relative)))
        if level == 0:
            n_folders = len(content.folders)
        elif level == 1:
            n_seen += 1
            progress(n_seen, n_folders)
        if 0 < level <= levels:
            folders.append(where)
        sizes, unreadable = _sizes(root, where, content.images)
        unreadable |= {_join(where, name): reason for name, reason in content.unreadable}
        examined.files |= sizes
        examined.add("crop-empty", [path for path, size in sizes.items() if size == 0])
        examined.add("unreadable", [f"{path}: {reason}" for path, reason in unreadable.items()])
        if level <= levels:
            files |= sizes
        else:
            examined.add("folder-depth", sizes)
        for path in (*unreadable, *((where,) if sizes and level > levels else ())):
            explained.update(_above(path))
    return Inventory(files, tuple(folders), frozenset(explained))


def _sizes(root: Path, where: str, names: tuple[str, ...]) -> tuple[dict[str, int], dict[str, str]]:
    """The sizes of images in the folder `where`; and the reasons for those that can't be had."""
    sizes, refused = {}, {}
    for name in names:
        path = _join(where, name)
        try:
            sizes[path] = (root / path).stat().st_size
        except OSError as error:
            refused[path] = error.strerror or str(error)
    return sizes, refused


def _join(where: str, name: str) -> str:
    return "/".join(filter(None, (where, name))) or "."


def _above(where: str) -> Iterator[str]:
    """A folder and all above it."""
    while where:
        yield where
        where = where.rpartition("/")[0]
