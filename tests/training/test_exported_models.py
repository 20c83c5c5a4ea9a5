"""The models of a run that is still going, and of one that ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tacan.config import TrainConfig, load_config
from tacan.embeddings.open import find_model_folder
from tacan.errors import StorageError
from tacan.model import load_model
from tacan.training import train
from tests.training.conftest import SETTINGS


def test_an_interrupted_run_has_a_model_and_a_finished_one_only_its_own(
    settings: TrainConfig, tmp_path: Path
) -> None:
    def crash(done: int, total: int) -> None:
        if done == 5:
            raise StorageError("a disk must work", got="none")

    with pytest.raises(StorageError):
        train(settings, tmp_path, progress=crash)
    found = find_model_folder(str(tmp_path))
    assert found == tmp_path / "last"
    assert load_model(found).notes["iterations"] == 4
    train(settings, tmp_path, resume=True)
    assert find_model_folder(str(tmp_path)) == tmp_path / "model"
    assert not (tmp_path / "last").exists()


def test_the_best_of_the_validations_is_kept(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.25, 0.75, 0.75])
    monkeypatch.setattr(
        "tacan.training.fit.validation_scores",
        lambda *_: {"mAP": next(scores), "rank_1": 0.5, "n_valid_query": 4},
    )
    validated = {"data.validation_share": 0.3, "run.validate_every": 2}
    config = load_config("demo", {**SETTINGS, "data.root": str(people), **validated})
    record = train(config, tmp_path)
    best = load_model(tmp_path / "best").notes
    assert (best["iterations"], best["validation"]["mAP"]) == (4, 0.75)
    assert load_model(record.model_folder).notes["iterations"] == 6
