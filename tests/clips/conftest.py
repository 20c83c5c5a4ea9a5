from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tacan.records import Tracklet


@pytest.fixture
def tracklet(tmp_path: Path) -> Tracklet:
    """Nine lossless crops, three of them (3, 4, 5) of another size than the rest."""
    rng = np.random.default_rng(0)
    names = tuple(f"{i}.png" for i in range(9))
    for i, name in enumerate(names):
        height, width = (60, 30) if i in (3, 4, 5) else (48, 24)
        coarse = rng.integers(0, 256, (height // 6, width // 6, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(
            tmp_path / name
        )
    return Tracklet("0001C1T0001", pid=1, camid=1, directory=tmp_path, frames=names)
