"""Runs that can't begin or can't go on: each with its message, and with nothing lost."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tacan.config import ModelConfig, TrainConfig, load_config
from tacan.errors import (
    CheckpointError,
    ConfigError,
    CropError,
    DatasetLayoutError,
    NonFiniteLossError,
    StorageError,
    TrainingError,
)
from tacan.losses.multi_loss import LossTerms, MultiLoss
from tacan.model import Tacan
from tacan.training import build_training, train
from tacan.training.checkpoints import read_checkpoint, write_checkpoint
from tacan.training.module import TrainingModule


def changed(config: TrainConfig, **settings: Any) -> TrainConfig:
    """`config` with `section__setting=value`."""
    for name, value in settings.items():
        section, setting = name.split("__")
        part = getattr(config, section).model_copy(update={setting: value})
        config = config.model_copy(update={section: part})
    return config


def test_a_run_without_data_does_not_begin(settings: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--data\.root FOLDER"):
        train(changed(settings, data__root=None), tmp_path / "run")
    with pytest.raises(DatasetLayoutError):
        train(changed(settings, data__root=tmp_path / "missing"), tmp_path / "run")
    with pytest.raises(ConfigError, match="number of identities, which is 8; got 9"):
        train(changed(settings, clips__identities_per_batch=9), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_folder_holds_one_run(settings: TrainConfig, tmp_path: Path) -> None:
    train(settings, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(TrainingError, match="--resume"):
        train(settings, tmp_path)
    other = changed(settings, optimiser__learning_rate=0.5, loss__margin=0.1, run__log_every=1)
    with pytest.raises(TrainingError) as caught:
        train(other, tmp_path, resume=True)
    assert "loss.margin was 0.3, now 0.1" in str(caught.value)
    rate = settings.optimiser.learning_rate
    assert f"optimiser.learning_rate was {rate}, now 0.5" in str(caught.value)
    assert "log_every" not in str(caught.value)
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_what_the_weights_do_not_depend_on_may_change(
    settings: TrainConfig, people: Path, tmp_path: Path
) -> None:
    train(settings, tmp_path)
    moved = tmp_path / "moved"
    moved.symlink_to(people)
    config = changed(
        settings, run__log_every=3, run__recompute=True, data__workers=1, data__root=moved
    )
    train(config, tmp_path, resume=True)
    assert load_config(tmp_path / "config.yaml") == config


def test_a_longer_run_is_another_unless_its_rate_is_constant(
    settings: TrainConfig, tmp_path: Path
) -> None:
    train(settings, tmp_path / "cosine")
    longer = changed(settings, run__iterations=8)
    with pytest.raises(TrainingError, match=r"run\.iterations was 6, now 8"):
        train(longer, tmp_path / "cosine", resume=True)

    train(longer, tmp_path / "cosine", resume=True, change_iterations=True)
    assert read_checkpoint(tmp_path / "cosine" / "checkpoints" / "last.ckpt").iteration == 8
    other = changed(settings, run__iterations=9, loss__margin=0.1)
    with pytest.raises(TrainingError, match=r"loss\.margin was 0\.3, now 0\.1"):
        train(other, tmp_path / "cosine", resume=True, change_iterations=True)

    settings, longer = (changed(x, optimiser__decay="none") for x in (settings, longer))
    train(settings, tmp_path / "constant")
    train(longer, tmp_path / "constant", resume=True)
    train(longer, tmp_path / "at once")
    first, second = (
        (tmp_path / name / "model" / "model.safetensors").read_bytes()
        for name in ("constant", "at once")
    )
    assert first == second
    with pytest.raises(TrainingError, match=r"run\.iterations 6 after 8"):
        train(settings, tmp_path / "constant", resume=True)


def test_a_changed_config_file_does_not_hide_what_the_run_began_with(
    settings: TrainConfig, tmp_path: Path
) -> None:
    train(settings, tmp_path)
    file = tmp_path / "config.yaml"
    file.write_text(file.read_text().replace("margin: 0.3", "margin: 0.2"))
    with pytest.raises(TrainingError, match=r"loss\.margin was 0\.3, now 0\.2"):
        train(load_config(file), tmp_path, resume=True)


def test_other_people_can_not_take_over_a_run(settings: TrainConfig, tmp_path: Path) -> None:
    checkpoint = train(settings, tmp_path).checkpoint
    content = read_checkpoint(checkpoint)
    content.pids[0] = 99
    write_checkpoint(checkpoint, content)
    with pytest.raises(TrainingError, match="the identities that it began with"):
        train(settings, tmp_path, resume=True)


def test_a_checkpoint_of_another_shape(settings: TrainConfig, tmp_path: Path) -> None:
    checkpoint = train(settings, tmp_path).checkpoint
    content = read_checkpoint(checkpoint)
    content.weights["model.embedding.weight"] = torch.zeros(3, 5)
    write_checkpoint(checkpoint, content)
    with pytest.raises(CheckpointError, match="shapes of its model"):
        train(settings, tmp_path, resume=True)


def test_an_optimisers_state_of_another_shape(settings: TrainConfig, tmp_path: Path) -> None:
    checkpoint = train(settings, tmp_path).checkpoint
    content = read_checkpoint(checkpoint)
    content.optimiser["state"][0]["exp_avg"] = torch.zeros(1)
    write_checkpoint(checkpoint, replace(content, iteration=4))
    log = (tmp_path / "log.csv").read_bytes()
    with pytest.raises(CheckpointError, match="optimiser's state of weight 0"):
        train(settings, tmp_path, resume=True)
    assert (tmp_path / "log.csv").read_bytes() == log


def test_two_processes_do_not_train_in_one_folder(settings: TrainConfig, tmp_path: Path) -> None:
    def again(done: int, total: int) -> None:
        if done == 3:
            with pytest.raises(StorageError, match="another one is at work"):
                train(settings, tmp_path / "run", resume=True)

    train(settings, tmp_path / "run", progress=again)
    train(settings, tmp_path / "whole")
    whole = (tmp_path / "whole" / "log.csv").read_text()
    assert len((tmp_path / "run" / "log.csv").read_text().splitlines()) == len(whole.splitlines())


def test_weights_are_fetched_only_when_that_is_allowed(
    settings: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def build_model(config: ModelConfig) -> Tacan:
        asked.append(config.weights)
        return right(config.model_copy(update={"weights": None}))

    right = build_training.build_model
    monkeypatch.setattr(build_training, "build_model", build_model)
    config = changed(settings, model__weights="pretrained", model__encoder="test_efficientnet_gn")
    with pytest.raises(ConfigError, match="--fetch"):
        train(config, tmp_path / "run")
    assert asked == []
    train(config, tmp_path / "run", fetch=True)
    assert asked == ["pretrained"]
    train(config, tmp_path / "run", resume=True)
    assert asked == ["pretrained", None], "a run that goes on has its weights already"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_before_its_step(
    settings: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    calls = []
    right = MultiLoss.forward

    def forward(self: MultiLoss, *inputs: torch.Tensor) -> LossTerms:
        terms = right(self, *inputs)
        calls.append(terms)
        if len(calls) < 5:
            return terms
        return replace(terms, total=terms.total * value)

    monkeypatch.setattr(MultiLoss, "forward", forward)
    with pytest.raises(NonFiniteLossError, match=r"in iteration 5.*learning_rate"):
        train(settings, tmp_path / "run")
    checkpoint = read_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt")
    assert checkpoint.iteration == 4
    assert all(bool(weight.isfinite().all()) for weight in checkpoint.weights.values())
    assert not (tmp_path / "run" / "model").exists()


def test_weights_that_are_not_finite_are_never_saved(
    settings: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss of iteration 4 is fine, its gradient is not, and then comes a checkpoint."""

    def spoil(self: TrainingModule, *_: object) -> None:
        if self.iteration == 3:
            self.losses.softmax.classifier.weight.grad[0] = torch.nan

    monkeypatch.setattr(TrainingModule, "on_before_optimizer_step", spoil)
    with pytest.raises(NonFiniteLossError, match="after iteration 4"):
        train(settings, tmp_path / "run")
    assert read_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt").iteration == 2


def test_a_crop_that_can_not_be_read(settings: TrainConfig, people: Path, tmp_path: Path) -> None:
    import shutil

    root = shutil.copytree(people, tmp_path / "people")
    for path in root.rglob("0003C1*.png"):
        path.write_bytes(path.read_bytes()[:50])
    config = changed(settings, data__root=root)
    with pytest.raises(CropError, match="0003C1"):
        train(config, tmp_path / "run")
    # Mended, the run goes on.
    shutil.copytree(people, root, dirs_exist_ok=True)
    train(config, tmp_path / "run", resume=True)
    train(settings, tmp_path / "whole")
    first, second = (
        (tmp_path / name / "model" / "model.safetensors").read_bytes() for name in ("run", "whole")
    )
    assert first == second


def test_a_full_disk_stops_a_run_and_keeps_its_checkpoint(
    settings: TrainConfig, tmp_path: Path
) -> None:
    """From the second checkpoint on there is no room."""
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(done: int, total: int) -> None:
        if done == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))

    try:
        with pytest.raises(StorageError, match=r"last\.ckpt must be writable"):
            train(settings, tmp_path / "run", progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert read_checkpoint(tmp_path / "run" / "checkpoints" / "last.ckpt").iteration == 2
    train(settings, tmp_path / "run", resume=True)


def test_importing_changes_nothing(tmp_path: Path) -> None:
    """No global flag, no log handler, no file, and lightning stays in its room."""
    program = """
import logging, os, sys, torch, warnings
flags = lambda: (torch.backends.cudnn.benchmark, torch.get_num_threads(),
                 torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision(),
                 torch.get_default_dtype(), torch.is_grad_enabled(), len(logging.root.handlers),
                 tuple(torch.get_rng_state().tolist()), len(warnings.filters) > 0)
before = flags()
import tacan.model, tacan.embeddings.extract, tacan.evaluation
assert "lightning" not in sys.modules
import tacan.training
assert flags() == before
assert os.listdir() == []
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)


def test_a_run_leaves_nothing_beside_its_folder_and_says_nothing(
    settings: TrainConfig,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    recwarn: pytest.WarningsRecorder,
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    train(settings, tmp_path / "run")
    assert os.listdir(tmp_path / "cwd") == []  # noqa: PTH208
    assert capfd.readouterr() == ("", "")
    assert [str(warning.message) for warning in recwarn] == []
    assert handlers == [signal.getsignal(number) for number in signal.valid_signals()]
