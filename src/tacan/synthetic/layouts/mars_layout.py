"""The layout of MARS: two crop folders, and tables of tracklets as .mat files.

A row of a track table is `[first, last, pid, camera]`, 1-based and inclusive, into the list of
file names. `query_IDX` is 1-based into the test table, and uint16 as in the original.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tacan.files import write_text
from tacan.records import DISTRACTOR_PID, JUNK_PID
from tacan.synthetic.layouts.layout import Layout
from tacan.synthetic.layouts.mat_files import write_mat
from tacan.synthetic.tracklets.dataset_plan import Part

__all__ = ["MARS"]


def tracklet_id(part: Part) -> str:
    """As in `0001C1T0001`, or `00-1C1T0001` for junk."""
    return f"{_folder(part)}C{part.camid}T{part.number:04d}"


def crop_name(part: Part, frame: int) -> str:
    split = "bbox_train" if part.split == "train" else "bbox_test"
    return f"{split}/{_folder(part)}/{_file(part, frame)}"


def write_tables(root: Path, parts: Sequence[Part]) -> None:
    """The five files of `info/`."""
    for split in ("train", "test"):
        mine = [part for part in parts if part.split == split]
        (root / f"bbox_{split}").mkdir(exist_ok=True)
        names = [_file(part, frame) for part in mine for frame in range(1, part.n_frames + 1)]
        write_text(root / "info" / f"{split}_name.txt", "".join(f"{name}\n" for name in names))
        write_mat(
            root / "info" / f"tracks_{split}_info.mat", f"track_{split}_info", _track_table(mine)
        )
    test = [part for part in parts if part.split == "test"]
    write_mat(root / "info" / "query_IDX.mat", "query_IDX", _query_table(test))


def _folder(part: Part) -> str:
    return "00-1" if part.pid == JUNK_PID else f"{part.pid:04d}"


def _file(part: Part, frame: int) -> str:
    return f"{tracklet_id(part)}F{frame:03d}.jpg"


def _track_table(parts: Sequence[Part]) -> np.ndarray:
    """int32 [N, 4] of first and last frame (1-based, inclusive), pid and camera."""
    lengths = np.array([part.n_frames for part in parts], dtype=np.int64)
    last = np.cumsum(lengths)
    whose = np.array([(part.pid, part.camid) for part in parts], dtype=np.int64).reshape(-1, 2)
    return np.column_stack([last - lengths + 1, last, whose]).astype(np.int32)


def _query_table(test: Sequence[Part]) -> np.ndarray:
    """[1, Q] of the 1-based rows of the queries: the first tracklet of each (identity, camera)."""
    first: dict[tuple[int, int], int] = {}
    for row, part in enumerate(test, start=1):
        if part.pid > DISTRACTOR_PID:
            first.setdefault((part.pid, part.camid), row)
    kind = np.uint16 if len(test) <= np.iinfo(np.uint16).max else np.uint32
    return np.array([list(first.values())], dtype=kind).reshape(1, -1)


MARS = Layout(
    has_splits=True,
    tracklet_id=tracklet_id,
    crop_name=crop_name,
    write_tables=write_tables,
    max_pid=9999,
    max_camid=9,
    max_number=9999,
)
