"""Clean generated copies of every data set."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tacan.synthetic import DatasetSettings, generate

SIZES = {
    "mars": {"identities": 6, "cameras": 6, "tracklets_per_camera": 3, "max_frames": 5},
    "folder": {"identities": 3, "cameras": 3, "max_frames": 4},
    "ilids-vid": {"identities": 4, "cameras": 2, "max_frames": 6},
    "prid2011": {"identities": 4, "cameras": 2, "max_frames": 28, "min_frames": 26},
    "duke-video": {"identities": 6, "cameras": 4, "max_frames": 5},
}


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A clean copy of a data set, which must not be changed."""
    made: dict[str, Path] = {}
    folder = tmp_path_factory.mktemp("clean")

    def get(dataset: str) -> Path:
        if dataset not in made:
            sizes = {"min_frames": 3, "seed": 5, "height": 32, "width": 16} | SIZES[dataset]
            sizes["median_frames"] = sizes["max_frames"]
            made[dataset] = generate(
                folder / dataset, DatasetSettings(layout=dataset, **sizes)
            ).root
        return made[dataset]

    return get


@pytest.fixture
def copy(clean: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of one's own to spoil."""

    def get(dataset: str) -> Path:
        return Path(shutil.copytree(clean(dataset), tmp_path / dataset))

    return get
