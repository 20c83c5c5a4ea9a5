"""The data sets that TACAN reads, by the names that its commands know them by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tacan.datasets.crops import read_crop
from tacan.datasets.folder import read_folder
from tacan.datasets.mars import read_mars
from tacan.datasets.mars_tables import MarsTable, read_mars_tables
from tacan.errors import DatasetLayoutError
from tacan.records import TrackletSplit

__all__ = ["DATASETS", "Dataset", "MarsTable", "load_split", "read_crop", "read_mars_tables"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A layout that can be read: its name, its splits, and `read(root, split)`."""

    name: str
    splits: tuple[str, ...]
    read: Callable[[Path, str], TrackletSplit]


DATASETS: dict[str, Dataset] = {
    "mars": Dataset("mars", ("train", "test"), read_mars),
    "folder": Dataset("folder", ("train", "test", "all"), read_folder),
}


def load_split(dataset: str, root: Path, split: str = "test") -> TrackletSplit:
    """The tracklets of one split: files are listed, none is decoded.

    Raises `DatasetLayoutError` for an unknown data set or split, and for whatever is wrong with
    the copy in `root`.
    """
    if dataset not in DATASETS:
        raise DatasetLayoutError(
            f"a data set must be one of {', '.join(DATASETS)}",
            got=repr(dataset),
            remedy="For tracklets of your own use 'folder'.",
        )
    known = DATASETS[dataset]
    if split not in known.splits:
        raise DatasetLayoutError(
            f"the data set {dataset!r} has the splits {', '.join(known.splits)}",
            got=repr(split),
            remedy="Choose one of them.",
        )
    return known.read(root, split)
