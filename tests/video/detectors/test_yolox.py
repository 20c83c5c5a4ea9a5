"""YOLOX: the decoding of the grid, and what is decoded already."""

from __future__ import annotations

import numpy as np
import pytest

from tacan.video.detectors.yolox import STRIDES, decode_grid, grid_cells, is_decoded
from tests.video.detectors.graphs import HEIGHT, N_CELLS, WIDTH, yolox_rows


def test_the_grid_is_decoded_as_in_loops() -> None:
    raw = np.random.default_rng(0).normal(size=(N_CELLS, 9)).astype(np.float32)
    expected, place = [], 0
    for stride in STRIDES:
        for row in range(HEIGHT // stride):
            for column in range(WIDTH // stride):
                x, y, w, h = raw[place, :4]
                cx, cy = (x + column) * stride, (y + row) * stride
                width, height = np.exp(w) * stride, np.exp(h) * stride
                expected.append([cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2])
                place += 1
    np.testing.assert_allclose(
        decode_grid(raw, width=WIDTH, height=HEIGHT), expected, rtol=1e-4, atol=1e-4
    )


def test_chosen_rows_are_decoded_as_among_all() -> None:
    raw = np.random.default_rng(1).normal(size=(N_CELLS, 9)).astype(np.float32)
    chosen = np.array([3, 4, N_CELLS - 1])
    every = decode_grid(raw, width=WIDTH, height=HEIGHT)
    some = decode_grid(raw, width=WIDTH, height=HEIGHT, chosen=chosen)
    np.testing.assert_array_equal(some, every[chosen])


@pytest.mark.parametrize("seed", range(5))
def test_decoded_rows_are_told_from_others_by_their_values(seed: int) -> None:
    """Offsets of networks are within a few cells of their own, and sizes of any measure."""
    rng = np.random.default_rng(seed)
    for width, height in ((64, 96), (416, 416), (640, 384)):
        cells, strides = grid_cells(width, height)
        raw = rng.normal(0.5, 1.0, (len(cells), 85)).astype(np.float32)
        raw[:, 2:4] = rng.normal(1.0, 1.0, (len(cells), 2))
        assert not is_decoded(raw, width=width, height=height)
        decoded = raw.copy()
        decoded[:, :2] = (raw[:, :2] + cells) * strides
        decoded[:, 2:4] = np.exp(raw[:, 2:4]) * strides
        assert is_decoded(decoded, width=width, height=height)


def test_an_empty_answer_is_not_decoded() -> None:
    assert not is_decoded(yolox_rows()[0], width=WIDTH, height=HEIGHT)
