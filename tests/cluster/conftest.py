"""A cluster of two worker processes on this machine, and videos with ready boxes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest
import torch
from distributed import LocalCluster

from tacan.cluster.connection import running_loop
from tacan.config import ModelConfig
from tacan.model import build_model, save_model
from tacan.video.mot import write_mot
from tacan.video.video_records import VideoTracklet
from tests.indexing.scenes import write_walkers

N_FRAMES = 60
N_PEOPLE = 3


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cluster-model") / "model"
    torch.manual_seed(0)
    config = ModelConfig(
        encoder="small", height=32, width=16, embedding_dim=8, attention_channels=4
    )
    save_model(folder, build_model(config).eval(), config)
    return folder


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four videos, each with its boxes beside it."""
    folder = tmp_path_factory.mktemp("cluster-videos")
    paths = []
    for place in range(4):
        path = write_walkers(folder / f"v{place}.mp4", N_FRAMES, n_people=N_PEOPLE, seed=place)
        write_mot(path.with_suffix(".txt"), list(map(_walk, range(N_PEOPLE))))
        paths.append(path)
    return paths


def _walk(person: int) -> VideoTracklet:
    """The ready track of a person of `walkers`."""
    x = 3 * np.arange(N_FRAMES) - person * (3 * N_FRAMES // N_PEOPLE) + 10
    frames = np.flatnonzero((x >= 0) & (x < 148))
    y = 20 + 7 * person
    boxes = np.stack([x[frames], 0 * frames + y, x[frames] + 12, 0 * frames + y + 40], axis=1)
    return VideoTracklet(
        number=person + 1,
        frames=frames,
        seconds=frames / 10,
        boxes=boxes.astype(np.float32),
        scores=np.ones(len(frames), np.float32),
        crops=(),
        quality=1.0,
    )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with _two_workers(tmp_path_factory.mktemp("workers")) as made:
        yield made


@pytest.fixture(scope="module")
def crash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that ends a worker of `detecting_cluster`: see `blocks`."""
    return tmp_path_factory.mktemp("crash") / "crash"


@pytest.fixture(scope="module")
def detecting_cluster(tmp_path_factory: pytest.TempPathFactory, crash: Path) -> Iterator[Any]:
    """Workers whose detector finds coloured blocks."""
    folder = tmp_path_factory.mktemp("detecting-workers")
    with (
        pytest.MonkeyPatch.context() as patch,
        dask.config.set({"distributed.worker.preload": ["tests.cluster.blocks"]}),
    ):
        patch.syspath_prepend(Path(__file__).parents[2])  # which new processes take over
        with _two_workers(folder, TACAN_TEST_CRASH=str(crash)) as made:
            yield made


@contextmanager
def _two_workers(folder: Path, **env: str) -> Iterator[Any]:
    with (
        dask.config.set({"distributed.worker.daemon": True}),
        LocalCluster(
            loop=running_loop(),
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            local_directory=str(folder),
            memory_limit=0,
            env={"OMP_NUM_THREADS": "1", **env},
        ) as made,
    ):
        yield made
