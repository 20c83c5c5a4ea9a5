from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from tacan.config import ModelConfig
from tacan.embeddings import open as opening
from tacan.embeddings.encoder_settings import EncoderSettings
from tacan.embeddings.open import choose_device, open_model
from tacan.embeddings.stream import TrackletStream
from tacan.errors import CheckpointError, ConfigError, EncoderError, ModelError
from tacan.model import Tacan, build_model, save_model

CONFIG = ModelConfig(
    encoder="small", height=32, width=16, clip_len=3, embedding_dim=8, metric="cosine"
)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    run = tmp_path_factory.mktemp("a run")
    save_model(run / "model", build_model(CONFIG), CONFIG)
    return run


def frames(n: int, height: int = 32, width: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(n)
    return torch.randint(0, 256, (n, 3, height, width), dtype=torch.uint8, generator=generator)


def test_a_models_folder_and_the_run_around_it(
    run_folder: Path, in_one_batch: Callable[[Tacan, torch.Tensor, int], np.ndarray]
) -> None:
    from tacan.model import load_model

    saved = load_model(run_folder / "model")
    expected = in_one_batch(saved.model, frames(8), 3)
    for spec in (run_folder, run_folder / "model"):
        embedder = open_model(str(spec), device="cpu")
        assert (embedder.clip_len, embedder.input_size) == (3, (32, 16))
        assert (embedder.metric, embedder.fingerprint) == ("cosine", saved.fingerprint)
        stream = TrackletStream(embedder)
        stream.add_frames(frames(8))
        np.testing.assert_allclose(stream.embedding(), expected, rtol=1e-5, atol=1e-5)


def test_a_shipped_model_by_its_name(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "files", lambda package: run_folder)
    monkeypatch.setattr(opening, "SHIPPED_MODELS", {"tiny": "model"})
    assert open_model("tiny").embedding_dim == 8
    with pytest.raises(EncoderError, match="one that ships .tiny."):
        open_model("tinny")


@pytest.mark.parametrize("spec", ["nowhere", "onxx:net.onnx", ""])
def test_anything_else_gets_the_possibilities(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EncoderError) as caught:
        open_model(spec)
    for possibility in ("config.json", "tacan train", "timm:NAME", "onnx:FILE", "openvino:FILE"):
        assert possibility in str(caught.value)


def test_a_damaged_model_stays_a_checkpoint_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(CheckpointError):
        open_model(str(tmp_path))


def test_options_of_another_kind_of_model_are_refused_together(run_folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        open_model(
            str(run_folder),
            settings=EncoderSettings(height=64, colours="bgr"),
            weights="pretrained",
        )
    assert len(caught.value.faults) == 2
    assert "height, colours" in str(caught.value)
    with pytest.raises(ConfigError, match="leave precision out"):
        open_model("onnx:net.onnx", precision="bf16")


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == choose_device("cpu").type == "cpu"
    with pytest.raises(ModelError, match="needs a GPU"):
        choose_device("cuda")
    with pytest.raises(ModelError, match="auto, cpu or cuda"):
        choose_device("tpu")
    with pytest.raises(ModelError, match="run on the CPU"):
        open_model("openvino:net.xml", device="cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == choose_device("cuda").type == "cuda"


def test_timm_is_the_backbones_own_pooled_feature_averaged_over_frames(tmp_path: Path) -> None:
    torch.manual_seed(3)
    oracle = timm.create_model("test_resnet", pretrained=False, num_classes=0).eval()
    save_file(oracle.state_dict(), tmp_path / "weights.safetensors")
    embedder = open_model(
        "timm:test_resnet",
        weights=str(tmp_path / "weights.safetensors"),
        settings=EncoderSettings(height=64, width=32),
        device="cpu",
    )
    walk = frames(5, 64, 32)
    stream = TrackletStream(embedder)
    stream.add_frames(walk)
    settings = timm.get_pretrained_cfg("test_resnet")
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (settings.mean, settings.std))
    with torch.no_grad():
        expected = oracle((walk / 255 - mean) / std).mean(0).numpy()
    np.testing.assert_allclose(stream.embedding(), expected, rtol=1e-4, atol=1e-5)
    assert embedder.clip_len == 1


def test_random_weights_of_timm_are_the_same_every_time() -> None:
    settings = EncoderSettings(height=64, width=32)
    state = torch.random.get_rng_state()
    one, other = (
        open_model("timm:test_resnet", weights="random", settings=settings) for _ in range(2)
    )
    assert one.fingerprint == other.fingerprint
    assert torch.equal(torch.random.get_rng_state(), state)


def test_timm_without_weights_or_of_an_unknown_name() -> None:
    with pytest.raises(EncoderError, match="--weights random"):
        open_model("timm:test_resnet")
    with pytest.raises(EncoderError, match="resnet5000"):
        open_model("timm:resnet5000", weights="random")
    with pytest.raises(CheckpointError, match="weight file must be a file that can be read"):
        open_model("timm:test_resnet", weights="nowhere.pth")


def test_a_fault_of_timm_names_the_option_of_this_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("socket.create_connection", unreachable)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(EncoderError, match="--weights 'pretrained'") as caught:
        open_model("timm:test_resnet", weights="pretrained")
    assert "file with --weights" in str(caught.value)
    assert "model.weights" not in str(caught.value)
