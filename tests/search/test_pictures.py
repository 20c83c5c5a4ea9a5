from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tacan.embeddings.open import open_model
from tacan.search.pictures import Strip, embed_pictures, spread


def strip(weights: list[float]) -> Strip:
    m = len(weights)
    frames = np.stack([np.arange(m) * 4, np.arange(m) * 4 + 3], axis=1).astype(np.int64)
    return Strip((), np.zeros(0, np.int64), frames, np.array(weights, np.float32))


def test_pictures_are_embedded_as_the_frames_of_one_tracklet(model: Path) -> None:
    embedder = open_model(str(model), device="cpu")
    rng = np.random.default_rng(0)
    pixels = [rng.integers(0, 256, (32, 16, 3), dtype=np.uint8) for _ in range(6)]
    vector, weights, clip_frames = embed_pictures(pixels, embedder)
    places = [[0, 1, 2, 3], [4, 5, 4, 5]]
    clips = torch.from_numpy(np.stack([[pixels[i] for i in clip] for clip in places]))
    embeddings, expected = embedder.embed_clips(clips.permute(0, 1, 4, 2, 3).contiguous())
    np.testing.assert_allclose(weights, expected, rtol=1e-5)
    mean = (expected[:, None].astype(float) * embeddings).sum(0)
    whole = embedder.finish(mean, float(expected.sum()), 2)
    np.testing.assert_allclose(vector, whole, rtol=1e-4, atol=1e-6)
    assert clip_frames.tolist() == [[0, 3], [4, 5]]


def test_no_clip_is_embedded_twice(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = open_model(str(model), device="cpu")
    seen = []
    embed = embedder.embed_clips
    monkeypatch.setattr(
        embedder, "embed_clips", lambda clips: seen.append(len(clips)) or embed(clips)
    )
    embed_pictures([np.full((32, 16, 3), 90, np.uint8)] * 6, embedder)
    assert sum(seen) == 2


def test_pictures_of_any_size_go_together(model: Path) -> None:
    embedder = open_model(str(model), device="cpu")
    pixels = [np.full((size, size // 2, 3), 90, np.uint8) for size in (10, 300, 64)]
    vector, weights, clip_frames = embed_pictures(pixels, embedder)
    assert vector.shape == (8,)
    assert clip_frames.tolist() == [[0, 2]]
    assert len(weights) == 1


def test_shares_and_evenness() -> None:
    assert strip([0.2, 0.6]).shares.tolist() == pytest.approx([0.25, 0.75])
    assert not strip([0.2, 0.6]).is_even
    assert strip([0.3, 0.3, 0.3]).is_even
    assert strip([0.5]).is_even
    assert strip([0.0, 0.0]).shares.tolist() == [0.5, 0.5]


def test_spread_keeps_both_ends_and_the_order() -> None:
    for count in range(1, 40):
        places = spread(count)
        assert places[0] == 0
        assert places[-1] == count - 1
        assert len(places) == min(count, 10)
        assert (np.diff(places) > 0).all()
    assert len(spread(0)) == 0
