"""The layout of iLIDS-VID: two cameras, one PNG sequence of each person in each, ten splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tacan.synthetic.layouts.layout import Layout
from tacan.synthetic.layouts.mat_files import write_mat
from tacan.synthetic.tracklets.dataset_plan import Part
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings

__all__ = ["ILIDS_VID", "N_SPLITS", "suit_two_cameras"]

N_SPLITS = 10


def suit_two_cameras(settings: DatasetSettings) -> DatasetSettings:
    """One tracklet of each person in each camera, and neither distractors nor junk."""
    return replace(settings, tracklets_per_camera=1, distractor_share=0.0, junk_share=0.0)


def tracklet_id(part: Part) -> str:
    return f"cam{part.camid}_{_person(part)}"


def crop_name(part: Part, frame: int) -> str:
    """Frames are numbered as in a longer video, from anywhere."""
    number = 37 * part.pid + 11 * part.camid + frame
    folder = f"i-LIDS-VID/sequences/cam{part.camid}/{_person(part)}"
    return f"{folder}/{tracklet_id(part)}_{number:05d}.png"


def write_tables(root: Path, parts: Sequence[Part]) -> None:
    """`ls_set`: ten rows of 1-based ranks in the sorted list of people, the tested half first."""
    n_people = len({part.pid for part in parts})
    rows = [np.random.default_rng([n_people, row]).permutation(n_people) for row in range(N_SPLITS)]
    folder = root / "train-test people splits"
    ranks = np.array(rows, dtype=np.uint16).reshape(N_SPLITS, n_people) + np.uint16(1)
    write_mat(folder / "train_test_splits_ilidsvid.mat", "ls_set", ranks)


def _person(part: Part) -> str:
    """Numbers have gaps, as the real ones have: a rank is not a number."""
    return f"person{part.pid + (part.pid - 1) // 5:03d}"


ILIDS_VID = Layout(
    has_splits=False,
    tracklet_id=tracklet_id,
    crop_name=crop_name,
    write_tables=write_tables,
    max_pid=800,
    max_camid=2,
    max_number=1,
    suit=suit_two_cameras,
)
