"""What computes a model of ours is chosen, checked, and never told apart by its vectors."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from tacan.embeddings import own_runtime
from tacan.embeddings.embedder import TacanEmbedder
from tacan.embeddings.export import export_model
from tacan.embeddings.exported import ExportedEmbedder, read_export_settings
from tacan.embeddings.open import open_model
from tacan.embeddings.own_runtime import READY, OtherVectorsWarning, make_ready
from tacan.errors import CheckpointError, ConfigError, EncoderError
from tacan.model import SavedModel, load_model
from tests.embeddings.test_export import frames, save, vector


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return save(tmp_path / "own", neck=True, clip_weight="sigmoid_sum", metric="cosine")


def make_export(folder: Path) -> None:
    export_model(load_model(folder), folder / READY, "onnx")


@pytest.fixture
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error", OtherVectorsWarning)
        yield


@pytest.mark.parametrize("installed", ["openvino", "onnx"])
def test_a_model_with_an_export_runs_in_the_fastest_runtime(
    installed: str, own: Path, monkeypatch: pytest.MonkeyPatch, no_warnings: None
) -> None:
    kinds = []
    plainly = own_runtime.open_exported

    def noted(file: Path, runtime: str, **options: object) -> object:
        kinds.append(runtime)
        return plainly(file, runtime, **options)

    monkeypatch.setattr(own_runtime, "open_exported", noted)
    found = object() if installed == "openvino" else None
    monkeypatch.setattr(own_runtime, "find_spec", lambda _: found)
    assert isinstance(open_model(str(own), device="cpu"), TacanEmbedder)
    make_export(own)
    embedder = open_model(str(own), device="cpu")
    assert isinstance(embedder, ExportedEmbedder)
    assert kinds == [installed]
    torch_model = open_model(str(own), device="cpu", runtime="torch")
    assert isinstance(torch_model, TacanEmbedder)
    assert embedder.fingerprint == torch_model.fingerprint
    np.testing.assert_allclose(
        vector(embedder, frames(9)), vector(torch_model, frames(9)), atol=1e-5
    )


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
@pytest.mark.parametrize("ready", [False, True])
def test_a_runtime_that_is_asked_for_is_used_with_an_export_or_without(
    runtime: str, ready: bool, own: Path
) -> None:
    if ready:
        make_export(own)
    before = sorted(own.iterdir())
    embedder = open_model(str(own), device="cpu", runtime=runtime)
    assert isinstance(embedder, ExportedEmbedder)
    expected = vector(open_model(str(own), device="cpu", runtime="torch"), frames(9))
    np.testing.assert_allclose(vector(embedder, frames(9)), expected, atol=1e-5)
    assert sorted(own.iterdir()) == before


def test_an_export_of_an_older_model_is_passed_over(
    own: Path, tmp_path: Path, no_warnings: None
) -> None:
    make_export(save(tmp_path / "older"))
    for name in (READY, "model.yaml"):
        (tmp_path / "older" / name).rename(own / name)
    assert isinstance(open_model(str(own), device="cpu"), TacanEmbedder)


def test_a_damaged_export_is_told_and_torch_goes_on(own: Path) -> None:
    make_export(own)
    (own / READY).write_bytes(b"no network")
    with pytest.warns(OtherVectorsWarning, match=r"torch computes the model: .*model\.onnx"):
        assert isinstance(open_model(str(own), device="cpu"), TacanEmbedder)
    with pytest.raises(EncoderError):
        open_model(str(own), device="cpu", runtime="onnx")


def test_a_runtime_that_says_something_else_here_is_not_used(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_export(own)
    plainly = ExportedEmbedder.embed_clips

    def other(self: ExportedEmbedder, clips: torch.Tensor) -> object:
        embeddings, weights = plainly(self, clips)
        return embeddings * np.float32(1 + factor), weights

    monkeypatch.setattr(ExportedEmbedder, "embed_clips", other)
    factor = 1.0
    with pytest.warns(OtherVectorsWarning, match="within 0.0001"):
        assert isinstance(open_model(str(own), device="cpu"), TacanEmbedder)
    with pytest.raises(EncoderError, match="--runtime torch"):
        open_model(str(own), device="cpu", runtime="openvino")
    factor = 1e-6
    assert isinstance(open_model(str(own), device="cpu"), ExportedEmbedder)


def test_bf16_is_torchs(own: Path, no_warnings: None) -> None:
    make_export(own)
    assert isinstance(open_model(str(own), device="cpu", precision="bf16"), TacanEmbedder)
    with pytest.raises(ConfigError, match="32 bits"):
        open_model(str(own), device="cpu", precision="bf16", runtime="onnx")


def test_options_that_fit_no_model_are_told(own: Path) -> None:
    with pytest.raises(ConfigError, match="one of auto, torch, onnx, openvino"):
        open_model(str(own), runtime="tensorrt")
    with pytest.raises(ConfigError, match="models of our own"):
        open_model("onnx:a.onnx", runtime="openvino")


def test_a_training_leaves_an_export(own: Path, tmp_path: Path) -> None:
    larger = save(tmp_path / "larger", encoder="resnet18", temporal_pooling="mean")
    for folder in (own, larger):
        make_ready(folder)
        assert isinstance(open_model(str(folder), device="cpu"), ExportedEmbedder)


def test_what_the_fastest_runtime_cannot_read_the_next_one_computes(
    tmp_path: Path, no_warnings: None
) -> None:
    # OpenVINO refuses the average pooling of this backbone.
    own = save(tmp_path / "own", encoder="resnet10t", temporal_pooling="mean")
    make_ready(own)
    assert isinstance(open_model(str(own), device="cpu"), ExportedEmbedder)


def without(key: str, folder: Path) -> None:
    """Takes a setting out of the export, as a version had it that did not know it."""
    path = folder / "model.yaml"
    lines = path.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{key}:")]
    assert len(kept) == len(lines) - 1
    path.write_text("".join(kept))


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders whose models were built in torch."""
    folders: list[Path] = []
    plainly = SavedModel.build

    def noted(self: SavedModel) -> object:
        folders.append(self.folder)
        return plainly(self)

    monkeypatch.setattr(SavedModel, "build", noted)
    return folders


def test_the_check_needs_no_torch_model_where_the_export_keeps_what_torch_says(
    own: Path, built: list[Path]
) -> None:
    make_export(own)
    built.clear()
    assert isinstance(open_model(str(own), device="cpu"), ExportedEmbedder)
    assert built == []


@pytest.mark.parametrize("kept", ["", "AAAA", "no base64!", "of another model"])
def test_torch_itself_is_asked_where_the_export_keeps_nothing_that_fits(
    kept: str, own: Path, tmp_path: Path, built: list[Path], no_warnings: None
) -> None:
    make_export(own)
    if kept == "of another model":
        make_export(save(tmp_path / "other", temporal_pooling="mean"))
        kept = read_export_settings(tmp_path / "other" / READY).torch_says
    without("torch_says", own)
    if kept:
        with (own / "model.yaml").open("a") as file:
            file.write(f"torch_says: {kept}\n")
    built.clear()
    assert isinstance(open_model(str(own), device="cpu"), ExportedEmbedder)
    assert built == [own]


def test_a_damaged_model_is_told_though_its_export_is_whole(own: Path) -> None:
    make_export(own)
    weights = bytearray((own / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (own / "model.safetensors").write_bytes(weights)
    with pytest.raises(CheckpointError, match="not of one model"):
        open_model(str(own), device="cpu")


def test_street_opens_without_the_packages_that_build_networks() -> None:
    code = (
        "import sys, tacan; tacan.open_model('street', device='cpu'); print('timm' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
