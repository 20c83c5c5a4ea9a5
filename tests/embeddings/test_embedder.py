from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from tacan.embeddings.embedder import TacanEmbedder, exact_arithmetic
from tacan.errors import ModelError
from tacan.model import Tacan
from tacan.model.clip_attention import CLIP_WEIGHTINGS


def clips(n: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (n, 4, 3, 32, 16), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("clip_weight", CLIP_WEIGHTINGS)
@pytest.mark.parametrize("neck", [False, True])
def test_sums_and_finish_are_the_models_own_aggregation(
    make_model: Callable[..., Tacan], clip_weight: str, neck: bool
) -> None:
    model = make_model(clip_weight=clip_weight, neck=neck)
    embedder = TacanEmbedder(model, clip_len=4, input_size=(32, 16))
    frames = clips(5)
    embeddings, weights = embedder.embed_clips(frames)
    vector = embedder.finish(
        weights.astype(np.float64) @ embeddings.astype(np.float64), float(weights.sum()), 5
    )
    with torch.no_grad():
        whole = model(frames[None])
    np.testing.assert_allclose(vector, whole.tracklet_embedding[0].numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(weights, whole.clip_weights[0].numpy(), rtol=1e-5)
    assert vector.dtype == embeddings.dtype == weights.dtype == np.float32
    assert (embedder.embedding_dim, embeddings.shape, weights.shape) == (8, (5, 8), (5,))


def test_bf16_is_close_but_another_arithmetic(
    make_embedder: Callable[..., TacanEmbedder],
) -> None:
    exact, _ = make_embedder().embed_clips(clips(3))
    rounded, _ = make_embedder(precision="bf16").embed_clips(clips(3))
    error = np.abs(exact - rounded).max() / np.abs(exact).max()
    assert 1e-5 < error < 0.05


def test_a_model_in_training_mode_is_refused(make_model: Callable[..., Tacan]) -> None:
    model = make_model()
    embedder = TacanEmbedder(model, clip_len=4, input_size=(32, 16))
    model.train()
    with pytest.raises(ModelError, match="evaluation mode"):
        embedder.embed_clips(clips(1))


def test_exact_arithmetic_leaves_the_global_setting_as_it_was() -> None:
    before = torch.backends.cudnn.conv.fp32_precision
    with pytest.raises(ZeroDivisionError), exact_arithmetic(torch.device("cpu"), "32"):
        assert torch.backends.cudnn.conv.fp32_precision == "ieee"
        raise ZeroDivisionError
    assert torch.backends.cudnn.conv.fp32_precision == before
