"""Lists the crops that are on disk, with their sizes, without opening any."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tacan.images.read import image_suffixes
from tacan.progress import Progress, silent

__all__ = ["list_images"]


def list_images(root: Path, part: str = "", *, progress: Progress = silent) -> dict[str, int]:
    """The images below `root/part` as paths relative to `root`, with their sizes in bytes.

    Sorted; hidden files and folders are left out. `progress` counts the folders in `part`.
    """
    suffixes = image_suffixes()
    start = root / part
    found = dict(_images_in(start, part, suffixes))
    folders = _folders_in(start)
    for done, name in enumerate(folders, start=1):
        found.update(_walk(start / name, f"{part}/{name}" if part else name, suffixes))
        progress(done, len(folders))
    return found


def _walk(folder: Path, relative: str, suffixes: frozenset[str]) -> Iterator[tuple[str, int]]:
    yield from _images_in(folder, relative, suffixes)
    for name in _folders_in(folder):
        yield from _walk(folder / name, f"{relative}/{name}", suffixes)


def _images_in(folder: Path, relative: str, suffixes: frozenset[str]) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        images = [
            (entry.name, entry.stat().st_size)
            for entry in entries
            if not entry.name.startswith(".")
            and f".{entry.name.rpartition('.')[2].lower()}" in suffixes
            and entry.is_file()
        ]
    for name, size in sorted(images):
        yield (f"{relative}/{name}" if relative else name), size


def _folders_in(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
