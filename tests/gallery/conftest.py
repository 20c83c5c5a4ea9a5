"""Small galleries with known content."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import ModelInfo, NewSource, NewTracklet
from tacan.gallery.opening import open_gallery
from tacan.video.video_records import Crop

MODEL = ModelInfo(name="small", fingerprint="f" * 16, embedding_dim=8)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def new_source(camera: str = "door", *, start: datetime | None = NOON, **changes) -> NewSource:
    values = {
        "path": f"/videos/{camera}.mp4",
        "name": f"{camera}.mp4",
        "sha256": f"{camera:0<64}",
        "settings": {"stride": 2},
    }
    return NewSource(camera=camera, start=start, **(values | changes))


def new_tracklet(number: int = 1, *, n: int = 5, n_crops: int = 2, **changes) -> NewTracklet:
    """A tracklet whose content follows from its number alone; seen from `number` s on."""
    rng = np.random.default_rng(number)
    frames = np.arange(n, dtype=np.int64) + 10 * number
    seconds = number + np.arange(n) / 10
    corner = rng.uniform(0, 100, 2)
    boxes = np.tile(np.r_[corner, corner + np.array([20, 50])], (n, 1)).astype(np.float32)
    crops = tuple(
        Crop(int(frames[i]), float(seconds[i]), boxes[i], crop_bytes(number, i), float(i))
        for i in range(n_crops)
    )
    values = {
        "first_seconds": float(seconds[0]),
        "last_seconds": float(seconds[-1]),
        "embedding": rng.standard_normal(MODEL.embedding_dim).astype(np.float32),
        "clip_weights": np.array([0.25, 0.75], np.float32),
        "clip_frames": np.array([[frames[0], frames[2]], [frames[2], frames[-1]]]),
        "n_frames": n,
        "quality": 0.5,
    }
    lists = {"frames": frames, "seconds": seconds, "boxes": boxes, "crops": crops}
    return NewTracklet(number=number, **(values | lists | changes))


def crop_bytes(number: int, position: int) -> bytes:
    """Bytes that occur nowhere else."""
    return np.random.default_rng([number, position, 99]).bytes(300)


def fill(
    gallery: Gallery,
    camera: str = "door",
    numbers=range(1, 4),
    *,
    done: bool = True,
    n_crops: int = 2,
    **changes,
) -> int:
    source = gallery.begin_source(new_source(camera, **changes))
    tracklets = [new_tracklet(number, n_crops=n_crops) for number in numbers]
    gallery.add(source.id, tracklets, fingerprint=MODEL.fingerprint)
    if done:
        gallery.finish_source(source.id)
    return source.id


@pytest.fixture
def make_gallery(tmp_path: Path) -> Callable[..., Path]:
    """Makes the gallery `tmp_path/NAME` with tracklets 1 to 3 at each of the cameras."""

    def make(*cameras: str, name: str = "gallery", numbers=range(1, 4), n_crops=2) -> Path:
        with open_gallery(tmp_path / name, write=True, create_with=MODEL) as gallery:
            for place, camera in enumerate(cameras):
                fill(gallery, camera, [number + 100 * place for number in numbers], n_crops=n_crops)
        return tmp_path / name

    return make


def all_bytes(folder: Path) -> bytes:
    """Every byte of every file below a folder."""
    return b"\0".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
