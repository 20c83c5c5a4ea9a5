"""What the root of each data set looks like, and what to say when a root doesn't."""

from __future__ import annotations

import re
from pathlib import Path

from tacan.errors import DatasetLayoutError

__all__ = ["LAYOUT_MARKS", "guess_layout", "require_layout", "visible_folders"]

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
_SHOWN = 4


def require_layout(dataset: str, root: Path, marks: tuple[str, ...] | None = None) -> None:
    """Checks that `root` is a folder and holds `marks` (by default all of its data set's).

    Raises `DatasetLayoutError` that names what is missing, and the layout or the subfolder that
    the root looks like where one can be guessed.
    """
    marks = LAYOUT_MARKS.get(dataset, ()) if marks is None else marks
    expected = ", ".join(marks) or "one folder of crops for each person, named by its number"
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing there"
        raise DatasetLayoutError(
            f"the root of a {dataset!r} data set must be a folder that holds {expected}",
            got=f"{root}: {found}",
            remedy=_nearest_parent(root),
        )
    missing = [mark for mark in marks if not (root / mark).exists()]
    if missing:
        raise DatasetLayoutError(
            f"the root of a {dataset!r} data set must hold {expected}",
            got=f"{root}, which lacks {', '.join(missing)}",
            remedy=_suggestion(dataset, root),
        )


def guess_layout(root: Path) -> str | None:
    """The data set whose marks are all in `root`, else the one most of whose marks are, else
    `folder` when its folders are numbers, else None."""
    present = {
        name: sum((root / mark).exists() for mark in marks) / len(marks)
        for name, marks in LAYOUT_MARKS.items()
    }
    best = max(present, key=lambda name: present[name])
    if present[best] > 0.5:
        return best
    folders = {folder.name for folder in visible_folders(root)} - {_TRUTH_FOLDER}
    if folders and all(_PERSON_FOLDER.fullmatch(name) for name in folders):
        return "folder"
    return None


def visible_folders(root: Path) -> list[Path]:
    """The folders in `root`, sorted by name, without the hidden ones."""
    return sorted(
        path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")
    )


def _suggestion(dataset: str, root: Path) -> str:
    guess = guess_layout(root)
    if guess is not None and guess != dataset:
        return f"This looks like the layout of {guess!r}: read it as that."
    for folder in visible_folders(root):
        if guess_layout(folder) == dataset:
            return f"Did you mean {folder}?"
    if guess_layout(root.parent) == dataset:
        return f"Did you mean {root.parent}?"
    holds = sorted(path.name for path in root.iterdir())
    more = f" and {len(holds) - _SHOWN:,} more" if len(holds) > _SHOWN else ""
    inside = f"It holds {', '.join(holds[:_SHOWN])}{more}" if holds else "It is empty"
    return f"{inside}. Give the folder that holds what is missing, or complete the copy."


def _nearest_parent(root: Path) -> str:
    parent = next((p for p in root.absolute().parents if p.is_dir()), None)
    if parent is None:
        return "Give the folder of the data set."
    return f"Check the path: {parent} is the part of it that exists."
