from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tacan.clips.split import consecutive_clips
from tacan.embeddings.embedder import TacanEmbedder
from tacan.embeddings.stream import ClipCutter, TrackletStream
from tacan.errors import DataError
from tacan.model import Tacan
from tacan.model.clip_attention import CLIP_WEIGHTINGS


def frames(n: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(n)
    return torch.randint(0, 256, (n, 3, 32, 16), dtype=torch.uint8, generator=generator)


@given(sizes=st.lists(st.integers(0, 7), min_size=1, max_size=6), clip_len=st.integers(1, 5))
def test_the_cutter_makes_the_clips_of_the_rule_from_any_portions(
    sizes: list[int], clip_len: int
) -> None:
    n_frames = sum(sizes)
    numbers = torch.arange(n_frames, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 1, 1)
    cutter = ClipCutter(clip_len)
    found = torch.cat([cutter.add(portion) for portion in numbers.split(sizes)])
    rest = cutter.rest()
    assert (rest is None) == (n_frames % clip_len == 0)
    found = found if rest is None else torch.cat([found, rest])
    expected = consecutive_clips(n_frames, clip_len).tolist() if n_frames else []
    assert found[:, :, 0, 0, 0].tolist() == expected


@pytest.mark.parametrize("clip_weight", CLIP_WEIGHTINGS)
def test_the_vector_so_far_is_that_of_the_frames_so_far(
    make_model: Callable[..., Tacan],
    in_one_batch: Callable[[Tacan, torch.Tensor, int], np.ndarray],
    clip_weight: str,
) -> None:
    model = make_model(clip_weight=clip_weight, neck=True)
    stream = TrackletStream(TacanEmbedder(model, clip_len=4, input_size=(32, 16)))
    walk = frames(11)
    for n_seen in range(1, 12):
        stream.add_frames(walk[n_seen - 1 : n_seen])
        expected = in_one_batch(model, walk[:n_seen], 4)
        np.testing.assert_allclose(stream.embedding(), expected, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(stream.embedding(), stream.embedding())
        assert (stream.n_frames, stream.n_clips) == (n_seen, n_seen // 4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4), batch=st.integers(1, 12))
def test_portions_and_batches_do_not_matter(
    make_model: Callable[..., Tacan],
    in_one_batch: Callable[[Tacan, torch.Tensor, int], np.ndarray],
    sizes: list[int],
    batch: int,
) -> None:
    model = make_model()
    stream = TrackletStream(
        TacanEmbedder(model, clip_len=4, input_size=(32, 16)),
        batch_frames=batch,
        keep_clip_weights=True,
    )
    walk = frames(sum(sizes))
    for portion in walk.split(sizes):
        stream.add_frames(portion)
    expected = in_one_batch(model, walk, 4)
    np.testing.assert_allclose(stream.embedding(), expected, rtol=1e-5, atol=1e-5)
    assert len(stream.clip_weights()) == -(-len(walk) // 4)


def test_it_holds_the_same_after_many_frames_as_after_few(
    make_embedder: Callable[..., TacanEmbedder],
) -> None:
    stream = TrackletStream(make_embedder())
    held = []
    for n_frames in (7, 700):
        stream.add_frames(frames(n_frames))
        # A pickle holds the whole storage behind a tensor, so a view of a batch would show.
        held.append(len(pickle.dumps(stream)))
    assert held[1] - held[0] < 500 + 3 * 3 * 32 * 16


def test_faults(make_embedder: Callable[..., TacanEmbedder]) -> None:
    stream = TrackletStream(make_embedder())
    with pytest.raises(DataError, match="at least one frame"):
        stream.embedding()
    with pytest.raises(DataError, match="keep_clip_weights"):
        stream.clip_weights()
    with pytest.raises(DataError, match=r"float32 \[2, 3, 32, 16\]"):
        stream.add_frames(frames(2).float())
    with pytest.raises(DataError, match=r"\[n, 3, 32, 16\]"):
        stream.add_frames(frames(2)[..., :8])
    assert stream.n_frames == 0
