from __future__ import annotations

import csv
from pathlib import Path

from tacan.config import TrainConfig, load_config
from tacan.model import load_model
from tacan.training import train


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
