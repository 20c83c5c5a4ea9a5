"""Small data sets written by hand, for the readers' tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

# Tracklet, pid, camera and frames, in the order of the table.
MARS_TRAIN = [("0001C1T0001", 3), ("0001C2T0001", 2), ("0003C6T0002", 5)]
MARS_TEST = [
    ("00-1C1T0001", 2),
    ("0000C1T0001", 3),
    ("0000C3T0002", 1),
    ("0002C1T0001", 4),
    ("0002C2T0001", 3),
    ("0004C5T0001", 2),
]
MARS_QUERIES = [4, 5]


def write_crop(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 6, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def crop_writer() -> Callable[..., Path]:
    """`write_crop`, for the tests in folders below this one."""
    return write_crop


def write_mars(root: Path) -> Path:
    info = root / "info"
    info.mkdir(parents=True)
    for split, tracks in (("train", MARS_TRAIN), ("test", MARS_TEST)):
        names, rows = [], []
        for tracklet, length in tracks:
            pid = -1 if tracklet.startswith("00-1") else int(tracklet[:4])
            rows.append([len(names) + 1, len(names) + length, pid, int(tracklet[5])])
            names += [f"{tracklet}F{frame:03d}.jpg" for frame in range(1, length + 1)]
        for name in names:
            write_crop(root / f"bbox_{split}" / name[:4] / name)
        (info / f"{split}_name.txt").write_text("\n".join(names) + "\n")
        key = f"track_{split}_info"
        savemat(info / f"tracks_{split}_info.mat", {key: np.array(rows, dtype=np.float64)})
    savemat(info / "query_IDX.mat", {"query_IDX": np.array([MARS_QUERIES], dtype=np.uint16)})
    return root


@pytest.fixture
def mars_root(tmp_path: Path) -> Path:
    return write_mars(tmp_path / "MARS Überprüfung")


# Gaps as in the real list of people, so that a rank is not a number.
ILIDS_PEOPLE = ["person001", "person004", "person010", "person319"]
ILIDS_RANKS = [[4, 1, 2, 3], [2, 3, 4, 1]]


def write_ilids_vid(root: Path) -> Path:
    for camera, first in ((1, 317), (2, 98)):
        for person in ILIDS_PEOPLE:
            for frame in range(first, first + 4):
                name = f"cam{camera}_{person}_{frame:05d}.png"
                write_crop(root / f"i-LIDS-VID/sequences/cam{camera}" / person / name)
    folder = root / "train-test people splits"
    folder.mkdir()
    ranks = np.array(ILIDS_RANKS, dtype=np.uint16)
    savemat(folder / "train_test_splits_ilidsvid.mat", {"ls_set": ranks})
    return root


PRID_PEOPLE = [1, 2, 3, 4, 200]
PRID_SHORT = 3
"""This one has too few frames in camera b for prid-178."""


def write_prid2011(root: Path) -> Path:
    for camera, alone in (("a", [201, 385]), ("b", [201, 202, 749])):
        for person in PRID_PEOPLE + alone:
            is_short = camera == "b" and person == PRID_SHORT
            for frame in range(1, 27 if is_short else 28):
                folder = root / f"prid_2011/multi_shot/cam_{camera}" / f"person_{person:04d}"
                write_crop(folder / f"{frame:04d}.png")
    halves = [("person_0200", "person_0001"), ("person_0002", "person_0004")]
    splits = [{"test": halves[i], "train": halves[1 - i]} for i in range(2)]
    (root / "splits_prid2011.json").write_text(json.dumps(splits))
    return root


DUKE_TRACKLETS = {
    "train": [("0001", "0001", 2, "X", 1), ("0001", "0002", 5, "X", 2)],
    "query": [("0004", "0001", 1, "X", 2), ("0007", "0002", 3, "X", 1)],
    "gallery": [
        ("0004", "0001", 1, "X", 2),
        ("0004", "0003", 2, "X", 1),
        ("0007", "0002", 3, "X", 1),
        ("0007", "0004", 6, "X", 1),
        ("5388", "0005", 8, "D", 2),
    ],
}
"""Person, tracklet folder, camera, kind, and the number of the first frame."""


def write_duke_video(root: Path, *, underscores: bool = True) -> Path:
    gap = "_" if underscores else ""
    for part, tracklets in DUKE_TRACKLETS.items():
        for pid, tracklet, camera, kind, first in tracklets:
            for frame in range(first, first + 3):
                shown = f"{kind}{30823 + 12 * frame}"
                name = gap.join([pid, f"C{camera}", f"F{frame:04d}", shown]) + ".jpg"
                write_crop(root / part / pid / tracklet / name)
    return root


@pytest.fixture
def ilids_root(tmp_path: Path) -> Path:
    return write_ilids_vid(tmp_path / "ilids")


@pytest.fixture
def prid_root(tmp_path: Path) -> Path:
    return write_prid2011(tmp_path / "prid")


@pytest.fixture
def duke_root(tmp_path: Path) -> Path:
    return write_duke_video(tmp_path / "duke")
