from __future__ import annotations

import contextlib
import os
import pickle
import random
import resource
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tacan.errors import CheckpointError, StorageError
from tacan.training.checkpoints import (
    Checkpoint,
    read_checkpoint,
    remove_drafts,
    write_checkpoint,
)

CHECKPOINT = Checkpoint(
    iteration=7,
    config={"run": {"seed": 3}},
    pids=[4, 9],
    weights={"w": torch.arange(2000.0)},
    optimiser={"state": {0: {"step": torch.tensor(7.0)}}, "param_groups": [{"lr": 0.1}]},
    window={"loss": 1.5, "count": 2.0},
    losses={"loss": 2.5},
    scores={},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "last.ckpt"
    write_checkpoint(path, CHECKPOINT)
    return path


def test_a_checkpoint_comes_back(path: Path) -> None:
    back = read_checkpoint(path)
    assert torch.equal(back.weights["w"], CHECKPOINT.weights["w"])
    assert replace(back, weights={}) == replace(CHECKPOINT, weights={})


def test_any_damage_is_noticed(path: Path) -> None:
    whole = path.read_bytes()
    chance = random.Random(0)
    for _ in range(100):
        damaged = bytearray(whole)
        place = chance.randrange(200, len(damaged))
        if chance.random() < 0.5:
            damaged = damaged[:place]
        else:
            damaged[place] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        with contextlib.suppress(CheckpointError):
            # Where it was in the padding, nothing is lost.
            assert torch.equal(read_checkpoint(path).weights["w"], CHECKPOINT.weights["w"])


class Malicious:
    def __reduce__(self) -> Any:
        return os.mkdir, ("owned",)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a checkpoint" * 100])
def test_what_is_no_checkpoint(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="must be a whole file"):
        read_checkpoint(path)


@pytest.mark.parametrize("save", [torch.save, lambda x, p: p.write_bytes(pickle.dumps(x))])
def test_a_pickle_that_runs_code_is_refused(
    path: Path, save: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    save({"format": 1, "weights": Malicious()}, path)
    with pytest.raises(CheckpointError, match="would run code is refused"):
        read_checkpoint(path)
    assert not Path("owned").exists()


@pytest.mark.parametrize("content", [{"format": 2}, {"format": 1, "iteration": 3}, [1]])
def test_another_content_is_refused(path: Path, content: object) -> None:
    torch.save(content, path)
    with pytest.raises(CheckpointError):
        read_checkpoint(path)


def test_a_full_disk_leaves_the_old_checkpoint(path: Path) -> None:
    """The size limit of files stands for a full disk: both fail in the middle of writing."""
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    larger = replace(CHECKPOINT, iteration=8, weights={"w": torch.zeros(100_000)})
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        with pytest.raises(StorageError, match="untouched"):
            write_checkpoint(path, larger)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert read_checkpoint(path).iteration == 7
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]


def test_drafts_of_killed_processes_are_cleared_away(path: Path) -> None:
    (path.parent / ".last.ckpt.4711.tmp").write_bytes(b"half")
    (path.parent / "notes.tmp").write_bytes(b"someone else's")
    remove_drafts(path)
    assert sorted(file.name for file in path.parent.iterdir()) == ["last.ckpt", "notes.tmp"]


def test_the_death_of_a_worker_is_not_taken_for_a_full_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It arrives as a RuntimeError, whatever the process is doing at that moment."""

    def interrupted(*_: object, **__: object) -> None:
        raise RuntimeError("DataLoader worker (pid 1) is killed by signal: Killed.")

    before = path.read_bytes()
    monkeypatch.setattr(torch, "save", interrupted)
    with pytest.raises(RuntimeError, match="DataLoader worker"):
        write_checkpoint(path, CHECKPOINT)
    assert path.read_bytes() == before
