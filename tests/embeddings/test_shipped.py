"""The models that ship: whole, small, and as good as their cards say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

import tacan
from tacan.datasets import load_dataset
from tacan.embeddings.exported import difference, open_exported
from tacan.embeddings.extract import embed
from tacan.embeddings.open import open_model
from tacan.embeddings.own_runtime import READY
from tacan.embeddings.shipped import DEFAULT_MODEL, SHIPPED_MODELS, SHIPPED_WEIGHTS
from tacan.errors import EncoderError
from tacan.evaluation import evaluate
from tacan.images.resize import load_frames
from tacan.model import load_model
from tacan.runtimes.network import Runtime
from tacan.synthetic import DatasetSettings, generate, read_visibility

LARGEST = 12_000_000
FLOOR = {"campus": 0.68, "room": 0.80}
"""mAP below which the model would be worse than histograms of colours, or than a goal."""


def folder(name: str) -> Path:
    return Path(tacan.__file__).parent / (SHIPPED_MODELS | SHIPPED_WEIGHTS)[name]


def test_the_default_ships() -> None:
    assert DEFAULT_MODEL in SHIPPED_MODELS


@pytest.mark.parametrize("name", SHIPPED_MODELS)
def test_a_model_is_whole_small_and_in_half_precision(name: str) -> None:
    saved = load_model(folder(name))
    assert saved.notes
    file = folder(name) / "model.safetensors"
    assert file.stat().st_size <= LARGEST
    with safe_open(file, framework="pt") as weights:
        kinds = {weights.get_slice(key).get_dtype() for key in weights.keys()}  # noqa: SIM118
    assert kinds <= {"F16", "I64"}
    assert open_model(name, device="cpu").fingerprint == saved.fingerprint


@pytest.mark.parametrize("name", SHIPPED_WEIGHTS)
def test_a_weight_to_lend_is_small_and_no_model_to_search_by(name: str) -> None:
    saved = load_model(folder(name))
    assert saved.notes
    assert (folder(name) / "README.md").is_file()
    assert (folder(name) / "model.safetensors").stat().st_size <= LARGEST / 20
    with pytest.raises(EncoderError, match="one that ships .street."):
        open_model(name, device="cpu")


@pytest.mark.parametrize("name", [*SHIPPED_MODELS, *SHIPPED_WEIGHTS])
def test_a_weight_falls_for_crops_that_are_hidden(name: str, tmp_path: Path) -> None:
    """Of generated people: a clear crop's weight is above that of one behind a board (AUC)."""
    settings = DatasetSettings(
        layout="folder", identities=8, cameras=2, seed=31, median_frames=4, occluded_share=0.0
    )
    generate(tmp_path / "people", settings)
    visible = read_visibility(tmp_path / "people")
    weigher = open_model(str(folder(name)), device="cpu")
    height, width = weigher.input_size
    clear, hidden = [], []
    for tracklet in load_dataset("folder", tmp_path / "people"):
        frames = load_frames(tracklet, range(len(tracklet)), height=height, width=width)
        behind = frames.clone()
        behind[:, :, height // 5 :] = torch.tensor([90, 80, 70], dtype=torch.uint8)[:, None, None]
        seen = torch.from_numpy(visible[tracklet.tracklet_id] > 0.9)
        for weights, shown in ((clear, frames[seen]), (hidden, behind)):
            if len(shown):
                weights += weigher.embed_clips(shown[:, None])[1].tolist()
    above = np.array(clear)[:, None] > np.array(hidden)
    assert above.mean() > 0.98


@pytest.mark.parametrize("name", SHIPPED_MODELS)
@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_a_model_brings_an_export_that_is_itself(name: str, runtime: Runtime) -> None:
    exported = open_exported(folder(name) / READY, runtime, threads=1)
    assert exported is not None
    own = open_model(name, device="cpu", runtime="torch")
    assert exported.fingerprint == own.fingerprint
    assert difference(own, exported, batches=(1, 3)) < 1e-5
    default = open_model(name, device="cpu")
    assert type(default) is type(exported)


@pytest.mark.parametrize("name", SHIPPED_MODELS)
def test_a_model_says_where_it_comes_from(name: str) -> None:
    card = (folder(name) / "README.md").read_text(encoding="utf-8")
    for section in ("Trained on", "Where it fails", "Figures"):
        assert section in card
    assert json.loads((folder(name) / "config.json").read_text(encoding="utf-8"))["notes"]
    assert (folder(name) / "training_log.csv").read_text(encoding="utf-8").startswith("iteration")


def test_vectors_of_the_default_are_what_they_were() -> None:
    """Vectors in people's galleries were made by this model: the same pixels, the same vector."""
    rows, columns = torch.arange(128)[:, None].expand(128, 64), torch.arange(64).expand(128, 64)
    grey = ((rows * columns) % 256).expand(3, 128, 64)
    squares = ((rows // 8 + columns // 8) % 2 * 255).expand(3, 128, 64)
    stripes = torch.stack([rows // 16 * 40, rows // 32 * 60, columns // 8 * 30]) % 256
    slopes = torch.stack([rows * 2, columns * 4, rows + columns]) % 256
    white = torch.full((3, 128, 64), 255)
    pictures = torch.stack([slopes, torch.zeros_like(white), white, stripes, grey, squares])
    embedder = open_model(DEFAULT_MODEL, device="cpu")
    vectors, weights = embedder.embed_clips(pictures.to(torch.uint8)[:, None])
    scores = np.log(weights / (1 - weights.astype(np.float64)))
    golden = [-13.718529, -20.060139, -21.381912, -20.614567, -5.150432, -11.343578]
    np.testing.assert_allclose(scores, golden, atol=0.01)
    weighted = (vectors.astype(np.float64) * weights[:, None]).sum(0)
    vector = embedder.finish(weighted, float(weights.sum()), len(weights))
    golden = [-0.117951, -0.481278, -0.079774, 0.282868, -0.0016, -0.436133, -0.364925, 0.032106]
    np.testing.assert_allclose(vector[:8], golden, atol=0.002)
    assert np.linalg.norm(vector) == pytest.approx(24.772790, abs=0.01)


@pytest.mark.data
@pytest.mark.parametrize("place", FLOOR)
def test_the_default_on_real_footage(place: str, shared_data: Path) -> None:
    split = load_dataset("folder", shared_data / "tracklets" / place)
    embedder = open_model(DEFAULT_MODEL, device="cpu")
    features, _ = embed(split, embedder)
    assert evaluate(features, "cross-camera", metric=embedder.metric).mean_ap > FLOOR[place]
