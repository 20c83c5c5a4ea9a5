from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import BatchHardMiner
from pytorch_metric_learning.reducers import MeanReducer, SumReducer

from tacan.errors import ConfigError
from tacan.losses.hard_triplet import FORMS, batch_hard_triplet, hardest_pairs


def naive_loss(embeddings: torch.Tensor, pids: list[int], margin: float, form: str) -> float:
    rows = embeddings.tolist()

    def square(i: int, j: int) -> float:
        return sum((a - b) ** 2 for a, b in zip(rows[i], rows[j], strict=True))

    losses = []
    for i, pid in enumerate(pids):
        positives = [square(i, j) for j, other in enumerate(pids) if other == pid and i != j]
        negatives = [square(i, j) for j, other in enumerate(pids) if other != pid]
        if not positives or not negatives:
            continue
        far, near = max(positives), min(negatives)
        if form.startswith("squared"):
            losses.append(max(0.0, margin + far - near))
        elif form.startswith("distance"):
            losses.append(max(0.0, margin + math.sqrt(far) - math.sqrt(near)))
        else:
            losses.append(math.log1p(math.exp(math.sqrt(far) - math.sqrt(near))))
    if not losses:
        return 0.0
    return sum(losses) if form.endswith("_sum") else sum(losses) / len(losses)


def batch(seed: int, pids: list[int], d: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(len(pids), d, dtype=torch.float64, generator=generator)
    return embeddings.requires_grad_(), torch.tensor(pids)


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.lists(st.integers(0, 4), min_size=1, max_size=12),
    st.floats(0, 5),
)
def test_equals_the_naive_loop(form: str, seed: int, pids: list[int], margin: float) -> None:
    embeddings, labels = batch(seed, pids)
    loss = batch_hard_triplet(embeddings, labels, margin=margin, form=form)
    expected = naive_loss(embeddings, pids, margin, form)
    assert loss.item() == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("margin", [0.0, 0.3, 50.0])
@pytest.mark.parametrize(
    ("form", "oracle"),
    [
        (
            "squared_sum",
            lambda distance, margin: TripletMarginLoss(
                margin=margin, distance=distance, reducer=SumReducer()
            ),
        ),
        (
            "distance",
            lambda distance, margin: TripletMarginLoss(
                margin=margin, distance=distance, reducer=MeanReducer()
            ),
        ),
        (
            "distance_sum",
            lambda distance, margin: TripletMarginLoss(
                margin=margin, distance=distance, reducer=SumReducer()
            ),
        ),
        (
            "squared_mean",
            lambda distance, margin: TripletMarginLoss(
                margin=margin, distance=distance, reducer=MeanReducer()
            ),
        ),
        (
            "soft_margin",
            lambda distance, margin: TripletMarginLoss(
                margin=0, smooth_loss=True, distance=distance, reducer=MeanReducer()
            ),
        ),
    ],
)
def test_equals_pytorch_metric_learning(form: str, oracle, margin: float) -> None:
    power = 2 if form.startswith("squared") else 1
    distance = LpDistance(power=power, normalize_embeddings=False)
    theirs = oracle(distance, margin)
    for seed in range(5):
        embeddings, pids = batch(seed, [0] * 4 + [1] * 4 + [2] * 3 + [3])
        loss = batch_hard_triplet(embeddings, pids, margin=margin, form=form)
        (gradient,) = torch.autograd.grad(loss, embeddings)
        triplets = BatchHardMiner(distance=distance)(embeddings, pids)
        expected = theirs(embeddings, pids, triplets)
        (expected_gradient,) = torch.autograd.grad(expected, embeddings)
        torch.testing.assert_close(loss, expected)
        torch.testing.assert_close(gradient, expected_gradient)


@pytest.mark.parametrize("form", FORMS)
def test_gradient(form: str) -> None:
    embeddings, pids = batch(3, [0, 0, 1, 1, 2, 2, 2], d=3)
    assert torch.autograd.gradcheck(
        lambda x: batch_hard_triplet(x, pids, margin=0.3, form=form), embeddings
    )


@pytest.mark.parametrize("form", FORMS)
def test_equal_embeddings_have_finite_gradients(form: str) -> None:
    embeddings = torch.ones(6, 4, requires_grad=True)
    loss = batch_hard_triplet(embeddings, torch.tensor([0, 0, 0, 1, 1, 1]), margin=0.3, form=form)
    loss.backward()
    expected = math.log(2) if form == "soft_margin" else 6 * 0.3 if "_sum" in form else 0.3
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    assert embeddings.grad is not None
    assert torch.equal(embeddings.grad, torch.zeros(6, 4))


@pytest.mark.parametrize(("distance", "counts_as"), [(0.0, 1e-6), (1e-7, 1e-6), (2e-6, 2e-6)])
def test_the_floor_of_a_distance(distance: float, counts_as: float) -> None:
    line = torch.tensor([[0.0], [distance], [1.0], [1.0 + distance]], dtype=torch.float64)
    line.requires_grad_()
    loss = batch_hard_triplet(line, torch.tensor([0, 0, 1, 1]), margin=10.0)
    # The nearest negatives are 1 + d, 1 - d, 1 - d and 1 + d away or less: of the mean, 1 - d.
    nearest = torch.tensor([1.0, 1 - distance, 1 - distance, 1.0], dtype=torch.float64).mean()
    assert loss.item() == pytest.approx(10 + counts_as - nearest.item(), abs=1e-12)
    (gradient,) = torch.autograd.grad(loss, line)
    assert gradient.isfinite().all()


def test_a_repeated_positive_does_not_spoil_the_others() -> None:
    embeddings = torch.tensor([[0.0, 0], [0, 0], [1, 0], [1, 1]], requires_grad=True)
    batch_hard_triplet(embeddings, torch.tensor([0, 0, 1, 1]), margin=0.3).backward()
    assert embeddings.grad is not None
    assert embeddings.grad.isfinite().all()
    assert embeddings.grad.any()


@pytest.mark.parametrize("pids", [[1, 1, 1], [1, 2, 3], [1]])
def test_without_any_pair_the_loss_is_zero(pids: list[int]) -> None:
    embeddings, labels = batch(0, pids)
    loss = batch_hard_triplet(embeddings, labels)
    loss.backward()
    assert loss.item() == 0
    assert embeddings.grad is not None
    assert not embeddings.grad.any()


def test_hardest_pairs_of_a_known_batch() -> None:
    line = torch.tensor([[0.0], [1], [5], [6], [20]])
    anchors, positives, negatives = hardest_pairs(line, torch.tensor([7, 7, 7, 3, 8]))
    assert anchors.tolist() == [0, 1, 2]
    assert positives.tolist() == [2, 2, 0]
    assert negatives.tolist() == [3, 3, 3]


def test_small_distances_far_from_the_origin_are_kept() -> None:
    near = torch.tensor([[0.0, 0], [0.01, 0], [0.03, 0], [0.05, 0]]) + 100
    pids = torch.tensor([0, 0, 1, 1])
    loss = batch_hard_triplet(near, pids, margin=0.0)
    assert loss.item() == pytest.approx(0, abs=1e-4)
    _, _, negatives = hardest_pairs(near, pids)
    assert negatives.tolist() == [2, 2, 1, 1]


@pytest.mark.parametrize("form", FORMS)
def test_half_precision_is_raised_to_float32(form: str) -> None:
    embeddings, pids = batch(1, [0, 0, 1, 1])
    half = embeddings.detach().bfloat16().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = batch_hard_triplet(half, pids, form=form)
    loss.backward()
    assert loss.dtype == torch.float32
    expected = naive_loss(half.float(), pids.tolist(), 0.3, form)
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    assert half.grad is not None
    assert half.grad.dtype == torch.bfloat16


def test_nan_is_not_hidden() -> None:
    embeddings, pids = batch(1, [0, 0, 1, 1])
    spoilt = embeddings.detach().clone()
    spoilt[2] = torch.nan
    for form in FORMS:
        assert batch_hard_triplet(spoilt, pids, form=form).isnan()


def test_unknown_form_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="distance, squared_sum, .*soft_margin; got 'hard'"):
        batch_hard_triplet(*batch(0, [0, 1]), form="hard")
