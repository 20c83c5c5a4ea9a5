from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tacan.clips.split import consecutive_clips
from tacan.config import ModelConfig
from tacan.embeddings.embedder import TacanEmbedder
from tacan.embeddings.open import open_model
from tacan.embeddings.stream import TrackletStream
from tacan.embeddings.weighted import WeightedEmbedder
from tacan.errors import ConfigError, EncoderError
from tacan.model import build_model, save_model
from tests.embeddings.test_file_encoders import frames, write_onnx

EmbedderMaker = Callable[..., TacanEmbedder]


def weights_in(folder: Path, *, seed: int = 0, **changes: object) -> Path:
    """A small model in `folder` whose clips differ in their weights."""
    torch.manual_seed(seed)
    plain = ModelConfig(encoder="small", height=32, width=16, clip_len=2, embedding_dim=8)
    config = plain.model_copy(update=changes)
    model = build_model(config).eval()
    if model.clip_attention.predictor is not None:
        torch.nn.init.normal_(model.clip_attention.predictor.weight, std=20)
    save_model(folder, model, config)
    return folder


def by_hand(spec: str, weigher: str, walk: torch.Tensor) -> np.ndarray:
    """The mean over clips with the roots of their weights, clip by clip and frame by frame."""
    encoder, weights_of = open_model(spec, device="cpu"), open_model(weigher, device="cpu")
    total, sum_of_weights = np.zeros(encoder.embedding_dim), 0.0
    for clip in consecutive_clips(len(walk), weights_of.clip_len):
        shown = walk[torch.from_numpy(clip)]
        feature = np.mean([encoder.embed_clips(one[None, None])[0][0] for one in shown], axis=0)
        smaller = F.interpolate(shown, size=weights_of.input_size, mode="bilinear", antialias=True)
        weight = float(weights_of.embed_clips(smaller[None])[1][0]) ** 0.5
        total += weight * feature
        sum_of_weights += weight
    return total / sum_of_weights


@pytest.mark.parametrize("n_frames", [1, 2, 7, 20])
@pytest.mark.parametrize("clip_len", [1, 2, 4])
def test_a_vector_is_the_weighted_mean_of_its_clips(
    tmp_path: Path, n_frames: int, clip_len: int
) -> None:
    spec = f"onnx:{write_onnx(tmp_path / 'net.onnx')}"
    weigher = str(weights_in(tmp_path / "weights", clip_len=clip_len))
    embedder = open_model(spec, device="cpu", clip_weight=weigher)
    walk = frames(n_frames)
    stream = TrackletStream(embedder, batch_frames=5, keep_clip_weights=True)
    for part in walk.split(3):
        stream.add_frames(part)
    np.testing.assert_allclose(stream.embedding(), by_hand(spec, weigher, walk), rtol=1e-4)
    if n_frames == 20:
        assert np.ptp(stream.clip_weights()) > 0.005


def test_it_is_the_plain_mean_where_all_clips_weigh_the_same(tmp_path: Path) -> None:
    spec = f"onnx:{write_onnx(tmp_path / 'net.onnx')}"
    config = ModelConfig(encoder="small", height=32, width=16, clip_len=1, embedding_dim=8)
    save_model(tmp_path / "even", build_model(config).eval(), config)  # starts with equal weights
    vectors = []
    for clip_weight in ("none", str(tmp_path / "even")):
        stream = TrackletStream(open_model(spec, device="cpu", clip_weight=clip_weight))
        stream.add_frames(frames(9))
        vectors.append(stream.embedding())
    np.testing.assert_allclose(vectors[0], vectors[1], rtol=1e-5)


def test_timm_encoders_and_the_shipped_weight(tmp_path: Path) -> None:
    embedder = open_model(
        "timm:resnet18.a1_in1k", weights="random", device="cpu", clip_weight="street"
    )
    assert isinstance(embedder, WeightedEmbedder)
    assert (embedder.clip_len, embedder.input_size, embedder.metric) == (1, (256, 128), "cosine")
    pixels = torch.randint(0, 256, (2, 1, 3, 256, 128), dtype=torch.uint8)
    features, weights = embedder.embed_clips(pixels)
    assert features.shape == (2, embedder.embedding_dim)
    assert ((weights > 0) & (weights < 1)).all()


def test_the_fingerprint_covers_both_parts(tmp_path: Path) -> None:
    one, other = tmp_path / "one.onnx", tmp_path / "other.onnx"
    write_onnx(one)
    write_onnx(other, weights=np.ones((5, 3, 1, 1), np.float32))
    first, second = weights_in(tmp_path / "a"), weights_in(tmp_path / "b", seed=1)
    moved = weights_in(tmp_path / "moved")
    prints = [
        open_model(f"onnx:{file}", device="cpu", clip_weight=str(weigher)).fingerprint
        for file in (one, other)
        for weigher in ("none", first, second)
    ]
    assert len(set(prints)) == 6
    again = open_model(f"onnx:{one}", device="cpu", clip_weight=str(moved)).fingerprint
    assert again == prints[1]


@pytest.mark.parametrize("form", ["none", "linear_mean"])
def test_a_model_whose_weights_may_be_negative_or_absent_is_refused(
    tmp_path: Path, form: str
) -> None:
    weigher = weights_in(tmp_path / "weights", clip_weight=form)
    with pytest.raises(ConfigError, match=f"positive.*clip_weight is {form}") as caught:
        open_model(
            f"onnx:{write_onnx(tmp_path / 'net.onnx')}", device="cpu", clip_weight=str(weigher)
        )
    assert "street" in str(caught.value)


def test_a_weight_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="nowhere"):
        open_model(f"onnx:{write_onnx(tmp_path / 'net.onnx')}", device="cpu", clip_weight="nowhere")


def test_models_of_our_own_bring_their_weight(tmp_path: Path) -> None:
    exported = Path(open_model.__code__.co_filename).parents[1] / "shipped/street/model.onnx"
    for spec in ("street", str(weights_in(tmp_path / "own")), f"onnx:{exported}"):
        with pytest.raises(ConfigError, match="clip_weight is for frozen encoders.*leave it out"):
            open_model(spec, device="cpu", clip_weight="street")
        assert open_model(spec, device="cpu", clip_weight="none").clip_len >= 1


def test_a_long_tracklet_takes_no_more_memory(tmp_path: Path) -> None:
    spec = f"onnx:{write_onnx(tmp_path / 'net.onnx')}"
    embedder = open_model(
        spec, device="cpu", clip_weight=str(weights_in(tmp_path / "weights")), threads=1
    )
    peaks = []
    part = frames(64)
    for n_parts in (2, 40):
        stream = TrackletStream(embedder)
        tracemalloc.start()
        for _ in range(n_parts):
            stream.add_frames(part)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000
