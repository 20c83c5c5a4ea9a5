from __future__ import annotations

import pytest
import torch

from tacan.errors import ConfigError, TrainingError
from tacan.losses.hard_triplet import batch_hard_triplet
from tacan.losses.min_max import min_max_loss
from tacan.losses.multi_loss import MultiLoss
from tacan.losses.softmax import SoftmaxLoss

LABELS = torch.tensor([0, 0, 1, 1, 2, 2])


def make(**changes) -> MultiLoss:
    usual = {
        "softmax": SoftmaxLoss(5, 3),
        "triplet_form": "distance",
        "margin": 0.3,
        "min_max_eps": 1e-6,
    }
    return MultiLoss(**(usual | changes))


@pytest.fixture
def embeddings() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(6, 5, generator=generator), torch.randn(6, 7, generator=generator)


def test_equation_4(embeddings: tuple[torch.Tensor, torch.Tensor]) -> None:
    tracklet, metric = embeddings
    softmax = SoftmaxLoss(5, 3)
    terms = make(softmax=softmax, triplet_form="squared_sum", margin=1.0)(tracklet, metric, LABELS)
    assert terms.softmax is not None
    assert terms.triplet is not None
    assert terms.min_max is not None
    torch.testing.assert_close(terms.softmax, softmax(tracklet, LABELS))
    triplet = batch_hard_triplet(metric, LABELS, margin=1.0, form="squared_sum")
    torch.testing.assert_close(terms.triplet, triplet)
    torch.testing.assert_close(terms.min_max, min_max_loss(metric, LABELS, eps=1e-6))
    torch.testing.assert_close(terms.total, terms.softmax + terms.triplet + terms.min_max)


def test_at_unit_length_the_size_of_an_embedding_is_not_learned_from(
    embeddings: tuple[torch.Tensor, torch.Tensor],
) -> None:
    tracklet, metric = embeddings
    loss = make(softmax=SoftmaxLoss(5, 3), unit_length=True)
    sizes = torch.tensor([1.0, 20.0, 0.3, 5.0, 2.0, 0.1])[:, None]
    terms, scaled = loss(tracklet, metric, LABELS), loss(tracklet, metric * sizes, LABELS)
    plain = make()(tracklet, metric / metric.norm(dim=1, keepdim=True), LABELS)
    for ours, other, oracle in zip(
        (terms.triplet, terms.min_max),
        (scaled.triplet, scaled.min_max),
        (plain.triplet, plain.min_max),
        strict=True,
    ):
        torch.testing.assert_close(ours, other)
        torch.testing.assert_close(ours, oracle)
    # The classifier sees what is searched with, as it is.
    torch.testing.assert_close(terms.softmax, scaled.softmax)


def test_weights_scale_the_total_and_not_the_terms(
    embeddings: tuple[torch.Tensor, torch.Tensor],
) -> None:
    softmax = SoftmaxLoss(5, 3)
    plain = make(softmax=softmax)(*embeddings, LABELS)
    loss = make(softmax=softmax, softmax_weight=0.5, triplet_weight=3.0, min_max_weight=2.0)
    terms = loss(*embeddings, LABELS)
    assert terms.softmax is not None
    assert terms.triplet is not None
    assert terms.min_max is not None
    assert (terms.softmax, terms.triplet, terms.min_max) == (
        plain.softmax,
        plain.triplet,
        plain.min_max,
    )
    expected = 0.5 * terms.softmax + 3 * terms.triplet + 2 * terms.min_max
    torch.testing.assert_close(terms.total, expected)


@pytest.mark.parametrize(
    ("changes", "off"),
    [
        ({"softmax": None}, {"softmax"}),
        ({"softmax_weight": 0.0}, {"softmax"}),
        ({"triplet_weight": 0.0}, {"triplet"}),
        ({"min_max_weight": 0.0, "triplet_weight": 0.0}, {"triplet", "min_max"}),
        ({"softmax": None, "min_max_weight": 0.0}, {"softmax", "min_max"}),
    ],
)
def test_terms_that_are_off(
    changes: dict, off: set[str], embeddings: tuple[torch.Tensor, torch.Tensor]
) -> None:
    terms = make(**changes)(*embeddings, LABELS)
    values = {name: getattr(terms, name) for name in ("softmax", "triplet", "min_max")}
    assert {name for name, value in values.items() if value is None} == off
    on = [value for value in values.values() if value is not None]
    torch.testing.assert_close(terms.total, torch.stack(on).sum())


def test_a_term_that_is_off_has_no_parameters() -> None:
    assert not list(make(softmax_weight=0.0).parameters())
    assert len(list(make().parameters())) == 2


def test_gradients_reach_classifier_and_both_embeddings(
    embeddings: tuple[torch.Tensor, torch.Tensor],
) -> None:
    loss = make()
    tracklet, metric = (each.requires_grad_() for each in embeddings)
    loss(tracklet, metric, LABELS).total.backward()
    for each in (tracklet, metric, *loss.parameters()):
        assert each.grad is not None
        assert each.grad.any()


def test_one_identity_in_a_batch_is_refused_with_the_reason(
    embeddings: tuple[torch.Tensor, torch.Tensor],
) -> None:
    labels = torch.ones(6, dtype=torch.int64)
    with pytest.raises(TrainingError, match=r"needs negatives.*6 tracklets of one identity"):
        make()(*embeddings, labels)
    with pytest.raises(TrainingError):
        make(triplet_weight=0.0)(*embeddings, labels)
    only_softmax = make(triplet_weight=0.0, min_max_weight=0.0)
    assert only_softmax(*embeddings, labels).total.isfinite()


def test_faults_come_all_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        make(triplet_form="hard", margin=-1.0, min_max_eps=0.0, min_max_weight=-1.0)
    assert len(caught.value.faults) == 4


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(ConfigError, match="all are off"):
        make(softmax=None, triplet_weight=0.0, min_max_weight=0.0)
