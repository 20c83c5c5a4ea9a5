"""One small generated data set that several tests read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tacan.synthetic import DatasetSettings, SyntheticDataset, generate
from tacan.synthetic.rendering.lens import Lens

SMALL: dict[str, Any] = {
    "identities": 6,
    "cameras": 6,
    "seed": 4,
    "height": 32,
    "width": 16,
    "median_frames": 6,
    "max_frames": 20,
}


@pytest.fixture(scope="session")
def small_mars(tmp_path_factory: pytest.TempPathFactory) -> SyntheticDataset:
    return generate(
        tmp_path_factory.mktemp("generated") / "mars", DatasetSettings(layout="mars", **SMALL)
    )


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> SyntheticDataset:
    return generate(
        tmp_path_factory.mktemp("generated") / "folder", DatasetSettings(layout="folder", **SMALL)
    )


def contents(root: Path) -> dict[str, bytes]:
    """Every file under `root` with its bytes."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def pixel_rays(lens: Lens, pixels: np.ndarray) -> np.ndarray:
    """The ways that pixels [n, 2] look, in the world, float64 [n, 3], each of depth 1."""
    across = (np.asarray(pixels, dtype=np.float64) - np.array(lens.centre)) / lens.focal
    return np.column_stack([across, np.ones(len(across))]) @ lens.rotation
