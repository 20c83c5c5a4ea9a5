from __future__ import annotations

import numpy as np
import pytest
import torch

from tacan.clips.hiding import hide_masked, hide_run

FRAMES = torch.randint(0, 256, (9, 3, 64, 32), dtype=torch.uint8, generator=torch.manual_seed(0))
PASSERS = 255 - FRAMES


def passer(rng: np.random.Generator) -> torch.Tensor:
    del rng
    return PASSERS


def test_each_way_hides_and_leaves_what_it_was_given() -> None:
    before = FRAMES.clone()
    hidden = [hide_run(FRAMES, passer, np.random.default_rng(seed)) for seed in range(12)]
    assert torch.equal(FRAMES, before)
    for each in hidden:
        assert (each.shape, each.dtype) == (FRAMES.shape, torch.uint8)
        changed = (each != FRAMES).float().mean(dim=(1, 2, 3))
        assert (changed > 0.4).all()
    assert len({each.numpy().tobytes() for each in hidden}) == 12


@pytest.mark.parametrize("mask", [[0] * 9, [1] * 9, [1, 0, 1, 1, 0, 0, 1, 1, 1]])
def test_what_is_under_the_mask_comes_back_hidden_and_follows_from_the_seed(mask) -> None:
    chosen = np.array(mask, bool)
    one, other = (hide_masked(FRAMES, chosen, passer, np.random.default_rng(3)) for _ in range(2))
    assert len(one) == chosen.sum()
    assert torch.equal(one, other)
    assert not len(one) or (one != FRAMES[torch.from_numpy(chosen)]).any()
