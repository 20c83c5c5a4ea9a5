from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tacan.losses.min_max import min_max_loss

EPS = 1e-6


def naive_loss(embeddings: torch.Tensor, pids: list[int], eps: float) -> float:
    rows = embeddings.tolist()
    d = len(rows[0])
    mean = [sum(row[c] for row in rows) / len(rows) for c in range(d)]
    within = between = 0.0
    for pid in set(pids):
        own = [row for row, other in zip(rows, pids, strict=True) if other == pid]
        own_mean = [sum(row[c] for row in own) / len(own) for c in range(d)]
        within += sum((row[c] - own_mean[c]) ** 2 for row in own for c in range(d))
        between += len(own) * sum((own_mean[c] - mean[c]) ** 2 for c in range(d))
    return within / (between + eps)


def batch(seed: int, pids: list[int], d: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(len(pids), d, dtype=torch.float64, generator=generator)
    return embeddings.requires_grad_(), torch.tensor(pids)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 4), min_size=2, max_size=12))
def test_equals_the_naive_loop(seed: int, pids: list[int]) -> None:
    embeddings, labels = batch(seed, pids)
    loss = min_max_loss(embeddings, labels, eps=1e-3)
    assert loss.dtype == torch.float64
    assert loss.item() == pytest.approx(naive_loss(embeddings, pids, 1e-3), rel=1e-9, abs=1e-15)


def test_known_value() -> None:
    line = torch.tensor([[0.0], [2], [9], [11]])
    # Means 1 and 10, overall 5.5: S_I = 4, S_B = 4 x 4.5^2 = 81.
    loss = min_max_loss(line, torch.tensor([4, 4, 1, 1]), eps=EPS)
    assert loss.item() == pytest.approx(4 / 81)


def test_gradient_through_all_means() -> None:
    embeddings, pids = batch(2, [3, 0, 3, 1, 0, 3, 1])
    assert torch.autograd.gradcheck(lambda x: min_max_loss(x, pids, eps=EPS), embeddings)


def test_scatter_within_and_between_add_up_to_the_total() -> None:
    embeddings, pids = batch(5, [0, 0, 1, 1, 1, 2])
    total = (embeddings - embeddings.mean(0)).square().sum()
    ratio = min_max_loss(embeddings, pids, eps=1e-30)
    between = total / (1 + ratio)
    expected = (total - between) / (between + 7.0)
    torch.testing.assert_close(min_max_loss(embeddings, pids, eps=7.0), expected)


@pytest.mark.parametrize("pids", [[0, 0, 1, 1], [0, 0, 0, 0]])
def test_identities_at_one_point_give_finite_value_and_gradient(pids: list[int]) -> None:
    line = torch.tensor([[-1.0], [1], [-1], [1]], requires_grad=True)
    loss = min_max_loss(line, torch.tensor(pids), eps=EPS)
    loss.backward()
    assert loss.item() == pytest.approx(4 / EPS)
    assert line.grad is not None
    assert line.grad.isfinite().all()
    assert line.grad.ravel().tolist() == pytest.approx([-2 / EPS, 2 / EPS, -2 / EPS, 2 / EPS])


def test_all_embeddings_equal_give_zero() -> None:
    embeddings = torch.full((4, 3), 0.1, requires_grad=True)
    loss = min_max_loss(embeddings, torch.tensor([0, 0, 1, 1]), eps=EPS)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-6)
    assert embeddings.grad is not None
    assert embeddings.grad.isfinite().all()


def test_single_embeddings_have_nothing_within() -> None:
    embeddings, pids = batch(0, [0, 1, 2])
    assert min_max_loss(embeddings, pids, eps=EPS).item() == pytest.approx(0, abs=1e-15)


def test_autocast_and_bfloat16_are_computed_in_float32() -> None:
    embeddings, pids = batch(1, [0, 0, 1, 1, 2, 2], d=512)
    half = (embeddings.detach() + 30).bfloat16().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = min_max_loss(half, pids, eps=EPS)
    loss.backward()
    assert loss.dtype == torch.float32
    exact = half.detach().double().requires_grad_()
    expected = min_max_loss(exact, pids, eps=EPS)
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert half.grad is not None
    assert exact.grad is not None
    torch.testing.assert_close(half.grad.double(), exact.grad, rtol=1e-2, atol=1e-6)
