from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import torch

from tacan.cli import main
from tacan.config import ModelConfig
from tacan.model import build_model, save_model
from tacan.synthetic import DatasetSettings, generate

MODEL = ModelConfig(encoder="small", height=32, width=16, clip_len=2, embedding_dim=8)

TINY = (
    "--data.workers=0 --clips.n_clips 2 --clips.identities_per_batch 2 "
    "--clips.tracklets_per_identity 2 --model.height 32 --model.width 16 --model.clip_len 2 "
    "--model.embedding_dim 8 --model.attention_channels=4 --optimiser.warmup 0 "
    "--run.iterations 2 --run.checkpoint_every 1"
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data") / "prid"
    frames = {"min_frames": 27, "median_frames": 27, "max_frames": 27}
    generate(
        root,
        DatasetSettings(
            layout="prid2011",
            identities=4,
            cameras=2,
            seed=1,
            height=32,
            width=16,
            distractor_share=0,
            **frames,
        ),
    )
    return root


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    save_model(folder, build_model(MODEL), MODEL)
    return folder


def run(*words: object) -> int:
    try:
        main(["splits", *map(str, words)])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_one_model(root: Path, model: Path, tmp_path: Path, capsys) -> None:
    words = ("prid2011", root, "--model", model, "--out", tmp_path / "out")
    assert run(*words, "--json", tmp_path / "scores.json") == 0
    shown = capsys.readouterr()
    assert "prid-178, two-camera, euclidean" in shown.out
    assert "std (n-1)" in shown.out
    assert "10 of 10 splits" in shown.out
    told = json.loads((tmp_path / "scores.json").read_text())
    assert told["variant"] == "prid-178"
    assert len(told["protocols"]["two-camera"]["splits"]) == 10

    assert run(*words, "--splits", "1,3-4", "--metric", "cosine", "--json", "-") == 0
    shown = capsys.readouterr()
    assert "done before" in shown.err
    assert "made for the euclidean distance" in shown.err
    assert "scored by the cosine distance" in shown.err
    told = json.loads(shown.out)
    assert list(told["protocols"]["two-camera"]["splits"]) == ["1", "3", "4"]
    assert told["complete"] is False


def test_a_training_for_each(root: Path, tmp_path: Path, capsys) -> None:
    words = ["prid2011", root, "--variant", "prid-200", "--split-seed", 2, "--config", "demo"]
    words += [*TINY.split(), "--splits", "2", "--out", tmp_path / "out"]
    assert run(*words) == 0
    shown = capsys.readouterr()
    assert "This is split 2 only" in shown.out
    assert (tmp_path / "out" / "split-02" / "model" / "config.json").is_file()
    assert run(*words, "--run.seed", "1") == 1
    assert "run.seed was 0, now 1" in capsys.readouterr().err


def test_a_training_that_is_stopped_says_how_to_go_on(
    root: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import contextmanager

    @contextmanager
    def stopping(stage):
        yield lambda done, total: done == 1 and signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("tacan.cli.console.show_stage", stopping)
    words = ("prid2011", root, "--config", "demo", *TINY.split(), "--out", tmp_path)
    assert run(*words) == 128 + signal.SIGTERM
    assert "after iteration 1 of 2, which is kept. The same command" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ((), 2, "one of --model and --config must be given"),
        (("--model", "m", "--config", "demo"), 2, "one of --model and --config must be given"),
        (("--model", "m", "--splits", "a"), 2, "numbers from 0 on"),
        (("--model", "m", "--protocol", "mars"), 2, "two-camera"),
        (("--model", "m", "--variant", "prid-385"), 2, "prid-385"),
        (("--model", "m", "--run.seed", "1"), 1, "--run.seed 1: no option of"),
        (("--model", "m", "--splits", "10"), 1, "from 0 to 9"),
        (("--model", "nowhere"), 1, "nowhere"),
        (("--config", "demo", "--weights", "random"), 1, "model.weights"),
        (("--config", "demo", "--clip-weight", "street"), 1, "model.clip_weight"),
        (("--model", "street", "--clip-weight", "street"), 1, "clip_weight is for frozen encoders"),
        (("--config", "demo", "--data.root", "x"), 1, "data.root is what the command itself"),
        (("--config", "demo", "--model.hight", "32"), 1, "did you mean 'height'"),
        (("--model", "m", "--variant", "prid-200", "--splits-file", "x"), 1, "splits_file"),
    ],
)
def test_faults(root: Path, tmp_path: Path, capsys, words, status: int, message: str) -> None:
    assert run("prid2011", root, "--out", tmp_path / "out", *words) == status
    shown = capsys.readouterr()
    assert message in " ".join((shown.err + shown.out).replace("│", "").split())
    assert "Traceback" not in shown.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("dataset", "root"), [("mars", "."), ("ilids-vid", "nowhere")])
def test_data_that_is_not_there(tmp_path: Path, capsys, dataset: str, root: str) -> None:
    assert run(dataset, root, "--out", tmp_path / "out", "--model", "m") == 1
    assert "Traceback" not in capsys.readouterr().err
