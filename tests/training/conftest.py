"""A data set small enough to train on within a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tacan.config import TrainConfig, load_config

N_PIDS, N_CAMERAS, N_TRACKLETS, N_FRAMES = 8, 2, 2, 5

SETTINGS = {
    "data.dataset": "folder",
    "data.workers": 0,
    "clips.n_clips": 2,
    "clips.identities_per_batch": 4,
    "clips.tracklets_per_identity": 2,
    "augmentation.pad": 2,
    "model.height": 32,
    "model.width": 16,
    "model.clip_len": 2,
    "model.embedding_dim": 16,
    "model.attention_channels": 8,
    "optimiser.warmup": 2,
    "run.iterations": 6,
    "run.checkpoint_every": 2,
    "run.log_every": 2,
}


TINY_RUN = {
    "data.workers": 0,
    "clips.n_clips": 2,
    "clips.identities_per_batch": 2,
    "clips.tracklets_per_identity": 2,
    "model.height": 32,
    "model.width": 16,
    "model.clip_len": 2,
    "model.embedding_dim": 8,
    "model.attention_channels": 4,
    "optimiser.warmup": 0,
    "run.iterations": 2,
}
"""Two iterations of a model that is as small as it can be."""


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `folder` data set of eight people, each of a colour, in two cameras."""
    root = tmp_path_factory.mktemp("people with spaces é")
    rng = np.random.default_rng(0)
    for pid in range(1, N_PIDS + 1):
        colour = rng.integers(40, 215, size=3)
        (root / f"{pid:04d}").mkdir()
        for camera in range(1, N_CAMERAS + 1):
            for tracklet in range(1, N_TRACKLETS + 1):
                for frame in range(1, N_FRAMES + 1):
                    noise = rng.normal(0, 20, size=(32, 16, 3))
                    pixels = (colour + noise).clip(0, 255).astype(np.uint8)
                    name = f"{pid:04d}C{camera}T{tracklet:04d}F{frame:03d}.png"
                    Image.fromarray(pixels).save(root / f"{pid:04d}" / name)
    return root


@pytest.fixture
def settings(people: Path) -> TrainConfig:
    """Six iterations of the demo's model on `people`, without validation."""
    return load_config("demo", {**SETTINGS, "data.root": str(people)})
