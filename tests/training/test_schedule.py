from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tacan.training.schedule import DECAYS, OPTIMISERS, build_optimiser, learning_rate_factor


@given(
    iterations=st.integers(1, 300),
    warmup_share=st.floats(0, 0.99),
    decay=st.sampled_from(sorted(DECAYS)),
    data=st.data(),
)
def test_the_factor_lies_between_0_and_1_and_only_rises_in_the_warm_up(
    iterations: int, warmup_share: float, decay: str, data: st.DataObject
) -> None:
    warmup = int(warmup_share * iterations)
    steps = data.draw(st.lists(st.floats(0.01, 0.99), max_size=3))
    factors = [
        learning_rate_factor(i, iterations=iterations, warmup=warmup, decay=decay, decay_at=steps)
        for i in range(iterations)
    ]
    assert all(0 < factor <= 1 for factor in factors)
    assert factors[:warmup] == sorted(factors[:warmup])
    assert factors[warmup:] == sorted(factors[warmup:], reverse=True)


def test_the_warm_up_is_a_straight_line_from_a_hundredth_to_the_whole_rate() -> None:
    factors = [learning_rate_factor(i, iterations=10, warmup=4, decay="none") for i in range(10)]
    assert factors == pytest.approx([0.01, 0.2575, 0.505, 0.7525, *[1.0] * 6])


def test_steps_divide_by_ten_at_shares_of_the_run() -> None:
    factors = [
        learning_rate_factor(i, iterations=8, warmup=0, decay="step", decay_at=(0.25, 0.75))
        for i in range(8)
    ]
    assert factors == pytest.approx([1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01])


def test_the_cosine_is_torchs() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([weight], lr=1.0)
    oracle = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=7)
    for i in range(3, 10):
        ours = learning_rate_factor(i, iterations=10, warmup=3, decay="cosine")
        assert math.isclose(ours, oracle.get_last_lr()[0], abs_tol=1e-12)
        optimiser.step()
        oracle.step()


@pytest.mark.parametrize("name", sorted(OPTIMISERS))
def test_each_optimiser_moves_what_learns_and_leaves_the_rest(name: str) -> None:
    learning, fixed = torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(3))
    fixed.requires_grad_(False)
    optimiser = build_optimiser(name, [learning, fixed], learning_rate=0.1, weight_decay=0.0)
    learning.sum().backward()
    optimiser.step()
    assert torch.all(learning < 1)
    assert torch.all(fixed == 1)
