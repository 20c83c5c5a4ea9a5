from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tacan.cli import main
from tacan.config import ModelConfig
from tacan.features.features_file import load_features
from tacan.model import build_model, save_model
from tests.embeddings.test_file_encoders import write_onnx

CONFIG = ModelConfig(encoder="small", height=32, width=16, clip_len=4, embedding_dim=8)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    save_model(tmp_path / "ein Modell ü" / "model", build_model(CONFIG), CONFIG)
    return tmp_path / "ein Modell ü"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two people before two cameras, six frames each."""
    rng = np.random.default_rng(0)
    root = tmp_path / "people 人"
    for pid in (1, 2):
        (root / f"{pid:04d}").mkdir(parents=True)
        for camid in (1, 2):
            for frame in range(1, 7):
                pixels = rng.integers(0, 256, (40, 20, 3), dtype=np.uint8)
                name = f"{pid:04d}C{camid}T0001F{frame:03d}.jpg"
                Image.fromarray(pixels).save(root / f"{pid:04d}" / name)
    return root


def run(*words: object) -> int:
    try:
        main([str(word) for word in words])
    except SystemExit as exit_:
        return int(exit_.code or 0)
    return 0


def test_from_crops_to_a_features_file(
    model: Path, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out" / "vectors.npz"
    words = ("embed", "--model", model, "--dataset", "folder", "--root", root, "--out", out)
    assert run(*words) == 0
    shown = capsys.readouterr()
    assert "4 tracklets, 24 frames, 8 clips" in shown.out
    assert str(out) in shown.out.replace("\n", "")
    features = load_features(out)
    assert features.embeddings.shape == (4, 8)
    assert features.pids.tolist() == [1, 1, 2, 2]
    assert features.camids.tolist() == [1, 2, 1, 2]
    assert features.meta["model"] == str(model)
    assert len(features.meta["model_fingerprint"]) == 64
    assert [path.name for path in out.parent.iterdir()] == ["vectors.npz"]


def test_without_out_it_writes_features_npz_here(
    model: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("embed", "--model", model, "--dataset", "folder", "--root", root) == 0
    assert len(load_features(tmp_path / "features.npz")) == 4


def test_a_bad_crop_is_reported_or_with_strict_an_error(
    model: Path, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "0001" / "0001C1T0001F003.jpg").write_bytes(b"")
    out = tmp_path / "vectors.npz"
    words = ("embed", "--model", model, "--dataset", "folder", "--root", root, "--out", out)
    assert run(*words, "--strict") == 1
    shown = capsys.readouterr()
    assert "0001C1T0001F003.jpg" in shown.err
    assert "Traceback" not in shown.err
    assert not out.exists()
    assert run(*words) == 0
    shown = capsys.readouterr()
    assert "passed over" in shown.err
    assert "0001C1T0001F003.jpg" in shown.err
    assert "23 frames" in shown.out
    assert len(load_features(out)) == 4


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("--model", "nowhere"), 1, "timm:NAME"),
        (("--root", "nowhere"), 1, "nowhere"),
        (("--height", "64"), 1, "height"),
        (("--split", "dev"), 1, "dev"),
        (("--batch-frames", "0"), 2, "batch-frames"),
        (("--device", "tpu"), 2, "tpu"),
    ],
)
def test_faults(
    model: Path,
    root: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, str],
    status: int,
    message: str,
) -> None:
    given = {"--model": str(model), "--dataset": "folder", "--root": str(root)} | {
        words[0]: words[1]
    }
    assert run("embed", *(word for pair in given.items() for word in pair)) == status
    shown = capsys.readouterr()
    assert message in shown.err + shown.out
    assert "Traceback" not in shown.err


def test_a_features_file_says_which_clip_weight_it_has(
    model: Path, root: Path, tmp_path: Path
) -> None:
    encoder = f"onnx:{write_onnx(tmp_path / 'net.onnx')}"
    kept = {}
    for clip_weight in ("none", str(model)):
        out = tmp_path / "vectors.npz"
        words = ("embed", "--model", encoder, "--dataset", "folder", "--root", root, "--out", out)
        assert run(*words, "--clip-weight", clip_weight) == 0
        features = load_features(out)
        assert features.meta["clip_weight"] == clip_weight
        kept[features.meta["model_fingerprint"]] = len(features.clip_weights)
    assert list(kept.values()) == [24, 8]
