from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tacan.clips.split import consecutive_clips
from tacan.config import ModelConfig
from tacan.embeddings import export
from tacan.embeddings import exported as exported_models
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.encoder_settings import EncoderSettings
from tacan.embeddings.export import export_model, load_own_model
from tacan.embeddings.exported import open_exported
from tacan.embeddings.open import open_model
from tacan.errors import ConfigError, EncoderError, StorageError, TacanError
from tacan.model import build_model, load_model, save_model

HEIGHT, WIDTH = 32, 16
KINDS = {"onnx": "model.onnx", "openvino": "model.xml"}


def save(folder: Path, **changes: object) -> Path:
    torch.manual_seed(0)
    plain = {"encoder": "small", "height": HEIGHT, "width": WIDTH, "embedding_dim": 8}
    config = ModelConfig.model_validate(
        plain | {"clip_len": 4, "attention_channels": 4, "temporal_pooling": "attention"} | changes
    )
    model = build_model(config)
    if model.clip_attention.predictor is not None:
        torch.nn.init.normal_(model.clip_attention.predictor.weight)
    if isinstance(model.neck, torch.nn.BatchNorm1d):
        model.neck.running_mean = torch.linspace(-1, 1, 8)
    save_model(folder, model, config)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return save(tmp_path / "own", neck=True, clip_weight="sigmoid_mean", metric="cosine")


def frames(n: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(n)
    shape = (n, 3, HEIGHT, WIDTH)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def vector(embedder: ClipEmbedder, walk: torch.Tensor) -> np.ndarray:
    clips = walk[torch.from_numpy(consecutive_clips(len(walk), embedder.clip_len))]
    embeddings, weights = embedder.embed_clips(clips)
    total = weights.astype(np.float64) @ embeddings.astype(np.float64)
    return embedder.finish(total, float(weights.sum()), len(weights))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("half", [False, True])
def test_an_export_embeds_as_its_model_does(
    kind: str, half: bool, own: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out" / KINDS[kind]
    report = export_model(load_model(own), out, kind, half=half)
    model = open_model(str(own), device="cpu")
    for threads in (1, 2):
        exported = open_model(f"{kind}:{out}", threads=threads)
        assert exported.clip_len == model.clip_len
        assert exported.input_size == model.input_size
        assert exported.embedding_dim == model.embedding_dim
        assert exported.metric == model.metric
        assert (exported.fingerprint == model.fingerprint) == report.comparable
        for n in (1, 2, 7):
            clips = frames(4 * n).unflatten(0, (n, 4))
            weights = exported.embed_clips(clips)[1]
            np.testing.assert_allclose(weights, model.embed_clips(clips)[1], rtol=1e-3)
        for n in (1, 9, 26):
            expected = vector(model, frames(n))
            found = vector(exported, frames(n))
            assert found.dtype == np.float32
            most = 1e-2 if half else 1e-5
            assert np.linalg.norm(found - expected) <= most * np.linalg.norm(expected)
    assert report.comparable or half
    assert f"{report.difference:.1e}" in report.text()


@pytest.mark.parametrize("weighting", ["none", "linear_mean", "sigmoid_sum", "softmax"])
def test_every_weighting_keeps_its_divisor(weighting: str, tmp_path: Path) -> None:
    own = save(tmp_path / "own", neck=True, clip_weight=weighting, temporal_pooling="mean")
    export_model(load_model(own), tmp_path / "model.onnx", "onnx")
    expected = vector(open_model(str(own), device="cpu"), frames(26))
    found = vector(open_model(f"onnx:{tmp_path / 'model.onnx'}"), frames(26))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("threads", "calls"), [(1, [4, 4, 3]), (2, [4, 4, 3]), (4, [3, 3, 3, 2])])
def test_a_batch_comes_to_the_network_in_parts(
    threads: int, calls: list[int], own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported_models, "PIXELS_AT_ONCE", 10 * HEIGHT * WIDTH)
    file = tmp_path / "model.onnx"
    export_model(load_model(own), file, "onnx")
    embedder = open_exported(file, "onnx", threads=threads)
    assert embedder is not None
    clips = frames(4 * 11).unflatten(0, (11, 4))
    sizes: list[int] = []
    network, whole = embedder._network, embedder._network.run([clips.numpy()], range(2))

    def run(given, wanted):
        sizes.append(len(given[0]))
        return network.run(given, wanted)

    embedder._network = replace(network, run=run)
    for found, expected in zip(embedder.embed_clips(clips), whole, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert sorted(sizes, reverse=True) == calls  # of four frames each, sixteen at most
    sizes.clear()
    monkeypatch.setattr(exported_models, "PIXELS_AT_ONCE", 32 * HEIGHT * WIDTH)
    embedder.embed_clips(clips)
    assert max(sizes) == min(8, -(-11 // threads))


def test_openvino_reads_an_export_to_onnx_too(own: Path, tmp_path: Path) -> None:
    export_model(load_model(own), tmp_path / "model.onnx", "onnx")
    expected = vector(open_model(str(own), device="cpu"), frames(9))
    found = vector(open_model(f"openvino:{tmp_path / 'model.onnx'}"), frames(9))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("half", [False, True])
def test_what_differs_too_much_is_not_written(
    half: bool, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = export.LARGEST_HALF_DIFFERENCE if half else export.LARGEST_DIFFERENCE
    monkeypatch.setattr(export, "difference", lambda *_, **__: 1.01 * most)
    out = tmp_path / "out" / "model.onnx"
    with pytest.raises(EncoderError, match=f"within {most:g}"):
        export_model(load_model(own), out, "onnx", half=half)
    assert not out.parent.exists()
    monkeypatch.setattr(export, "difference", lambda *_, **__: float("nan"))
    with pytest.raises(EncoderError):
        export_model(load_model(own), out, "onnx", half=half)


def test_half_that_differs_has_a_fingerprint_of_its_own(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "difference", lambda *_, **__: 2e-4)
    report = export_model(load_model(own), tmp_path / "model.onnx", "onnx", half=True)
    assert not report.comparable
    assert "too much for one gallery" in report.text()
    exported = open_model(f"onnx:{tmp_path / 'model.onnx'}")
    assert exported.fingerprint != load_model(own).fingerprint


def test_the_name_ends_as_the_runtime_wants_it(own: Path, tmp_path: Path) -> None:
    for kind, name in (("onnx", "a.xml"), ("openvino", "a.onnx"), ("onnx", "a"), ("onnx", ".onnx")):
        with pytest.raises(StorageError, match="must end in"):
            export_model(load_model(own), tmp_path / name, kind)
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_settings_of_a_training_are_not_replaced(own: Path, tmp_path: Path) -> None:
    mine = tmp_path / "model.yaml"
    mine.write_text("preset: demo\n")
    with pytest.raises(StorageError, match="another file"):
        export_model(load_model(own), tmp_path / "model.onnx", "onnx")
    assert mine.read_text() == "preset: demo\n"
    assert not (tmp_path / "model.onnx").exists()
    mine.unlink()
    for _ in range(2):  # an earlier export's are
        export_model(load_model(own), tmp_path / "model.onnx", "onnx")


def test_file_and_settings_of_two_exports_are_refused(own: Path, tmp_path: Path) -> None:
    out, other = tmp_path / "model.onnx", tmp_path / "other.onnx"
    export_model(load_model(own), out, "onnx")
    export_model(load_model(save(tmp_path / "second")), other, "onnx")
    out.write_bytes(other.read_bytes())
    with pytest.raises(EncoderError, match="of one export"):
        open_model(f"onnx:{out}")
    export_model(load_model(save(tmp_path / "third", clip_len=2)), other, "onnx")
    out.write_bytes(other.read_bytes())
    with pytest.raises(EncoderError, match=r"model\.yaml doesn't describe"):
        open_model(f"onnx:{out}")


@pytest.mark.parametrize(
    "change",
    [
        ("'1'", "'2'"),
        ("clip_len: 4", "clip_len: 0"),
        ("clip_len: 4", "clip_len: four"),
        ("metric: cosine", "metric: taxi"),
        ("metric: cosine", "metrik: cosine"),
    ],
)
def test_damaged_settings_are_told(change: tuple[str, str], own: Path, tmp_path: Path) -> None:
    export_model(load_model(own), tmp_path / "model.onnx", "onnx")
    settings = tmp_path / "model.yaml"
    settings.write_text(settings.read_text().replace(*change))
    with pytest.raises(ConfigError, match=r"model\.yaml"):
        open_model(f"onnx:{tmp_path / 'model.onnx'}")


def test_without_its_settings_an_export_is_no_encoder(own: Path, tmp_path: Path) -> None:
    export_model(load_model(own), tmp_path / "model.onnx", "onnx")
    (tmp_path / "model.yaml").unlink()
    with pytest.raises(TacanError):
        open_model(f"onnx:{tmp_path / 'model.onnx'}")


def test_options_of_frozen_encoders_are_refused(own: Path, tmp_path: Path) -> None:
    export_model(load_model(own), tmp_path / "model.onnx", "onnx")
    with pytest.raises(ConfigError, match="height"):
        open_model(f"onnx:{tmp_path / 'model.onnx'}", settings=EncoderSettings(height=64))


@pytest.mark.parametrize("pooling", ["rnn", "regions"])
def test_what_runs_for_one_number_of_clips_alone_is_refused(
    pooling: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    own = save(tmp_path / "own", temporal_pooling=pooling)
    with pytest.raises(EncoderError, match=r"any number of clips|operations that ONNX has"):
        export_model(load_model(own), tmp_path / "model.onnx", "onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["own"]
    assert "onnxruntime:" not in capfd.readouterr().err


@pytest.mark.parametrize("spec", ["timm:resnet18", "onnx:a.onnx", "openvino:a.xml"])
def test_a_frozen_encoder_is_not_exported(spec: str) -> None:
    with pytest.raises(EncoderError, match="frozen encoder"):
        load_own_model(spec)


def test_a_name_that_names_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="a model must be a folder"):
        load_own_model(str(tmp_path))
