"""The track tables of MARS: who, on which camera, how long, and which are the queries.

They can be read without the images and without the name lists, which is all that the evaluation
of features made elsewhere needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tacan.errors import DatasetLayoutError, FeaturesError
from tacan.features.matlab import read_mat

__all__ = ["MarsTable", "read_mars_tables"]

_TRACKS = {
    "train": ("tracks_train_info.mat", "track_train_info"),
    "test": ("tracks_test_info.mat", "track_test_info"),
}
_QUERIES = ("query_IDX.mat", "query_IDX")
_RECOPY = "Copy it again from the data set's info folder."


@dataclass(frozen=True, slots=True)
class MarsTable:
    """One row for each of N tracklets, in the order of the official table.

    `starts` and `stops` (int64 [N]) are 0-based half-open rows of the name list;
    `pids` (-1 junk, 0 distractor) and `camids` (1 to 6) are int64 [N]; `is_query` is bool [N].
    """

    split: str
    starts: np.ndarray
    stops: np.ndarray
    pids: np.ndarray
    camids: np.ndarray
    is_query: np.ndarray

    def __len__(self) -> int:
        return len(self.pids)

    @property
    def lengths(self) -> np.ndarray:
        """The number of frames of each tracklet: int64 [N]."""
        return self.stops - self.starts

    @property
    def is_gallery(self) -> np.ndarray:
        """bool [N]. The whole test table is searched in, queries and junk included; what each
        protocol leaves out of it is the protocol's affair."""
        return np.full(len(self), self.split == "test")


def read_mars_tables(root: Path, split: str = "test") -> MarsTable:
    """The table of one split, from a root that holds `info/`, or from such a folder itself.

    The file's rows are `[first, last, pid, camera]`, 1-based and inclusive; `query_IDX` is
    1-based too, and stored as uint16, so it is widened before anything is subtracted.

    Raises `DatasetLayoutError` for missing or damaged files, and for tables that contradict
    themselves: rows that overlap or run backwards, cameras below 1, pids below -1, query rows
    outside the table or twice, or queries that are junk or distractors.
    """
    if split not in _TRACKS:
        raise DatasetLayoutError(
            f"MARS has the splits {', '.join(sorted(_TRACKS))}",
            got=repr(split),
            remedy="Choose one of them.",
        )
    info = root / "info" if (root / "info").is_dir() else root
    path = info / _TRACKS[split][0]
    rows = _read_array(path, _TRACKS[split][1])
    if rows.ndim != 2 or rows.shape[1] != 4 or len(rows) == 0:
        raise DatasetLayoutError(
            "a MARS track table must have the columns first, last, pid and camera",
            got=f"{path} of shape {rows.shape}",
            remedy=_RECOPY,
        )
    starts, stops = rows[:, 0] - 1, rows[:, 1].copy()
    _check_rows(path, rows)
    is_query = np.zeros(len(rows), dtype=bool)
    if split == "test":
        is_query[_read_queries(info / _QUERIES[0], pids=rows[:, 2])] = True
    return MarsTable(split, starts, stops, rows[:, 2].copy(), rows[:, 3].copy(), is_query)


def _read_queries(path: Path, *, pids: np.ndarray) -> np.ndarray:
    rows = _read_array(path, _QUERIES[1]).ravel() - 1
    fault = None
    if rows.size == 0:
        fault = "none"
    elif rows.min() < 0 or rows.max() >= len(pids):
        fault = f"rows {rows.min() + 1} to {rows.max() + 1} for {len(pids)} tracklets"
    elif len(np.unique(rows)) != len(rows):
        fault = "a row twice"
    elif (pids[rows] <= 0).any():
        fault = "a query that is junk or a distractor"
    if fault is not None:
        raise DatasetLayoutError(
            "MARS's queries must be different rows of the test table (1-based), of real people",
            got=f"{fault} in {path}",
            remedy=_RECOPY,
        )
    return rows


def _check_rows(path: Path, rows: np.ndarray) -> None:
    first, last, pids, camids = rows.T
    faults = {
        "a first frame below 1 (rows are 1-based)": first < 1,
        "a last frame before the first": last < first,
        "rows that overlap or go backwards": np.r_[False, first[1:] <= last[:-1]],
        "a pid below -1": pids < -1,
        "a camera below 1": camids < 1,
    }
    for fault, bad in faults.items():
        if bad.any():
            raise DatasetLayoutError(
                "a MARS track table must list tracklets one after another, 1-based",
                got=f"{fault} in row {int(np.argmax(bad)) + 1} of {path}",
                remedy=_RECOPY,
            )


def _read_array(path: Path, key: str) -> np.ndarray:
    """A variable of a .mat file, as int64."""
    if not path.is_file():
        raise DatasetLayoutError(
            "MARS's tables must be in its info folder",
            got=f"no {path}",
            remedy="Give the folder that holds info/, or info/ itself.",
        )
    try:
        contents = read_mat(path)
    except FeaturesError as error:
        raise DatasetLayoutError(
            "MARS's tables must be whole .mat files", got=error.got, remedy=_RECOPY
        ) from error
    names = sorted(contents)
    if key not in names:
        raise DatasetLayoutError(
            f"{path.name} must hold the variable {key!r}", got=", ".join(names), remedy=_RECOPY
        )
    values = np.asarray(contents[key])
    if values.dtype.kind not in "uif" or not (np.isfinite(values) & (values % 1 == 0)).all():
        raise DatasetLayoutError(
            f"{key!r} must hold whole numbers", got=f"{values.dtype} in {path}", remedy=_RECOPY
        )
    return values.astype(np.int64)
