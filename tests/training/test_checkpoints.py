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
    check_optimiser,
    check_weights,
    read_checkpoint,
    remove_drafts,
    write_checkpoint,
)
from tacan.training.schedule import OPTIMISERS, build_optimiser

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


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("iteration", "7"),
        ("iteration", -1),
        ("iteration", True),
        ("config", [1]),
        ("config", {"run": 3}),
        ("pids", [4, "9"]),
        ("weights", [torch.zeros(1)]),
        ("weights", {3: torch.zeros(1)}),
        ("optimiser", None),
        ("window", {"loss": 1.5, "count": "2"}),
        ("window", {"loss": 1.5}),
        ("losses", {"loss": float("nan")}),
        ("losses", 3),
        ("scores", {"mAP": [1]}),
    ],
)
def test_a_field_of_another_type_is_refused(path: Path, field: str, value: Any) -> None:
    write_checkpoint(path, replace(CHECKPOINT, **{field: value}))
    with pytest.raises(CheckpointError, match=f"another kind of content under {field}"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"w": torch.zeros(3)}, r"float32 \[3\], not float32 \[2\]"),
        ({"w": torch.zeros(2, dtype=torch.int64)}, r"int64 \[2\]"),
        ({"w": torch.zeros(2).to_sparse()}, "w is float32"),
        ({"w": 3}, "w is int"),
        ({"x": torch.zeros(1)}, "x is unknown"),
    ],
)
def test_weights_of_another_model_are_refused(changes: dict[str, Any], found: str) -> None:
    expected = {"w": torch.zeros(2)}
    check_weights(expected, {"w": torch.ones(2)})
    with pytest.raises(CheckpointError, match=found):
        check_weights(expected, expected | changes)


def stepped(name: str) -> tuple[torch.optim.Optimizer, dict[str, Any]]:
    """An optimiser of two weights that has made a step, and its state."""
    weights = [torch.nn.Parameter(torch.ones(2, 3)), torch.nn.Parameter(torch.ones(4))]
    optimiser = build_optimiser(name, weights, learning_rate=0.1, weight_decay=0.01)
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    optimiser.step()
    return optimiser, optimiser.state_dict()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_an_optimiser_goes_on_from_its_own_state(name: str) -> None:
    optimiser, state = stepped(name)
    check_optimiser(optimiser, state | {"param_groups": [state["param_groups"][0] | {"lr": 9.0}]})
    check_optimiser(optimiser, {**state, "state": {}})


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize(
    "spoilt",
    [torch.ones(1), torch.ones(2, 3, dtype=torch.float64), torch.ones(2, 3).to_sparse(), 3, None],
)
def test_an_optimiser_of_other_shapes_is_refused(name: str, spoilt: Any) -> None:
    """Its fused step would write beside the memory."""
    optimiser, state = stepped(name)
    key = "momentum_buffer" if name == "sgd" else "exp_avg"
    if name == "sgd" and spoilt is None:
        return  # what it has before the first step
    state["state"][0][key] = spoilt
    with pytest.raises(CheckpointError, match="of weight 0"):
        check_optimiser(optimiser, state)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: state.pop("param_groups"),
        lambda state: state.update(state=[1]),
        lambda state: state["param_groups"].append({}),
        lambda state: state["param_groups"].__setitem__(0, 3),
        lambda state: state["param_groups"][0].update(params=[0, 0]),
        lambda state: state["param_groups"][0].update(weight_decay="much"),
        lambda state: state["state"].update({7: {}}),
        lambda state: state["state"][1].pop("step"),
        lambda state: state["state"][1].update(step=torch.ones(3)),
    ],
)
def test_an_optimiser_of_another_kind_is_refused(spoil: Any) -> None:
    optimiser, state = stepped("adam")
    spoil(state)
    with pytest.raises(CheckpointError):
        check_optimiser(optimiser, state)


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
