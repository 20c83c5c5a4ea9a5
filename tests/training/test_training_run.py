from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from tacan import open_model
from tacan.config import TrainConfig, load_config
from tacan.model import load_model
from tacan.model.build import TEMPORAL_POOLINGS
from tacan.training import train
from tests.training.conftest import TINY_RUN


def test_a_run_leaves_settings_log_checkpoint_and_model(
    settings: TrainConfig, tmp_path: Path
) -> None:
    seen = []
    record = train(settings, tmp_path / "run", progress=lambda *done: seen.append(done))

    assert seen == [(i, 6) for i in range(7)]
    assert load_config(tmp_path / "run" / "config.yaml") == settings
    with record.log.open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["iteration"] for row in rows] == ["2", "4", "6"]
    assert float(rows[-1]["loss"]) == float(f"{record.notes['losses']['loss']:.6g}")
    assert record.checkpoint.is_file()
    assert any((tmp_path / "run" / "tensorboard").iterdir())
    assert load_model(record.model_folder).notes == record.notes


@pytest.mark.parametrize("pooling", TEMPORAL_POOLINGS)
def test_a_model_of_each_temporal_pooling_trains_and_embeds(
    pooling: str, people: Path, tmp_path: Path
) -> None:
    choice = {
        **TINY_RUN,
        "data.dataset": "folder",
        "data.root": str(people),
        "model.temporal_pooling": pooling,
    }
    record = train(load_config("demo", choice), tmp_path / "run")
    model = open_model(record.model_folder)
    clips = torch.zeros(3, 2, 3, 32, 16, dtype=torch.uint8)
    embeddings, weights = model.embed_clips(clips)
    assert embeddings.shape == (3, 8)
    assert np.isfinite(embeddings).all()
    assert np.isfinite(weights).all()
