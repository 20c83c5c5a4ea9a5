"""Small generated data in the real layouts, a small model, and listeners that can interrupt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from tacan.config import ModelConfig
from tacan.model import build_model, save_model
from tacan.progress import Progress
from tacan.splits import Listeners, Stage
from tacan.synthetic import DatasetSettings, generate

MODEL = ModelConfig(
    encoder="small", height=32, width=16, clip_len=2, embedding_dim=8, attention_channels=4
)

SMALL = {"cameras": 2, "seed": 3, "height": 32, "width": 16, "occluded_share": 0.0}


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads of so small a model only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def ilids(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight people, four of whom are tested with in each split."""
    root = tmp_path_factory.mktemp("splits") / "iLIDS VID ü"
    frames = {"min_frames": 3, "median_frames": 4, "max_frames": 5}
    generate(root, DatasetSettings(layout="ilids-vid", identities=8, **frames, **SMALL))
    return root


@pytest.fixture(scope="session")
def prid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people; all of them have the 27 frames that prid-178 asks for."""
    root = tmp_path_factory.mktemp("splits") / "prid"
    frames = {"min_frames": 27, "median_frames": 27, "max_frames": 27}
    generate(root, DatasetSettings(layout="prid2011", identities=6, **frames, **SMALL))
    return root


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save(tmp_path_factory.mktemp("models") / "one", seed=0)


def save(folder: Path, *, seed: int) -> str:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        save_model(folder, build_model(MODEL), MODEL)
    return str(folder)


class Watch:
    """Keeps what it is told of each stage, and calls `at(done)` in the stage of that title."""

    def __init__(self, title: str = "", at=None) -> None:
        self.stages: list[Stage] = []
        self.progress: dict[str, list[tuple[int, int]]] = {}
        self.reports = []
        self._title, self._at = title, at

    @property
    def listeners(self) -> Listeners:
        return Listeners(self._stage, self.reports.append)

    @property
    def worked(self) -> list[str]:
        """The titles of the stages that were not done before."""
        return [stage.title for stage in self.stages if not stage.done]

    @contextmanager
    def _stage(self, stage: Stage) -> Iterator[Progress]:
        self.stages.append(stage)

        def progress(done: int, total: int) -> None:
            self.progress.setdefault(stage.title, []).append((done, total))
            if stage.title == self._title and self._at is not None:
                self._at(done)

        yield progress


def interrupt_after(count: int):
    def at(done: int) -> None:
        if done >= count:
            raise KeyboardInterrupt

    return at
