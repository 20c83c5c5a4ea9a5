from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tacan.errors import CropError
from tacan.images import resize as images
from tacan.images.resize import load_frames, resize_crops
from tacan.records import Tracklet


def exact_frames(tracklet: Tracklet, indices: list[int], height: int, width: int) -> np.ndarray:
    """Pillow's resize in floating point, channel by channel: float [n, 3, H, W]."""
    return np.array(
        [
            [
                np.asarray(
                    Image.fromarray(channel).resize((width, height), Image.Resampling.BILINEAR)
                )
                for channel in np.asarray(Image.open(tracklet.path(i)), dtype=np.float32).transpose(
                    2, 0, 1
                )
            ]
            for i in indices
        ]
    )


@pytest.mark.parametrize(("height", "width"), [(32, 16), (224, 112), (50, 40), (48, 24)])
def test_is_within_a_grey_level_of_the_exact_result(
    tracklet: Tracklet, height: int, width: int
) -> None:
    indices = [7, 0, 3, 4, 8, 3, 3]
    frames = load_frames(tracklet, indices, height=height, width=width)
    assert frames.dtype == torch.uint8
    assert frames.shape == (7, 3, height, width)
    assert frames.is_contiguous()
    expected = exact_frames(tracklet, indices, height, width)
    difference = np.abs(frames.numpy() - expected)
    assert difference.max() <= 1.01
    assert torch.equal(frames[2], frames[5])


def test_crops_of_the_right_size_stay_as_they_are(tracklet: Tracklet) -> None:
    frames = load_frames(tracklet, range(3), height=48, width=24)
    np.testing.assert_array_equal(frames.numpy(), exact_frames(tracklet, [0, 1, 2], 48, 24))


def test_order_of_indices_is_kept(tracklet: Tracklet) -> None:
    forward = load_frames(tracklet, [1, 4, 6], height=32, width=16)
    backward = load_frames(tracklet, np.array([6, 4, 1]), height=32, width=16)
    assert torch.equal(forward.flip(0), backward)
    assert backward.is_contiguous()


def test_each_crop_is_read_once(tracklet: Tracklet, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    real = images.read_crop
    monkeypatch.setattr(images, "read_crop", lambda path: (read.append(path), real(path))[1])
    load_frames(tracklet, [2, 2, 5, 2], height=32, width=16)
    assert read == [tracklet.path(2), tracklet.path(5)]


def test_frames_do_not_depend_on_their_neighbours(tracklet: Tracklet) -> None:
    together = load_frames(tracklet, range(9), height=40, width=20)
    alone = [load_frames(tracklet, [i], height=40, width=20) for i in range(9)]
    assert torch.equal(together, torch.cat(alone))


def test_more_crops_than_go_at_once() -> None:
    crops = [np.full((4, 2, 3), i, dtype=np.uint8) for i in range(50)]
    batches = [len(batch) for batch in images._batches_of_one_size(iter(crops))]
    assert batches == [16, 16, 16, 2]
    assert resize_crops(crops, height=6, width=3)[:, 0, 0, 0].tolist() == list(range(50))


def test_large_pictures_go_one_by_one() -> None:
    crops = (np.zeros((1200, 1000, 3), dtype=np.uint8) for _ in range(3))
    assert [len(batch) for batch in images._batches_of_one_size(crops)] == [1, 1, 1]
    crops = (np.zeros((400, 500, 3), dtype=np.uint8) for _ in range(12))
    assert [len(batch) for batch in images._batches_of_one_size(crops)] == [5, 5, 2]


def test_unreadable_crop_is_named(tracklet: Tracklet) -> None:
    tracklet.path(4).write_bytes(b"")
    load_frames(tracklet, [3, 5], height=32, width=16)
    with pytest.raises(CropError, match=r"4\.png"):
        load_frames(tracklet, [3, 4, 5], height=32, width=16)
