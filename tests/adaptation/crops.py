"""Crops in a plain folder, one sub-folder a tracklet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (32, 16)


def write_crops(
    root: Path, *, n: int, length: int = 6, first: int = 0, frame_name: str = "{:03d}.png"
) -> None:
    """`n` people of one colour above and one below, with some noise, each in `length` crops."""
    for number in range(first, first + n):
        rng = np.random.default_rng(number)
        top, bottom = rng.integers(40, 216, (2, 1, 1, 3))
        folder = root / f"walk {number:03d}"
        folder.mkdir(parents=True)
        for frame in range(length):
            half = (SIZE[0] // 2, SIZE[1], 3)
            parts = [colour + rng.integers(-30, 30, half) for colour in (top, bottom)]
            pixels = np.clip(np.concatenate(parts), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / frame_name.format(frame))
