"""A run that goes on from a trained model."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import torch

from tacan.config import TrainConfig
from tacan.embeddings.open import find_model_folder
from tacan.errors import ConfigError
from tacan.model import load_model
from tacan.training import train
from tacan.training.build_training import build_module
from tacan.training.start import trained_model
from tacan.training.stopping import TrainingStopped


def starting(settings: TrainConfig, start: str, **others: object) -> TrainConfig:
    run = settings.run.model_copy(update={"start_from": start} | others)
    return settings.model_copy(update={"run": run})


@pytest.fixture
def trained(settings: TrainConfig, tmp_path: Path) -> Path:
    train(settings, tmp_path / "first")
    return tmp_path / "first"


def test_it_begins_with_the_weights_of_the_model(settings: TrainConfig, trained: Path) -> None:
    expected = load_model(trained / "model").model.state_dict()
    for folder in (trained, trained / "model"):
        module = build_module(starting(settings, str(folder)), n_identities=8, checkpoint=None)
        found = module.model.state_dict()
        assert module.model.training
        assert set(found) == set(expected)
        assert all(torch.equal(found[name], expected[name]) for name in expected)
    fresh = build_module(settings, n_identities=8, checkpoint=None).model.state_dict()
    assert any(not torch.equal(fresh[name], expected[name]) for name in expected)


def test_it_goes_on_after_a_stop_without_the_model_it_began_with(
    settings: TrainConfig, trained: Path, tmp_path: Path
) -> None:
    config = starting(settings, str(trained))
    train(config, tmp_path / "whole")

    def stop(done: int, total: int) -> None:
        if done == 4:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(TrainingStopped):
        train(config, tmp_path / "parts", progress=stop)
    trained.rename(tmp_path / "elsewhere")
    train(config, tmp_path / "parts", resume=True)
    weights = [
        (tmp_path / name / "model" / "model.safetensors").read_bytes()
        for name in ("whole", "parts")
    ]
    assert weights[0] == weights[1]


def test_a_model_of_other_settings_is_refused_with_all_of_them(
    settings: TrainConfig, trained: Path
) -> None:
    other = settings.model.model_copy(update={"embedding_dim": 8, "width": 32, "metric": "cosine"})
    with pytest.raises(ConfigError) as caught:
        trained_model(str(trained), other)
    assert len(caught.value.faults) == 2
    assert "model.width is 32, but" in str(caught.value)
    assert "was trained with 16; set it to that" in str(caught.value)


def test_what_is_no_model_is_refused(settings: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"run\.start_from must be a folder .* got 'timm:resnet50'"
    ):
        train(starting(settings, "timm:resnet50"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_model_that_ships_can_be_gone_on_from() -> None:
    folder = find_model_folder("street")
    assert folder is not None
    assert trained_model("street", load_model(folder).config).training
