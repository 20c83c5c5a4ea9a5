"""One small generated data set that several tests read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tacan.synthetic import SyntheticDataset, generate

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
    return generate(tmp_path_factory.mktemp("generated") / "mars", layout="mars", **SMALL)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> SyntheticDataset:
    return generate(tmp_path_factory.mktemp("generated") / "folder", layout="folder", **SMALL)


def contents(root: Path) -> dict[str, bytes]:
    """Every file under `root` with its bytes."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
