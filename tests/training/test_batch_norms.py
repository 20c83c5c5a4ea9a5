"""Batch normalisation over several processes: what changes is the sync, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tacan.config import TrainConfig, load_config
from tacan.errors import ConfigError
from tacan.model import build_model
from tacan.training import train
from tacan.training.batch_norms import synchronise_batch_norms
from tests.training.conftest import TINY_RUN

BANDED = {"model.mean": [0.5] * 3, "model.std": [0.5] * 3}
ENCODERS = {
    "small_se": {},
    "banded": BANDED,
    "small_banded": BANDED,
    "resnet10t": {},
    "test_efficientnet": {},  # its batch norms hold their activations
}


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_batch_norm_is_synchronised_and_the_model_stays_what_it_is(encoder: str) -> None:
    settings = {**TINY_RUN, **ENCODERS[encoder], "model.encoder": encoder, "model.neck": True}
    if encoder == "banded":
        settings |= {"model.height": 64, "model.width": 32}
    config = load_config("demo", settings).model
    model = build_model(config).eval()
    frames = torch.randint(0, 256, (2, 2, 2, 3, config.height, config.width), dtype=torch.uint8)
    before, names = model(frames).tracklet_embedding, list(model.state_dict())
    trained = [name for name, weight in model.named_parameters() if weight.requires_grad]
    learning = [norm.training for norm in norms(model.train())]

    synchronise_batch_norms(model)

    assert len(norms(model)) == len(learning) > 1
    assert all(isinstance(norm, nn.SyncBatchNorm) for norm in norms(model))
    # Those whose statistics are frozen stay so.
    assert [norm.training for norm in norms(model.train())] == learning
    assert [name for name, weight in model.named_parameters() if weight.requires_grad] == trained
    assert list(model.state_dict()) == names
    assert torch.equal(model.eval()(frames).tracklet_embedding, before)


def norms(model: nn.Module) -> list[nn.Module]:
    kind = nn.modules.batchnorm._BatchNorm
    return [module for module in model.modules() if isinstance(module, kind)]


def several(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE")
    for name, value in zip(names, "0022", strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "test")


def test_processes_without_gpus_are_told_before_anything_is_done(
    settings: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(monkeypatch)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    run = settings.run.model_copy(update={"sync_batch_norm": True})
    with pytest.raises(ConfigError, match=r"the 2 processes have no GPU.*one process"):
        train(settings.model_copy(update={"run": run}), tmp_path / "run")
    assert not (tmp_path / "run" / "config.yaml").exists()


def test_several_processes_synchronise_only_where_it_is_asked_for(
    settings: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ReachedError(Exception):
        pass

    found = []

    def fit(*_: object, module: nn.Module, **__: object) -> None:
        found.append(any(isinstance(norm, nn.SyncBatchNorm) for norm in norms(module)))
        raise ReachedError

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("tacan.training.training_run.fit", fit)
    for asked in (False, True):
        run = settings.run.model_copy(update={"sync_batch_norm": asked})
        for n_processes in (1, 2):
            with monkeypatch.context() as patch, pytest.raises(ReachedError):
                if n_processes == 2:
                    several(patch)
                folder = tmp_path / f"{asked} {n_processes}"
                train(settings.model_copy(update={"run": run}), folder)
    assert found == [False, False, False, True]


def test_one_process_has_nothing_to_synchronise(
    settings: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    run = settings.run.model_copy(update={"sync_batch_norm": True, "iterations": 3})
    assert train(settings.model_copy(update={"run": run}), tmp_path / "run").iterations == 3
