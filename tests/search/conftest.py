"""A small gallery of people in colours of their own, and a video of one of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest
import simplejpeg
import torch

from tacan.config import ModelConfig
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import ModelInfo, NewSource, NewTracklet
from tacan.gallery.opening import open_gallery
from tacan.model import build_model, save_model
from tacan.video.video_records import Crop

CONFIG = ModelConfig(encoder="small", height=32, width=16, clip_len=4, embedding_dim=8)
START = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
N_FRAMES, FPS = 24, 8.0


def picture(colour: tuple[int, int, int], seed: int, size: tuple[int, int] = (64, 32)) -> bytes:
    noise = np.random.default_rng(seed).integers(-12, 13, (*size, 3))
    pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
    return simplejpeg.encode_jpeg(pixels, quality=90)


def tracklet(
    number: int,
    vector: np.ndarray,
    *,
    colour: tuple[int, int, int] = (120, 60, 60),
    first: float = 0.0,
    shift: float = 0.0,
    person: str | None = None,
    n_crops: int = 5,
) -> NewTracklet:
    """Someone who walks from left to right in 3 seconds, six clips of rising weight."""
    frames = np.arange(N_FRAMES, dtype=np.int64) + round(first * FPS)
    seconds = frames / FPS
    left = np.linspace(0, 60, N_FRAMES) + shift
    boxes = np.stack([left, left * 0 + 10, left + 20, left * 0 + 50], axis=1).astype(np.float32)
    clips = np.arange(0, N_FRAMES, 4, dtype=np.int64)
    places = np.linspace(0, N_FRAMES - 1, n_crops).astype(int)
    return NewTracklet(
        number=number,
        first_seconds=float(seconds[0]),
        last_seconds=float(seconds[-1]),
        embedding=vector.astype(np.float32),
        clip_weights=np.linspace(0.2, 0.8, len(clips)).astype(np.float32),
        clip_frames=np.stack([frames[clips], frames[clips + 3]], axis=1),
        n_frames=N_FRAMES,
        quality=0.9 - 0.4 / number,
        frames=frames,
        seconds=seconds,
        boxes=boxes,
        crops=tuple(
            Crop(int(frames[i]), float(seconds[i]), boxes[i], picture(colour, int(i)), 1.0)
            for i in places
        ),
        person=person,
    )


def new_source(camera: str, **changes: object) -> NewSource:
    given = {
        "path": f"/videos/{camera}.mp4",
        "name": f"{camera}.mp4",
        "sha256": camera.encode().hex().ljust(64, "0"),
        "camera": camera,
        "start": START,
        "duration": 60.0,
        "fps": FPS,
        "width": 96,
        "height": 72,
        "settings": {"detector": "test"},
    }
    return NewSource(**(given | changes))


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "small"
    torch.manual_seed(0)
    save_model(folder, build_model(CONFIG), CONFIG)
    return folder


@pytest.fixture(scope="session")
def card(model: Path) -> ModelInfo:
    from tacan.embeddings.open import open_model

    embedder = open_model(str(model), device="cpu")
    return ModelInfo(str(model), embedder.fingerprint, embedder.embedding_dim, embedder.metric)


N_CROWD, N_YARD = 16, 8


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, card: ModelInfo) -> Path:
    """The gallery's folder, to be read only.

    16 people cross the entrance side by side: 120 pairs of people who are
    certainly different. An hour later 8 of them cross the yard, two at a time in one place, so
    that nothing is certain there; the first of them has a name.
    """
    path = tmp_path_factory.mktemp("galleries") / "gallery"
    people = np.random.default_rng(3).normal(size=(N_CROWD, card.embedding_dim))
    again = people + np.random.default_rng(4).normal(scale=0.02, size=people.shape)
    with open_gallery(path, write=True, create_with=card) as made:
        entrance = made.begin_source(new_source("entrance"))
        crowd = [
            tracklet(n + 1, people[n], colour=colour_of(n), shift=100.0 * n) for n in range(N_CROWD)
        ]
        made.add(entrance.id, crowd, fingerprint=card.fingerprint)
        made.finish_source(entrance.id)
        yard = made.begin_source(new_source("yard", start=START + timedelta(hours=1)))
        later = [
            tracklet(
                n + 1,
                again[n],
                colour=colour_of(n),
                first=4.0 * (n // 2),
                person=None if n else "Ada",
            )
            for n in range(N_YARD)
        ]
        made.add(yard.id, later, fingerprint=card.fingerprint)
        made.finish_source(yard.id)
    return path


def colour_of(person: int) -> tuple[int, int, int]:
    return 15 * person, 120, 240 - 15 * person


@pytest.fixture
def own_folder(folder: Path, tmp_path: Path) -> Path:
    """A copy of the gallery to be changed."""
    return Path(shutil.copytree(folder, tmp_path / "own gallery ü"))


@pytest.fixture
def gallery(folder: Path) -> Iterator[Gallery]:
    with open_gallery(folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of a red box on grey that walks as `tracklet` has it; frame n is n brighter."""
    path = tmp_path_factory.mktemp("videos") / "walk.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=int(FPS), options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuv420p"
        for n in range(N_FRAMES):
            image = np.full((72, 96, 3), 60 + 4 * n, np.uint8)
            left = round(60 * n / (N_FRAMES - 1))
            image[10:50, left : left + 20] = (220, 30, 30)
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path
