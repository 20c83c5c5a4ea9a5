from __future__ import annotations

import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from tacan.config import ModelConfig
from tacan.errors import EncoderError
from tacan.model import Tacan, build_model
from tacan.model.onnx_export import OUTPUTS, onnx_network

SIZE = (32, 16)


def build(**changes: object) -> tuple[Tacan, ModelConfig]:
    torch.manual_seed(0)
    plain = {"encoder": "small", "height": 32, "width": 16, "embedding_dim": 8, "clip_len": 2}
    config = ModelConfig.model_validate(plain | {"attention_channels": 4} | changes)
    model = build_model(config)
    if model.clip_attention.predictor is not None:
        torch.nn.init.normal_(model.clip_attention.predictor.weight)
    if isinstance(model.neck, torch.nn.BatchNorm1d):
        model.neck.running_mean = torch.linspace(-1, 1, 8)
        model.neck.running_var = torch.linspace(0.5, 2, 8)
    return model.eval(), config


def run(network: bytes, clips: torch.Tensor) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    return session.run(list(OUTPUTS), {"clips": clips.numpy()})


def clips(n: int, clip_len: int, size: tuple[int, int] = SIZE) -> torch.Tensor:
    generator = torch.Generator().manual_seed(n)
    shape = (n, clip_len, 3, *size)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("pooling", ["mean", "max", "attention", "attention_literal"])
@pytest.mark.parametrize(
    ("weighting", "neck"),
    [("none", True), ("linear_mean", True), ("sigmoid_sum", False), ("softmax", True)],
)
def test_any_number_of_clips_gets_the_models_embeddings_and_weights(
    pooling: str, weighting: str, neck: bool
) -> None:
    model, config = build(temporal_pooling=pooling, clip_weight=weighting, neck=neck)
    network = onnx_network(model, clip_len=config.clip_len, input_size=SIZE)
    for n in (1, 2, 7):
        frames = clips(n, config.clip_len)
        embeddings, weights, shift = run(network, frames)
        with torch.no_grad():
            expected = model.embed_clips(frames)
            finished = model.neck(expected.clip_embeddings).numpy()
        np.testing.assert_allclose(weights, expected.clip_weights.numpy(), atol=1e-5)
        np.testing.assert_allclose(embeddings + shift, finished, atol=1e-5)
        assert (shift == shift[0]).all()


@pytest.mark.parametrize("encoder", ["small_banded_se", "banded_masked", "resnet10t"])
def test_encoders_with_their_own_ways_are_exported(encoder: str) -> None:
    model, config = build(encoder=encoder, height=64, width=32, embedding_dim=0)
    network = onnx_network(model, clip_len=config.clip_len, input_size=(64, 32))
    frames = clips(3, config.clip_len, (64, 32))
    with torch.no_grad():
        expected = model.embed_clips(frames).clip_embeddings.numpy()
    found = run(network, frames)[0]
    assert np.linalg.norm(found - expected) < 1e-5 * np.linalg.norm(expected)


def test_a_sigmoid_is_exact() -> None:
    # onnxruntime's own sigmoid was 8e-5 off near 0, which this encoder's attention multiplies.
    model, config = build(encoder="small_banded", height=64, width=32, clip_weight="sigmoid_sum")
    names = {
        node.op_type
        for node in onnx.load_from_string(
            onnx_network(model, clip_len=config.clip_len, input_size=(64, 32))
        ).graph.node
    }
    assert "Sigmoid" not in names
    assert "Exp" in names


def test_half_halves_the_file_and_changes_no_model_that_was_saved_in_half() -> None:
    model, config = build(neck=True)
    for value in model.state_dict().values():
        if value.is_floating_point():
            value.copy_(value.half().float())
    whole, half = (
        onnx_network(model, clip_len=config.clip_len, input_size=SIZE, half=half)
        for half in (False, True)
    )
    assert len(half) < 0.6 * len(whole)
    frames = clips(3, config.clip_len)
    for one, other in zip(run(whole, frames), run(half, frames), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_model_itself_is_left_alone() -> None:
    model, config = build(neck=True)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    onnx_network(model, clip_len=config.clip_len, input_size=SIZE)
    assert isinstance(model.neck, torch.nn.BatchNorm1d)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert any(parameter.requires_grad for parameter in model.parameters())


def test_what_onnx_has_no_word_for_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    class Odd(torch.nn.Module):
        def forward(self, maps: torch.Tensor) -> torch.Tensor:
            return torch.special.bessel_j0(maps)

    model, config = build()
    model.encoder = torch.nn.Sequential(model.encoder, Odd())
    with pytest.raises(EncoderError, match="operations that ONNX has"):
        onnx_network(model, clip_len=config.clip_len, input_size=SIZE)
    assert capfd.readouterr().out == ""


def test_an_absent_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    model, config = build()
    with pytest.raises(EncoderError, match="the package onnx"):
        onnx_network(model, clip_len=config.clip_len, input_size=SIZE)
