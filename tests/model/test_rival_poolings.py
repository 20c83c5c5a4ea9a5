"""The paper's rivals against loops over their definitions."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from tacan.config import ModelConfig
from tacan.model.build import TEMPORAL_POOLINGS, build_model
from tacan.model.non_local_pooling import NonLocalBlock, NonLocalPooling
from tacan.model.part_attention import PartAttention, diversity_loss
from tacan.model.recurrent_pooling import RecurrentPooling
from tacan.model.region_quality import RegionQuality
from tacan.model.self_attention import SelfAttention
from tacan.model.temporal_convolution import TemporalConvolution

N, T, D, H, W = 2, 4, 6, 3, 2


@pytest.fixture
def maps() -> Tensor:
    return torch.randn(N, T, D, H, W, generator=torch.Generator().manual_seed(0))


def random_weights(module: nn.Module) -> None:
    """No parameter stays where it begins, so that none is left out of a comparison."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.5, generator=torch.Generator().manual_seed(parameter.numel()))


def softmax(scores: list[float]) -> list[float]:
    exponentials = [math.exp(score) for score in scores]
    return [value / sum(exponentials) for value in exponentials]


def total(values: list[Tensor]) -> Tensor:
    result = torch.zeros_like(values[0])
    for value in values:
        result += value
    return result


def sigmoid(value: Tensor) -> Tensor:
    return 1 / (1 + (-value).exp())


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_a_recurrent_network(maps: Tensor) -> None:
    module = RecurrentPooling(feature_dim=D, cell="rnn")
    random_weights(module)
    features, weights = module(maps)
    w, u = module.cell.weight_ih_l0, module.cell.weight_hh_l0
    b = module.cell.bias_ih_l0 + module.cell.bias_hh_l0
    for n in range(N):
        state, total = torch.zeros(D), torch.zeros(D)
        for t in range(T):
            state = torch.tanh(w @ maps[n, t].mean((1, 2)) + u @ state + b)
            total += state
        close(features[n], total / T)
    close(weights, torch.full((N, T), 1 / T))


@torch.no_grad()
def test_an_lstm(maps: Tensor) -> None:
    module = RecurrentPooling(feature_dim=D, cell="lstm")
    random_weights(module)
    features, _ = module(maps)
    w, u = module.cell.weight_ih_l0, module.cell.weight_hh_l0
    b = module.cell.bias_ih_l0 + module.cell.bias_hh_l0
    for n in range(N):
        state, memory, total = torch.zeros(D), torch.zeros(D), torch.zeros(D)
        for t in range(T):
            gates = w @ maps[n, t].mean((1, 2)) + u @ state + b
            enter, forget, candidate, leave = gates.split(D)
            memory = sigmoid(forget) * memory + sigmoid(enter) * torch.tanh(candidate)
            state = sigmoid(leave) * torch.tanh(memory)
            total += state
        close(features[n], total / T)


@torch.no_grad()
def test_a_convolution_over_time(maps: Tensor) -> None:
    module = TemporalConvolution(feature_dim=D)
    random_weights(module)
    features, _ = module(maps)
    kernel, bias = module.over_time.state_dict().values()
    for n in range(N):
        total = torch.zeros(D)
        for t in range(T):
            value = bias.clone()
            for k in (-1, 0, 1):
                if 0 <= t + k < T:
                    value += kernel[:, :, k + 1] @ maps[n, t + k].mean((1, 2))
            total += value.clamp_min(0)
        close(features[n], total / T)


@torch.no_grad()
def test_a_non_local_block(maps: Tensor) -> None:
    block = NonLocalBlock(D).eval()
    random_weights(block)
    volume = maps.transpose(1, 2)
    found = block(volume)
    state = block.state_dict()
    spread = (state["norm.running_var"] + block.norm.eps).sqrt()
    for n in range(N):
        cells = volume[n].flatten(1).T
        query, key, value = (
            [state[f"{name}.weight"].flatten(1) @ cell + state[f"{name}.bias"] for cell in cells]
            for name in ("theta", "phi", "g")
        )
        for i in range(len(cells)):
            shares = softmax([float(query[i] @ key[j]) for j in range(len(cells))])
            seen = total([share * value[j] for j, share in enumerate(shares)])
            out = state["out.weight"].flatten(1) @ seen + state["out.bias"]
            normed = (out - state["norm.running_mean"]) / spread
            expected = cells[i] + normed * state["norm.weight"] + state["norm.bias"]
            close(found[n].flatten(1).T[i], expected)


@torch.no_grad()
def test_the_non_local_pooling_begins_as_the_mean(maps: Tensor) -> None:
    module = NonLocalPooling(feature_dim=D)
    features, weights = module(maps)
    close(features, maps.mean((1, 3, 4)))
    close(weights, torch.full((N, T), 1 / T))
    random_weights(module)
    module.eval()
    volume = maps.transpose(1, 2)
    inner = module.bottleneck(volume)
    by_hand = module.non_local(volume + inner).mean((2, 3, 4))
    close(module(maps)[0], by_hand)
    assert not torch.allclose(by_hand, maps.mean((1, 3, 4)), atol=1e-2)


@torch.no_grad()
def test_parts(maps: Tensor) -> None:
    parts = 3
    module = PartAttention(feature_dim=D, hidden=5, parts=parts)
    random_weights(module)
    features, weights, _ = module(maps)
    state = module.state_dict()
    into, over_space = state["into.weight"].flatten(1), state["over_space.weight"].flatten(1)
    for n in range(N):
        in_frames = torch.zeros(T, parts, D)
        for t in range(T):
            cells = maps[n, t].flatten(1).T
            scores = []
            for cell in cells:
                hidden = (into @ cell + state["into.bias"]).clamp_min(0)
                scores.append(over_space @ hidden + state["over_space.bias"])
            for k in range(parts):
                shares = softmax([float(score[k]) for score in scores])
                for share, cell in zip(shares, cells, strict=True):
                    in_frames[t, k] += share * cell
        joined, seen = [], torch.zeros(T)
        for k in range(parts):
            over_time = softmax([float(module.over_time[k] @ in_frames[t, k]) for t in range(T)])
            joined.append(total([share * in_frames[t, k] for t, share in enumerate(over_time)]))
            seen += torch.tensor(over_time) / parts
        close(features[n], module.out.weight @ torch.cat(joined) + module.out.bias)
        close(weights[n], seen)


def test_diversity_is_zero_for_parts_that_share_nothing() -> None:
    apart = torch.tensor([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.25, 0.75]])
    assert float(diversity_loss(apart)) == pytest.approx(0, abs=1e-5)
    same = apart[[0, 0]]
    assert float(diversity_loss(same)) == pytest.approx(2, abs=1e-4)
    # Half of each is shared: one minus the squared Hellinger distance is sqrt(.5 * .5) = .5.
    half = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    assert float(diversity_loss(torch.stack([half, half]))) == pytest.approx(2 * 0.5**2, abs=1e-4)


def test_diversity_has_a_gradient_where_parts_share_nothing() -> None:
    scores = torch.tensor([[50.0, -50.0], [-50.0, 50.0]], requires_grad=True)
    diversity_loss(scores.softmax(1)).backward()
    assert scores.grad is not None
    assert bool(scores.grad.isfinite().all())


@torch.no_grad()
def test_regions(maps: Tensor) -> None:
    module = RegionQuality(feature_dim=D, regions=H)
    random_weights(module)
    features, weights = module(maps)
    for n in range(N):
        joined, seen = [], torch.zeros(T)
        for r in range(H):
            strips = [maps[n, t, :, r].mean(1) for t in range(T)]
            quality = [sigmoid(module.quality[r] @ x + module.offset[r]) for x in strips]
            shares = [q / total(quality) for q in quality]
            joined.append(total([share * x for share, x in zip(shares, strips, strict=True)]))
            seen += torch.stack(shares) / H
        close(features[n], module.out.weight @ torch.cat(joined) + module.out.bias)
        close(weights[n], seen)


@torch.no_grad()
def test_self_attention(maps: Tensor) -> None:
    module = SelfAttention(feature_dim=D, hidden=5).eval()
    random_weights(module)
    state = module.state_dict()
    state["norm.running_mean"].uniform_(-1, 1)
    features, weights = module(maps)
    spread = (state["norm.running_var"] + module.norm.eps).sqrt()
    for n in range(N):
        frames = [maps[n, t].mean((1, 2)) for t in range(T)]
        seen = [
            (state["into.weight"] @ x + state["into.bias"] - state["norm.running_mean"])
            / spread
            * state["norm.weight"]
            + state["norm.bias"]
            for x in frames
        ]
        mean = total(seen) / T
        scores = [module.score.weight[0] @ (s - mean) ** 2 + module.score.bias[0] for s in seen]
        shares = softmax([float(score) for score in scores])
        close(weights[n], torch.tensor(shares))
        close(features[n], total([share * x for share, x in zip(shares, frames, strict=True)]))


@pytest.mark.parametrize("name", TEMPORAL_POOLINGS)
def test_each_pooling_learns_in_the_whole_model(name: str) -> None:
    torch.manual_seed(0)
    config = ModelConfig.model_validate(
        {
            "encoder": "small",
            "height": 64,
            "width": 32,
            "temporal_pooling": name,
            "attention_channels": 8,
            "embedding_dim": 16,
        }
    )
    model = build_model(config)
    output = model(torch.randint(0, 256, (2, 2, 4, 3, 64, 32), dtype=torch.uint8))
    assert output.tracklet_embedding.shape == (2, 16)
    close(output.frame_weights.sum(2), torch.ones(2, 2))
    assert (output.pooling_loss is not None) == (name == "parts")
    loss = output.tracklet_embedding.square().sum()
    (loss if output.pooling_loss is None else loss + output.pooling_loss).backward()
    for key, parameter in model.temporal_pooling.named_parameters():
        # A bottleneck and a block that begin as the identity pass nothing back at first.
        if name != "non_local" or key.endswith(("6.weight", "7.weight", "norm.weight")):
            assert parameter.grad is not None, key
            assert bool(parameter.grad.isfinite().all()), key
