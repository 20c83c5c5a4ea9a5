from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacan.indexing.fragments import cut, cut_at, join, vector
from tests.indexing.fragment_data import BLUE, RED, MeanEmbedder, fragment


@pytest.mark.parametrize("clip", [1, 4, 7])
def test_what_is_cut_and_joined_again_is_what_it_was(clip: int) -> None:
    whole = fragment(3, 2.0, [RED] * 5 + [BLUE] * 3)
    again = join(cut(whole, clip), max_crops=8)
    for name in ("frames", "seconds", "boxes", "scores"):
        np.testing.assert_array_equal(getattr(again.tracklet, name), getattr(whole.tracklet, name))
    assert again.tracklet.crops == whole.tracklet.crops
    np.testing.assert_array_equal(again.embeddings, whole.embeddings)
    np.testing.assert_array_equal(again.clip_frames, whole.clip_frames)
    assert again.tracks == (3, 3)
    embedder = MeanEmbedder()
    np.testing.assert_array_equal(vector(again, embedder), vector(whole, embedder))


def test_each_part_has_the_frames_crops_and_clips_of_its_time() -> None:
    first, second = cut(fragment(1, 0.0, [RED] * 5 + [BLUE] * 3), 5)
    assert first.tracklet.frames.tolist() == [0, 1, 2, 3, 4]
    assert [crop.frame for crop in second.tracklet.crops] == [5, 6, 7]
    np.testing.assert_array_equal(vector(first, MeanEmbedder()), RED)
    np.testing.assert_array_equal(vector(second, MeanEmbedder()), BLUE)


def test_a_clip_over_a_border_is_in_neither_part() -> None:
    whole = fragment(1, 0.0, [RED] * 3 + [BLUE] * 3)
    # Clips of frames 0 to 1, 1 to 2 and so on.
    whole = replace(whole, clip_frames=whole.clip_frames + np.array([0, 1]))
    parts = cut_at(whole, 3)
    assert parts is not None
    assert [part.tracklet.frames.tolist() for part in parts] == [[0, 1, 2], [3, 4, 5]]
    assert [[crop.frame for crop in part.tracklet.crops] for part in parts] == [
        [0, 1, 2],
        [3, 4, 5],
    ]
    assert [part.clip_frames[:, 0].tolist() for part in parts] == [[0, 1], [3, 4, 5]]
    np.testing.assert_array_equal(parts[0].embeddings, [RED] * 2)
    np.testing.assert_array_equal(parts[1].embeddings, [BLUE] * 3)


@pytest.mark.parametrize("frame", [0, 1, 6])
def test_no_part_is_without_a_clip(frame: int) -> None:
    whole = fragment(1, 0.0, [RED] * 6)
    assert cut_at(replace(whole, clip_frames=whole.clip_frames + np.array([0, 1])), frame) is None


def test_a_joined_fragment_keeps_the_sharpest_crops_spread_over_its_time() -> None:
    joined = join([fragment(1, 0.0, [RED] * 6), fragment(2, 1.0, [RED] * 6)], max_crops=4)
    crops = joined.tracklet.crops
    assert [crop.frame for crop in crops] == [2, 5, 11, 14]
    assert all(crop.sharpness == 2 for crop in crops)
    assert joined.tracks == (1, 2)
