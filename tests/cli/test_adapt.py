from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tacan.cli import main
from tacan.config import ModelConfig
from tacan.embeddings.open import open_model
from tacan.model import build_model, save_model
from tests.adaptation.crops import write_crops

CONFIG = ModelConfig(encoder="small", height=32, width=16, clip_len=1, metric="cosine")


def run(*words: object) -> int:
    try:
        main([str(word) for word in words])
    except SystemExit as exit_:
        return int(exit_.code or 0)
    return 0


def test_it_says_what_is_kept_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tacan.adaptation.learn.STEPS", 3)
    torch.manual_seed(0)
    save_model(tmp_path / "model", build_model(CONFIG), CONFIG)
    write_crops(tmp_path / "people", n=12, length=4)
    write_crops(tmp_path / "people", n=2, length=3, first=50)
    out = tmp_path / "out"
    words = ("adapt", "--model", tmp_path / "model", "--tracklets", tmp_path / "people")
    assert run(*words, "--out", out, "--threads", 1) == 0
    shown = capsys.readouterr()
    for text in ("12 tracklets, 48 clips", "2 tracklets too short", "plain mean", "as it was",
                 "adapted", "kept", "all but the nearest", str(out)):  # fmt: skip
        assert text in shown.out
    assert open_model(out, device="cpu").embedding_dim > 0
    assert run(*words, "--out", out, "--threads", 1) == 0  # it is finished, and says so again
    assert capsys.readouterr().out == shown.out


def test_too_few_tracklets_are_a_fault_and_leave_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_crops(tmp_path / "people", n=3)
    words = ("adapt", "--tracklets", tmp_path / "people", "--out", tmp_path / "out")
    assert run(*words) == 1
    assert "at least 10 tracklets" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
