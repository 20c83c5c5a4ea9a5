from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tacan.synthetic.scenes import SceneSettings, SceneVideos, make_scenes

SMALL: dict[str, Any] = {
    "cameras": 2,
    "people": 4,
    "seconds": 0.6,
    "seed": 3,
    "height": 120,
    "width": 160,
    "fps": 10,
}


@pytest.fixture(scope="session")
def small_scenes(tmp_path_factory: pytest.TempPathFactory) -> SceneVideos:
    return make_scenes(tmp_path_factory.mktemp("scenes") / "site", SceneSettings(**SMALL))


def contents(root: Path) -> dict[str, bytes]:
    """Every file under `root` with its bytes."""
    return {path.name: path.read_bytes() for path in root.rglob("*") if path.is_file()}
