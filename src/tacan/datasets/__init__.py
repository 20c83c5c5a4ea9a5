"""The data sets that TACAN reads, by the names that its commands know them by."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tacan.datasets.duke_video import DUKE_NOTICE, WithdrawnDataWarning, read_duke_video
from tacan.datasets.folder import read_folder
from tacan.datasets.ilids_vid import read_ilids_vid
from tacan.datasets.layouts import is_generated
from tacan.datasets.mars import read_mars
from tacan.datasets.mars_tables import MarsTable, read_mars_tables
from tacan.datasets.prid2011 import read_prid2011
from tacan.datasets.splits import N_SPLITS
from tacan.errors import DatasetLayoutError
from tacan.images.read import read_crop
from tacan.records import DISTRACTOR_PID, JUNK_PID, TrackletSplit

__all__ = [
    "DATASETS",
    "Dataset",
    "MarsTable",
    "UncountedQueryWarning",
    "WithdrawnDataWarning",
    "load_dataset",
    "read_crop",
    "read_mars_tables",
    "require_options",
]


class UncountedQueryWarning(UserWarning):
    """Tracklets that are searched for have pid 0 or -1, which aren't people."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A layout that can be read.

    `read(root, split, **options)` takes the `options` named here. `n_splits` is over how many
    numbered splits a published result is the mean. `notice` must be shown to whoever uses it.
    """

    name: str
    splits: tuple[str, ...]
    read: Callable[..., TrackletSplit]
    options: tuple[str, ...] = ()
    n_splits: int = 1
    notice: str | None = None


DATASETS: dict[str, Dataset] = {
    "mars": Dataset("mars", ("train", "test"), read_mars),
    "ilids-vid": Dataset(
        "ilids-vid",
        ("train", "test"),
        read_ilids_vid,
        options=("split_number", "splits_file"),
        n_splits=N_SPLITS,
    ),
    "prid2011": Dataset(
        "prid2011",
        ("train", "test"),
        read_prid2011,
        options=("split_number", "splits_file", "variant", "split_seed"),
        n_splits=N_SPLITS,
    ),
    "duke-video": Dataset("duke-video", ("train", "test"), read_duke_video, notice=DUKE_NOTICE),
    "folder": Dataset("folder", ("train", "test", "all"), read_folder),
}


def load_dataset(
    dataset: str,
    root: Path | str,
    split: str = "test",
    *,
    split_number: int | None = None,
    splits_file: Path | str | None = None,
    variant: str | None = None,
    split_seed: int | None = None,
) -> TrackletSplit:
    """The tracklets of one split of a data set. Files are listed, none is decoded.

    Parameters
    ----------
    dataset
        A name in `DATASETS`: mars, ilids-vid, prid2011, duke-video or folder.
    root
        The folder that the copy lies in.
    split
        `train` or `test`; `folder` has also `all`.
    split_number
        Which of the halvings of iLIDS-VID and PRID-2011, from 0. None: the first.
    splits_file
        The splits of those two data sets, where they are not in their place in the root.
    variant
        Of PRID-2011: `prid-178` (None means this) or `prid-200`.
    split_seed
        What the halvings of `prid-200` are drawn from. None: 0.

    Returns
    -------
    TrackletSplit
        N tracklets in a fixed order, and for each whether it is a query and whether it is in the
        gallery (bool, length N). Each tracklet has its pid (-1 junk, 0 distractor), its camid (from
        0) and the names of its crops in the order of time.

    Raises `DatasetLayoutError` for an unknown data set or split, an option that the data set
    doesn't have, and whatever is wrong with the copy in `root`. Warns with `UncountedQueryWarning`
    of queries of pid 0 or -1, unless the data set was generated so.

    >>> split = load_dataset("folder", "people")  # doctest: +SKIP
    >>> len(split), split.tracklets[0].pid, split.tracklets[0].path(0)  # doctest: +SKIP
    (12, 1, PosixPath('people/1/1C1T1F001.jpg'))
    """
    root = Path(root)
    known = _find(dataset, split)
    given = {
        "split_number": split_number,
        "splits_file": None if splits_file is None else Path(splits_file),
        "variant": variant,
        "split_seed": split_seed,
    }
    options = {name: value for name, value in given.items() if value is not None}
    require_options(dataset, options)
    try:
        tracklets = known.read(root, split, **options)
    except OSError as error:
        raise DatasetLayoutError(
            "a data set must be readable while it is read",
            got=error,
            remedy="Check the disk and the permissions of its folders.",
        ) from error
    _tell_uncounted(tracklets, root)
    return tracklets


def require_options(dataset: str, options: Iterable[str]) -> None:
    """Raises `DatasetLayoutError` for an option that the data set doesn't have."""
    known = DATASETS[dataset].options
    if needless := sorted(set(options) - set(known)):
        raise DatasetLayoutError(
            f"the data set {dataset!r} takes {', '.join(known) or 'no options'}",
            got=", ".join(needless),
            remedy="Leave it out.",
        )


def _tell_uncounted(tracklets: TrackletSplit, root: Path) -> None:
    queries = [t.pid for t, asks in zip(tracklets, tracklets.is_query, strict=True) if asks]
    meanings = {DISTRACTOR_PID: "a distractor, nobody's right answer", JUNK_PID: "junk, ignored"}
    told = [
        f"{queries.count(pid):,} of pid {pid} ({meaning})"
        for pid, meaning in meanings.items()
        if pid in queries
    ]
    if told and not is_generated(root):
        warnings.warn(
            f"Queries that are no people, of {len(queries):,}: {', '.join(told)}. They don't "
            "count, and nothing is learned from them. Number real people from 1 on.",
            UncountedQueryWarning,
            stacklevel=3,
        )


def _find(dataset: str, split: str) -> Dataset:
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
    return known
