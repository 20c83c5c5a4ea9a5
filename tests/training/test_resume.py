"""However often a run is stopped, killed and resumed, its weights are those of one that ran on."""

from __future__ import annotations

import csv
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch
from torch import nn

from tacan.config import ModelConfig, TrainConfig, config_yaml, load_config
from tacan.config.load import parse_overrides
from tacan.model import Tacan
from tacan.training import TrainingStopped, train
from tacan.training import build_training as build

OFTEN = (
    "--run.iterations=60",
    "--run.checkpoint_every=1",
    "--run.log_every=1",
    "--data.workers=1",
)


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    """Real processes that don't have to import everything again."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tacan.training", "tacan.cli"])
    return context


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def weights(run: Path) -> bytes:
    return (run / "model" / "model.safetensors").read_bytes()


def losses(run: Path) -> list[tuple[str, ...]]:
    """The log without its last column, the speed."""
    with (run / "log.csv").open() as stream:
        return [tuple(row[:-1]) for row in csv.reader(stream)]


def with_dropout(config: ModelConfig) -> Tacan:
    model = BUILD_MODEL(config)
    model.embedding = nn.Sequential(model.embedding, nn.Dropout(0.5))
    return model


BUILD_MODEL = build.build_model


def test_the_seed_makes_the_weights(settings: TrainConfig, tmp_path: Path) -> None:
    other = settings.model_copy(update={"run": settings.run.model_copy(update={"seed": 1})})
    for name, config in (("a", settings), ("b", settings), ("c", other)):
        torch.rand(ord(name))  # the global generator has no part in it
        train(config, tmp_path / name)
    assert weights(tmp_path / "a") == weights(tmp_path / "b") != weights(tmp_path / "c")


def test_training_leaves_the_global_generators_alone(settings: TrainConfig, tmp_path: Path) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    train(settings, tmp_path / "run")
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_goes_on_where_it_was(
    settings: TrainConfig, tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two checkpoints and two rows of the log, with dropout in the model."""
    monkeypatch.setattr(build, "build_model", with_dropout)
    train(settings, tmp_path / "whole")

    def stop(done: int, total: int) -> None:
        if done == 3:
            signal.raise_signal(number)

    before = signal.getsignal(number)
    with pytest.raises(TrainingStopped) as caught:
        train(settings, tmp_path / "parts", progress=stop)
    assert signal.getsignal(number) is before
    assert caught.value.signal_number == number
    # Signals are noticed when an iteration is over, and the progress is told before that.
    assert caught.value.iteration == 3
    assert not (tmp_path / "parts" / "model").exists()

    seen = []
    train(settings, tmp_path / "parts", resume=True, progress=lambda *done: seen.append(done[0]))
    assert seen == [3, 4, 5, 6]
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    whole, parts = (load_notes(tmp_path / name) for name in ("whole", "parts"))
    assert whole == parts


def load_notes(run: Path) -> dict[str, object]:
    return torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["losses"]


def test_a_finished_run_is_exported_again(settings: TrainConfig, tmp_path: Path) -> None:
    first = train(settings, tmp_path / "run")
    kept = weights(tmp_path / "run")
    (tmp_path / "run" / "model" / "model.safetensors").unlink()
    again = train(settings, tmp_path / "run", resume=True)
    assert weights(tmp_path / "run") == kept
    assert again == first


COMMAND = """
import os, sys, torch
from tacan.cli import main
sys.stderr = open(messages, "w", buffering=1)
os.dup2(sys.stderr.fileno(), 2)
torch.set_num_threads(1)
main(words)
"""
"""What a process of its own does: a command, with its messages in a file."""


def n_rows(run: Path) -> int:
    log = run / "log.csv"
    return len(log.read_text().splitlines()) if log.exists() else 0


def wait_for_rows(process: BaseProcess, run: Path, rows: int) -> None:
    while process.is_alive() and n_rows(run) < rows:
        time.sleep(0.01)


def workers_of(process: BaseProcess) -> list[int]:
    return [
        int(pid)
        for task in Path(f"/proc/{process.pid}/task").iterdir()
        for pid in (task / "children").read_text().split()
    ]


@pytest.mark.slow
def test_killed_at_any_moment(
    processes: multiprocessing.context.ForkServerContext,
    settings: TrainConfig,
    tmp_path: Path,
) -> None:
    """SIGKILL again and again, at random moments and between writing and replacing files, then a
    killed worker, SIGTERM and SIGINT; resumed by the command that the run itself advises."""
    run = tmp_path / "parts"
    (tmp_path / "settings.yaml").write_text(config_yaml(settings))
    words = ["train", str(tmp_path / "settings.yaml"), *OFTEN, "--out", str(run), "--resume"]
    train(load_config(words[1], parse_overrides(OFTEN)), tmp_path / "whole")
    chance = random.Random(0)
    codes = []
    for action in ["kill"] * 4 + ["worker", "term", "int", "none"]:
        names = {"words": words, "messages": str(tmp_path / "messages")}
        process = processes.Process(target=exec, args=(COMMAND, names))
        process.start()
        if action != "none":
            wait_for_rows(process, run, n_rows(run) + chance.randrange(1, 5))
            time.sleep(chance.random() * 0.03)
            if action == "worker":
                os.kill(workers_of(process)[0], signal.SIGKILL)
            else:
                number = {"kill": 9, "term": signal.SIGTERM, "int": signal.SIGINT}[action]
                os.kill(process.pid or 0, number)
        process.join()
        codes.append(process.exitcode)
        if action == "worker":
            assert "set data.workers to 0" in (tmp_path / "messages").read_text()
        if action in ("term", "int"):
            assert f"tacan train {run}/config.yaml --resume" in (tmp_path / "messages").read_text()
    assert codes == [-9] * 4 + [1, 143, 130, 0]
    assert weights(run) == weights(tmp_path / "whole")
    assert losses(run) == losses(tmp_path / "whole")
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["last.ckpt"]
