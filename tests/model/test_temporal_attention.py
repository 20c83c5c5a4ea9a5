from __future__ import annotations

import math

import pytest
import torch

from tacan.model.temporal_attention import MaxPooling, MeanPooling, TemporalAttention, attend

N, T, D, H, W = 2, 4, 6, 3, 2


@pytest.fixture
def maps() -> torch.Tensor:
    return torch.randn(N, T, D, H, W, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def naive_attention(module: TemporalAttention, maps: torch.Tensor) -> list[list[float]]:
    """The frame weights, by loops over the definitions of Fig. 2."""
    over_map, over_time = module.over_map, module.over_time
    rows = []
    for n in range(maps.shape[0]):
        hidden = []
        for t in range(T):
            units = []
            for unit in range(over_map.out_channels):
                total = float(over_map.bias[unit])
                for d in range(D):
                    for y in range(H):
                        for x in range(W):
                            total += float(over_map.weight[unit, d, y, x] * maps[n, t, d, y, x])
                units.append(max(total, 0.0))
            hidden.append(units)
        scores = []
        for t in range(T):
            total = float(over_time.bias[0])
            for k in (-1, 0, 1):
                if 0 <= t + k < T:
                    for unit in range(over_map.out_channels):
                        total += float(over_time.weight[0, unit, k + 1]) * hidden[t + k][unit]
            scores.append(max(total, 0.0) if module.rectify_score else total)
        exponentials = [math.exp(score) for score in scores]
        rows.append([value / sum(exponentials) for value in exponentials])
    return rows


@pytest.mark.parametrize("rectify", [False, True])
def test_attention_equals_naive_loops(maps: torch.Tensor, rectify: bool) -> None:
    torch.manual_seed(1)
    module = TemporalAttention(feature_dim=D, map_size=(H, W), hidden=5, rectify_score=rectify)
    features, weights = module(maps)
    expected = torch.tensor(naive_attention(module, maps))
    torch.testing.assert_close(weights, expected, rtol=1e-4, atol=1e-6)
    for n in range(N):
        by_hand = sum(expected[n, t] * maps[n, t].mean((1, 2)) for t in range(T))
        torch.testing.assert_close(features[n], by_hand, rtol=1e-4, atol=1e-6)


def test_the_literal_form_is_a_t_th_of_the_default(maps: torch.Tensor) -> None:
    torch.manual_seed(1)
    literal = TemporalAttention(feature_dim=D, map_size=(H, W), divide_by_frames=True)
    plain = TemporalAttention(feature_dim=D, map_size=(H, W))
    plain.load_state_dict(literal.state_dict())
    torch.testing.assert_close(literal(maps)[0] * T, plain(maps)[0])


def test_a_dead_rectified_score_leaves_plain_pooling(maps: torch.Tensor) -> None:
    module = TemporalAttention(feature_dim=D, map_size=(H, W), rectify_score=True)
    with torch.no_grad():
        module.over_time.bias.fill_(-1e4)
    features, weights = module(maps)
    torch.testing.assert_close(weights, torch.full((N, T), 1 / T))
    torch.testing.assert_close(features, MeanPooling()(maps)[0])


def test_maps_of_another_size_are_pooled(maps: torch.Tensor) -> None:
    module = TemporalAttention(feature_dim=D, map_size=(H, W))
    features, weights = module(maps.repeat_interleave(2, 3).repeat_interleave(2, 4))
    torch.testing.assert_close(features, module(maps)[0])
    torch.testing.assert_close(weights, module(maps)[1])


def test_plain_poolings_equal_their_definitions(maps: torch.Tensor) -> None:
    mean, mean_weights = MeanPooling()(maps)
    largest, shares = MaxPooling()(maps)
    for n in range(N):
        frames = [maps[n, t].mean((1, 2)) for t in range(T)]
        torch.testing.assert_close(mean[n], sum(frames) / T)
        for d in range(D):
            assert float(largest[n, d]) == max(float(frame[d]) for frame in frames)
    torch.testing.assert_close(mean_weights, torch.full((N, T), 1 / T))
    torch.testing.assert_close(shares.sum(1), torch.ones(N))


def test_attend_has_the_right_gradient() -> None:
    features = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    weights = torch.rand(2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(attend, (features, weights))


def test_the_reference_size_has_its_parameters() -> None:
    """7 x 4 x 2048 -> 256 and 3 x 256 -> 1, with biases: the 14.7 M of the reference."""
    module = TemporalAttention(feature_dim=2048, map_size=(7, 4))
    count = sum(parameter.numel() for parameter in module.parameters())
    assert count == 7 * 4 * 2048 * 256 + 256 + 3 * 256 + 1
