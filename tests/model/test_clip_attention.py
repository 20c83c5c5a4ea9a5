from __future__ import annotations

import math

import pytest
import torch

from tacan.model.clip_attention import CLIP_WEIGHTINGS, ClipAttention, aggregate

LEARNED = [name for name in CLIP_WEIGHTINGS if name != "none"]


def naive_weight(name: str, score: float) -> float:
    return {
        "none": 1.0,
        "linear_mean": score,
        "sigmoid_mean": 1 / (1 + math.exp(-score)),
        "sigmoid_sum": 1 / (1 + math.exp(-score)),
        "softmax": math.exp(score),
    }[name]


def naive_aggregate(name: str, embeddings: list[list[float]], scores: list[float]) -> list[float]:
    """Eq. 3, by loops."""
    weights = [naive_weight(name, score) for score in scores]
    divisor = sum(weights) if name in ("sigmoid_sum", "softmax") else len(weights)
    return [
        sum(weight * vector[d] for weight, vector in zip(weights, embeddings, strict=True))
        / divisor
        for d in range(len(embeddings[0]))
    ]


@pytest.mark.parametrize("name", CLIP_WEIGHTINGS)
def test_aggregate_equals_naive_loops(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    lengths = [1, 3, 5]
    embeddings = torch.randn(3, 5, 4, generator=generator, dtype=torch.float64)
    scores = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    mask = torch.arange(5)[None] < torch.tensor(lengths)[:, None]
    weighting = CLIP_WEIGHTINGS[name]
    found = aggregate(embeddings, weighting.weights(scores), mask, weighting)
    for i, length in enumerate(lengths):
        expected = naive_aggregate(
            name, embeddings[i, :length].tolist(), scores[i, :length].tolist()
        )
        torch.testing.assert_close(found[i], torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("name", ["sigmoid_mean", "sigmoid_sum", "softmax"])
@pytest.mark.parametrize("score", [3.5, 10.0, 29.9, 30.0, 30.1, 1e30])
def test_scores_up_to_thirty_count_as_they_are(name: str, score: float) -> None:
    for signed in (score, -score):
        found = CLIP_WEIGHTINGS[name].weights(torch.tensor(signed, dtype=torch.float64))
        expected = naive_weight(name, max(-30.0, min(30.0, signed)))
        assert float(found) == pytest.approx(expected, rel=1e-12)


def test_softmax_is_softmax() -> None:
    scores, embeddings = torch.randn(2, 6), torch.randn(2, 6, 3)
    weighting = CLIP_WEIGHTINGS["softmax"]
    mask = torch.ones(2, 6, dtype=torch.bool)
    expected = torch.einsum("bm,bmd->bd", scores.softmax(1), embeddings)
    found = aggregate(embeddings, weighting.weights(scores), mask, weighting)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", CLIP_WEIGHTINGS)
def test_padding_has_no_part_whatever_it_holds(name: str) -> None:
    weighting = CLIP_WEIGHTINGS[name]
    embeddings, weights = torch.randn(1, 4, 3), torch.rand(1, 4)
    mask = torch.tensor([[True, False, True, False]])
    expected = aggregate(embeddings[:, ::2], weights[:, ::2], mask[:, ::2], weighting)
    embeddings[:, 1::2], weights[:, 1::2] = float("nan"), float("inf")
    assert torch.equal(aggregate(embeddings, weights, mask, weighting), expected)


@pytest.mark.parametrize("name", ["sigmoid_sum", "softmax"])
def test_equal_weights_that_compete_give_the_plain_mean(name: str) -> None:
    weighting = CLIP_WEIGHTINGS[name]
    embeddings, mask = torch.randn(2, 5, 3), torch.ones(2, 5, dtype=torch.bool)
    weights = weighting.weights(torch.full((2, 5), -1.7))
    torch.testing.assert_close(aggregate(embeddings, weights, mask, weighting), embeddings.mean(1))


@pytest.mark.parametrize("name", ["sigmoid_sum", "softmax"])
@pytest.mark.parametrize("score", [-1e4, 1e4])
def test_extreme_scores_stay_finite(name: str, score: float) -> None:
    weighting = CLIP_WEIGHTINGS[name]
    scores = torch.full((1, 3), score, requires_grad=True)
    mask = torch.ones(1, 3, dtype=torch.bool)
    vector = aggregate(torch.ones(1, 3, 2), weighting.weights(scores), mask, weighting)
    vector.sum().backward()
    torch.testing.assert_close(vector, torch.ones(1, 2))
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()


@pytest.mark.parametrize(("name", "learns"), [("sigmoid_sum", False), ("sigmoid_mean", True)])
def test_one_clip_teaches_a_competing_weight_nothing(name: str, learns: bool) -> None:
    """Why the configuration refuses one clip with weights that are divided by their sum."""
    torch.manual_seed(0)
    attention = ClipAttention(feature_dim=4, weighting=name)
    features, embeddings = torch.randn(2, 1, 4), torch.randn(2, 1, 3)
    mask = torch.ones(2, 1, dtype=torch.bool)
    aggregate(embeddings, attention(features), mask, attention.weighting).sum().backward()
    assert attention.predictor is not None
    assert bool(attention.predictor.weight.grad.abs().sum() > 1e-7) is learns


@pytest.mark.parametrize("name", LEARNED)
def test_gradients(name: str) -> None:
    weighting = CLIP_WEIGHTINGS[name]
    embeddings = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    scores = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    mask = torch.tensor([[True, True, True], [True, False, True]])

    def run(vectors: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return aggregate(vectors, weighting.weights(w), mask, weighting)

    assert torch.autograd.gradcheck(run, (embeddings, scores))


def test_the_predictor_is_the_linear_layer_of_equation_1() -> None:
    attention = ClipAttention(feature_dim=4, weighting="linear_mean")
    features = torch.randn(5, 4)
    assert attention.predictor is not None
    assert attention.predictor.bias is None
    weight = attention.predictor.weight[0].tolist()
    expected = [sum(w * f for w, f in zip(weight, row, strict=True)) for row in features.tolist()]
    torch.testing.assert_close(attention(features), torch.tensor(expected))


@pytest.mark.parametrize("name", ["sigmoid_mean", "sigmoid_sum", "softmax"])
def test_untrained_weights_treat_all_clips_alike(name: str) -> None:
    weights = ClipAttention(feature_dim=4, weighting=name)(torch.randn(7, 4))
    assert weights.unique().numel() == 1
