"""What the root of each data set looks like, and what to say when a root doesn't."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tacan.errors import DatasetLayoutError
from tacan.images.folder_content import read_folder_content

__all__ = [
    "LAYOUT_MARKS",
    "MANIFEST",
    "guess_layout",
    "is_generated",
    "require_layout",
    "require_root",
    "suggest_root",
]

LAYOUT_MARKS: dict[str, tuple[str, ...]] = {
    "mars": (
        "bbox_train",
        "bbox_test",
        "info/train_name.txt",
        "info/test_name.txt",
        "info/tracks_train_info.mat",
        "info/tracks_test_info.mat",
        "info/query_IDX.mat",
    ),
    "ilids-vid": ("i-LIDS-VID/sequences/cam1", "i-LIDS-VID/sequences/cam2"),
    "prid2011": ("prid_2011/multi_shot/cam_a", "prid_2011/multi_shot/cam_b"),
    "duke-video": ("train", "query", "gallery"),
}
"""The files and folders that make each layout. `folder` has none: its folders are numbers."""

_PERSON_FOLDER = re.compile(r"(?:00)?-1|[0-9]+")
_TRUTH_FOLDER = "ground_truth"
"""What generated data sets of every layout have beside their own."""

MANIFEST = f"{_TRUTH_FOLDER}/manifest.json"
"""What a generated data set says of itself."""

_SHOWN = 4
_TRIED = 1000
"""Folders that are looked into for another root."""


def is_generated(root: Path) -> bool:
    """Whether a data set says that its people never existed."""
    return (root / MANIFEST).is_file()


def require_layout(dataset: str, root: Path) -> None:
    """Checks that `root` is a folder and holds the marks of its data set.

    Raises `DatasetLayoutError` that names what is missing, and the layout or the subfolder that
    the root looks like where one can be guessed.
    """
    require_root(dataset, root)
    missing = [mark for mark in LAYOUT_MARKS.get(dataset, ()) if not _is_there(root / mark)]
    if missing:
        raise DatasetLayoutError(
            f"the root of a {dataset!r} data set must hold {_expected(dataset)}",
            got=f"{root}, which lacks {', '.join(missing)}",
            remedy=suggest_root(dataset, root),
        )


def require_root(dataset: str, root: Path) -> None:
    """Raises `DatasetLayoutError` unless `root` is a folder that can be listed."""
    try:
        os.scandir(root).close()
    except (OSError, ValueError) as error:
        raise DatasetLayoutError(
            f"the root of a {dataset!r} data set must be a folder that holds {_expected(dataset)}",
            got=f"{root}: {_reason(root, error)}",
            remedy=_nearest_parent(root),
        ) from error


def _expected(dataset: str) -> str:
    marks = LAYOUT_MARKS.get(dataset, ())
    return ", ".join(marks) or "one folder of crops for each person, named by its number"


def guess_layout(root: Path) -> str | None:
    """The data set whose marks are all in `root`, else the one most of whose marks are, else
    `folder` when its folders are numbers, else None."""
    present = {
        name: sum(_is_there(root / mark) for mark in marks) / len(marks)
        for name, marks in LAYOUT_MARKS.items()
    }
    best = max(present, key=lambda name: present[name])
    if present[best] > 0.5:
        return best
    folders = set(_folders(root)) - {_TRUTH_FOLDER}
    if folders and all(_PERSON_FOLDER.fullmatch(name) for name in folders):
        return "folder"
    return None


def suggest_root(dataset: str, root: Path) -> str:
    """What to do where `root` is not laid out as `dataset`: another layout or root, if one fits."""
    guess = guess_layout(root)
    if guess is not None and guess != dataset:
        return f"This looks like the layout of {guess!r}: read it as that."
    for folder in _folders(root)[:_TRIED]:
        if guess_layout(root / folder) == dataset:
            return f"Did you mean {root / folder}?"
    if guess_layout(parent := root.absolute().parent) == dataset:
        return f"Did you mean {parent}?"
    holds = sorted(path.name for path in root.iterdir())
    more = f" and {len(holds) - _SHOWN:,} more" if len(holds) > _SHOWN else ""
    inside = f"It holds {', '.join(holds[:_SHOWN])}{more}" if holds else "It is empty"
    return f"{inside}. Give the folder that holds what is missing, or complete the copy."


def _is_there(path: Path) -> bool:
    """Whether something is at `path`; no where it can't be asked for."""
    try:
        return path.exists()
    except OSError:
        return False


def _folders(root: Path) -> tuple[str, ...]:
    """The names of the folders in `root`; none where it can't be listed."""
    try:
        return read_folder_content(root).folders
    except OSError:
        return ()


def _reason(root: Path, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "a link to nothing" if os.path.lexists(root) else "nothing there"
    if isinstance(error, NotADirectoryError) and _is_there(root):
        return "a file"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _nearest_parent(root: Path) -> str:
    parent = next((p for p in root.absolute().parents if _is_there(p) and p.is_dir()), None)
    if parent is None:
        return "Give the folder of the data set."
    return f"Check the path: {parent} is the part of it that exists."
