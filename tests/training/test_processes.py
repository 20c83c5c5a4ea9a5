"""Several processes learn what one learns: the losses see the whole batch."""

from __future__ import annotations

import csv
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tacan.config import TrainConfig, config_yaml, load_config
from tacan.config.load import parse_overrides
from tacan.training import train
from tacan.training.processes import Processes

# Group normalisation: batch normalisation keeps to each process' part, and plain SGD doesn't
# blow up rounding as Adam does.
OVERRIDES = (
    "--model.encoder=test_efficientnet_gn",
    "--optimiser.name=sgd",
    "--optimiser.learning_rate=0.05",
    "--optimiser.clip_gradient=1.0",
    "--data.validation_share=0.4",
    "--run.validate_every=3",
)

COMMAND = """
import os, sys, torch
os.environ.update(environment)
from tacan.cli import main
sys.stdout = sys.stderr = open(messages, "w", buffering=1)
os.dup2(sys.stderr.fileno(), 2)
torch.set_num_threads(1)
main(words)
"""


class Torchrun:
    """Two processes with the environment that torchrun gives them."""

    def __init__(self, words: list[str], folder: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tacan.training", "tacan.cli"])
        port = free_port()
        self.messages = [folder / f"messages of {rank}" for rank in (0, 1)]
        self.processes = [
            context.Process(target=exec, args=(COMMAND, self._names(words, rank, port)))
            for rank in (0, 1)
        ]
        for process in self.processes:
            process.start()

    def _names(self, words: list[str], rank: int, port: int) -> dict[str, Any]:
        environment = {
            "TORCHELASTIC_RUN_ID": "test",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
            "WORLD_SIZE": "2",
            "LOCAL_WORLD_SIZE": "2",
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "GROUP_RANK": "0",
        }
        messages = str(self.messages[rank])
        return {"environment": environment, "words": words, "messages": messages}

    def wait(self) -> list[int | None]:
        for process in self.processes:
            process.join(120)
        return [process.exitcode for process in self.processes]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def words(settings: TrainConfig, tmp_path: Path) -> list[str]:
    (tmp_path / "settings.yaml").write_text(config_yaml(settings))
    return ["train", str(tmp_path / "settings.yaml"), *OVERRIDES]


@pytest.mark.slow
@pytest.mark.parametrize("accumulate", [1, 3])
def test_two_processes_learn_what_one_does(
    words: list[str], accumulate: int, tmp_path: Path
) -> None:
    """Also where each takes its part of the batch in three parts, and the one takes it whole."""
    parts = f"--run.accumulate={accumulate}"
    run = Torchrun([*words, parts, "--out", str(tmp_path / "two")], tmp_path)
    one = train(load_config(words[1], parse_overrides(OVERRIDES)), tmp_path / "one")
    assert run.wait() == [0, 0]
    assert "model: " in run.messages[0].read_text()
    assert run.messages[1].read_text() == ""

    ours, theirs = (
        load_file(tmp_path / name / "model" / "model.safetensors") for name in ("one", "two")
    )
    untrained = train_nothing(words, tmp_path)
    for name, weight in ours.items():
        torch.testing.assert_close(theirs[name], weight, rtol=1e-4, atol=1e-6)
    assert any(not torch.allclose(ours[name], untrained[name], atol=1e-3) for name in ours)
    assert column(tmp_path / "two" / "log.csv", "loss") == pytest.approx(
        column(tmp_path / "one" / "log.csv", "loss"), rel=1e-4
    )
    assert column(tmp_path / "two" / "validation.csv", "mAP") == pytest.approx(
        column(tmp_path / "one" / "validation.csv", "mAP"), rel=1e-4
    )
    assert one.notes["validation"]["n_valid_query"] == 3 * 4


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_nodes_learn_what_one_process_does(words: list[str], tmp_path: Path) -> None:
    """Two torchruns, as on two machines, which find each other by one address."""
    port = free_port()
    torchrun = [
        sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1",
        "--rdzv-backend", "c10d", "--rdzv-endpoint", f"127.0.0.1:{port}", "--rdzv-id", "test",
        "--local-addr", "127.0.0.1",
    ]  # fmt: skip
    command = [*torchrun, "-m", "tacan", *words, "--out", str(tmp_path / "two")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    nodes = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        for _ in range(2)
    ]
    told = [node.communicate()[0] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], told
    assert sum("model: " in each for each in told) == 1
    train(load_config(words[1], parse_overrides(OVERRIDES)), tmp_path / "one")
    ours, theirs = (
        load_file(tmp_path / name / "model" / "model.safetensors") for name in ("one", "two")
    )
    for name, weight in ours.items():
        torch.testing.assert_close(theirs[name], weight, rtol=1e-4, atol=1e-6)
    assert column(tmp_path / "two" / "log.csv", "loss") == pytest.approx(
        column(tmp_path / "one" / "log.csv", "loss"), rel=1e-4
    )


def train_nothing(words: list[str], tmp_path: Path) -> dict[str, torch.Tensor]:
    overrides = parse_overrides([*OVERRIDES, "--run.iterations=1", "--optimiser.warmup=0"])
    overrides["optimiser.learning_rate"] = 1e-12
    return load_file(
        train(load_config(words[1], overrides), tmp_path / "none").model_folder
        / "model.safetensors"
    )


@pytest.mark.slow
def test_a_signal_to_one_process_stops_all_in_one_place(words: list[str], tmp_path: Path) -> None:
    words += ["--run.iterations=500", "--run.log_every=1", "--out", str(tmp_path / "two")]
    run = Torchrun(words, tmp_path)
    log = tmp_path / "two" / "log.csv"
    while run.processes[0].is_alive() and not (
        log.exists() and len(log.read_text().splitlines()) > 2
    ):
        time.sleep(0.01)
    os.kill(run.processes[1].pid or 0, signal.SIGTERM)
    assert run.wait() == [143, 143]
    assert "--resume" in run.messages[0].read_text()
    assert (tmp_path / "two" / "checkpoints" / "last.ckpt").is_file()


def column(path: Path, name: str) -> list[float]:
    with path.open() as stream:
        return [float(row[name]) for row in csv.DictReader(stream)]


def test_without_torchrun_there_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    monkeypatch.setenv("RANK", "3")
    assert Processes.from_torchrun() == Processes()
    assert Processes().is_first
