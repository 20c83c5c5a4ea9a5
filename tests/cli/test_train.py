from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tacan.cli import main
from tacan.config import TrainConfig, config_yaml
from tests.training.conftest import people, settings

__all__ = ["people", "settings"]


def test_the_commands_that_a_training_advises_give_a_score(
    settings: TrainConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.yaml").write_text(config_yaml(settings))
    main(["train", str(tmp_path / "settings.yaml"), "--out", str(tmp_path / "a run")])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    advised = [line for line in lines if line.startswith("tacan ")]
    assert [line.split()[1] for line in advised] == ["embed", "evaluate"]
    for line in advised:
        main(shlex.split(line)[1:])
    assert "mAP" in capsys.readouterr().out


def test_a_preset_that_would_fetch_its_weights_says_so(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "strong", "--data.dataset", "folder", "--data.root", str(people)]
    with pytest.raises(SystemExit) as caught:
        main([*words, "--out", str(tmp_path / "run")])
    assert caught.value.code == 1
    assert "add --fetch" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
