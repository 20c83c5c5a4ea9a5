from __future__ import annotations

import math

import pytest
import torch

from tacan.errors import ConfigError
from tacan.losses.softmax import SoftmaxLoss, softmax_loss


def naive_loss(logits: list[list[float]], labels: list[int], smoothing: float) -> float:
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        log_sum = math.log(sum(math.exp(value) for value in row))
        for c, value in enumerate(row):
            wanted = smoothing / len(row) + (1 - smoothing) * (c == label)
            total -= wanted * (value - log_sum)
    return total / len(labels)


@pytest.fixture
def logits() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(6, 4, dtype=torch.float64, generator=generator) * 3


LABELS = torch.tensor([0, 1, 2, 3, 3, 0])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_equals_the_naive_loop(logits: torch.Tensor, smoothing: float) -> None:
    loss = softmax_loss(logits, LABELS, label_smoothing=smoothing)
    expected = naive_loss(logits.tolist(), LABELS.tolist(), smoothing)
    assert loss.item() == pytest.approx(expected, rel=1e-12)


def test_gradient(logits: torch.Tensor) -> None:
    assert torch.autograd.gradcheck(
        lambda x: softmax_loss(x, LABELS, label_smoothing=0.1), logits.requires_grad_()
    )


def test_module_is_a_linear_classifier_and_the_function() -> None:
    loss = SoftmaxLoss(5, 4, label_smoothing=0.2)
    embeddings = torch.randn(6, 5)
    logits = embeddings @ loss.classifier.weight.T + loss.classifier.bias
    expected = naive_loss(logits.tolist(), LABELS.tolist(), 0.2)
    assert loss(embeddings, LABELS).item() == pytest.approx(expected, rel=1e-5)
    assert [p.shape for p in loss.parameters()] == [(4, 5), (4,)]
    assert len(list(SoftmaxLoss(5, 4, bias=False).parameters())) == 1


def test_half_precision_is_summed_in_float32() -> None:
    logits = torch.randn(6, 4).bfloat16()
    loss = softmax_loss(logits, LABELS, label_smoothing=0.1)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(naive_loss(logits.tolist(), LABELS.tolist(), 0.1), rel=1e-5)


def test_faults_come_all_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        SoftmaxLoss(5, 1, label_smoothing=1.0)
    assert len(caught.value.faults) == 2
