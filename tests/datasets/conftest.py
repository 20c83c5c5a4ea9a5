"""Small data sets written by hand, for the readers' tests."""

from __future__ import annotations

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
