"""The banded encoder: histograms and means against naive loops, and what must not learn."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from tacan.config import ModelConfig
from tacan.model import build_model
from tacan.model.banded import (
    LEVELS,
    band_means,
    colour_histograms,
    colour_memberships,
    relight,
    seen_bands,
)
from tacan.model.banded_trunks import BANDED_TRUNKS
from tacan.model.encoders import build_encoder
from tacan.model.mobile_stages import MOBILE

SIZE = (64, 32)
FROZEN = tuple(f"stages.{name}." for name in ("conv_stem", "bn1", "blocks.0", "blocks.1"))


def membership(value: float, level: int) -> float:
    """A triangle of height 1 about the level, which reaches 0 at its neighbours."""
    step = 2 / (LEVELS - 1)
    return max(0.0, 1 - abs(min(max(value, -1), 1) - (-1 + level * step)) / step)


def naive_histograms(pixels: np.ndarray, attention: np.ndarray, n_bands: int) -> np.ndarray:
    """One crop [3, h, w] and its attention [h, w] -> [L, L, L, k], before the square root."""
    height, width = attention.shape
    found = np.zeros((LEVELS, LEVELS, LEVELS, n_bands))
    for band in range(n_bands):
        cells = [
            (y, x)
            for y, x in itertools.product(range(height), range(width))
            if int((y + 0.5) * n_bands / height) == band
        ]
        total = sum(attention[y, x] + 1e-6 for y, x in cells)
        for (y, x), r, g, b in itertools.product(cells, *[range(LEVELS)] * 3):
            product = np.prod([membership(pixels[c, y, x], n) for c, n in enumerate((r, g, b))])
            found[r, g, b, band] += product * (attention[y, x] + 1e-6) / total
    return found


def test_histograms_are_those_of_naive_loops() -> None:
    rng = np.random.default_rng(0)
    pixels, attention = rng.uniform(-1.3, 1.3, (2, 3, 6, 4)), rng.uniform(0, 1, (2, 1, 6, 4))
    ours = colour_histograms(torch.tensor(pixels), torch.tensor(attention), n_bands=3)
    # Red and green are joined first, then blue with the bands.
    ours = ours.reshape(2, LEVELS, LEVELS, LEVELS, 3).numpy()
    for i in range(2):
        naive = naive_histograms(pixels[i], attention[i, 0], 3)
        np.testing.assert_allclose(ours[i], np.sqrt(naive + 1e-4), rtol=0, atol=1e-9)


def test_memberships_add_up_to_one_even_outside_the_range() -> None:
    members = colour_memberships(torch.linspace(-2, 2, 41).expand(1, 3, -1))
    torch.testing.assert_close(members.sum(2), torch.ones(1, 3, 41))


def test_band_means_are_weighted_means() -> None:
    maps, attention = torch.randn(2, 5, 8, 4), torch.rand(2, 1, 8, 4)
    ours = band_means(maps, attention, n_bands=4).reshape(2, 5, 4)
    for band in range(4):
        rows = slice(2 * band, 2 * band + 2)
        weights = attention[:, :, rows]
        naive = (maps[:, :, rows] * weights).sum((2, 3)) / weights.sum((2, 3))
        torch.testing.assert_close(ours[:, :, band], naive, rtol=1e-4, atol=1e-5)


def test_relit_crops_do_not_show_the_colour_of_the_light() -> None:
    pixels = torch.rand(3, 3, 16, 8) * 1.2 - 0.6
    cast = torch.tensor([0.7, 1.0, 1.3]).view(3, 1, 1)
    torch.testing.assert_close(relight(pixels), relight(pixels * cast + 0.1), rtol=0, atol=0.12)
    assert (pixels * cast + 0.1 - pixels).abs().max() > 0.2


def test_training_leaves_the_statistics_of_the_trunk_alone() -> None:
    trunk = BANDED_TRUNKS["banded"](SIZE).train()
    before = {name: value.clone() for name, value in trunk.named_buffers()}
    trunk(torch.rand(4, 3, *SIZE) * 2 - 1)
    changed = {
        name for name, value in trunk.named_buffers() if not torch.equal(value, before[name])
    }
    assert changed
    assert all("standardise" in name for name in changed)
    assert trunk.cues[0].standardise.training
    assert not trunk.stages.bn1.training


def test_the_loss_reaches_attention_cues_and_middle_stages_and_no_early_ones() -> None:
    torch.manual_seed(0)
    trunk = BANDED_TRUNKS["banded"](SIZE).train()
    features = trunk(torch.rand(4, 3, *SIZE) * 2 - 1)
    (features * torch.randn(features.shape)).sum().backward()
    learning = {name for name, weight in trunk.named_parameters() if weight.grad is not None}
    assert {
        "attention.prior",
        "cues.0.project.weight",
        "stages.blocks.4.0.conv_pw.weight",
    } <= learning
    assert not any(name.startswith(FROZEN) for name in learning)
    assert all(
        torch.isfinite(weight.grad).all()
        for weight in trunk.parameters()
        if weight.grad is not None
    )


def test_unfrozen_all_stages_learn_and_so_do_their_batch_norms() -> None:
    trunk = BANDED_TRUNKS["banded_unfrozen"](SIZE).train()
    before = trunk.stages.bn1.running_mean.clone()
    features = trunk(torch.rand(4, 3, *SIZE) * 2 - 1)
    (features * torch.randn(features.shape)).sum().backward()
    assert not torch.equal(trunk.stages.bn1.running_mean, before)
    assert all(weight.grad is not None for weight in trunk.stages.parameters())


@pytest.mark.parametrize("name", BANDED_TRUNKS)
def test_no_cue_is_louder_than_another(name: str) -> None:
    trunk = BANDED_TRUNKS[name](SIZE).eval()
    with torch.inference_mode():
        features = trunk(torch.rand(5, 3, *SIZE) * 2 - 1)[:, :, 0, 0]
    features = features[:, : features.shape[1] - trunk.beside]
    sizes = features.unflatten(1, (3, -1)).square().mean(2)
    torch.testing.assert_close(sizes, torch.ones(5, 3))


def test_shares_scale_each_cue_and_travel_with_the_weights() -> None:
    shares = [0.5, 1.0, 1.4]
    trunk, other = (BANDED_TRUNKS["small_banded"]((64, 32)).eval() for _ in range(2))
    frames = torch.rand(5, 3, 64, 32) * 2 - 1
    with torch.inference_mode():
        plain = trunk(frames).flatten(1).unflatten(1, (3, -1))
        trunk.weigh_cues(shares)
        weighed = trunk(frames).flatten(1).unflatten(1, (3, -1))
        other.load_state_dict(trunk.state_dict())
        assert torch.equal(other(frames), trunk(frames))
    torch.testing.assert_close(weighed, plain * torch.tensor(shares)[:, None])


@pytest.mark.parametrize("name", ["banded", "banded_unfrozen"])
def test_weights_are_those_of_the_whole_backbone(name: str, tmp_path: Path) -> None:
    torch.manual_seed(1)
    whole = timm.create_model(MOBILE, num_classes=0, global_pool="")
    save_file(whole.state_dict(), tmp_path / "whole.safetensors")
    encoder = build_encoder(
        name, input_size=SIZE, weights=str(tmp_path / "whole.safetensors")
    ).eval()
    assert torch.equal(encoder.trunk.stages.conv_stem.weight, whole.conv_stem.weight)
    assert torch.equal(
        encoder.trunk.stages.blocks[4][0].conv_pw.weight, whole.blocks[4][0].conv_pw.weight
    )
    assert encoder.map_size == (1, 1)


def test_small_ones_take_weights_of_their_own(tmp_path: Path) -> None:
    donor = BANDED_TRUNKS["small_banded_se"](SIZE)
    save_file(donor.state_dict(), tmp_path / "own.safetensors")
    encoder = build_encoder(
        "small_banded_se", input_size=SIZE, weights=str(tmp_path / "own.safetensors")
    )
    for name, value in donor.state_dict().items():
        assert torch.equal(encoder.trunk.state_dict()[name], value)


@pytest.mark.parametrize("size", [(128, 64), (96, 48), (257, 129)])
def test_any_size_of_crop_gives_one_vector(size: tuple[int, int]) -> None:
    trunk = BANDED_TRUNKS["banded"](size).eval()
    with torch.inference_mode():
        assert trunk(torch.zeros(2, 3, *size)).shape[2:] == (1, 1)


def test_how_much_of_a_band_is_seen_is_the_mean_of_its_rows() -> None:
    attention = torch.rand(2, 1, 8, 4)
    seen = seen_bands(attention, 3)
    for band in range(3):
        rows = [y for y in range(8) if int((y + 0.5) * 3 / 8) == band]
        torch.testing.assert_close(seen[:, band], attention[:, 0, rows].mean((1, 2)))


def test_a_hidden_band_says_nothing_and_a_seen_one_does() -> None:
    trunk = BANDED_TRUNKS["banded_masked"](SIZE).eval()
    attention = torch.ones(1, 1, *(side // 4 for side in SIZE))
    attention[:, :, 8:] = 0
    frames = torch.rand(1, 3, *SIZE) * 2 - 1
    low, high = frames.clone(), frames.clone()
    low[:, :, 32:] *= -1
    high[:, :, :32] *= -1
    with torch.inference_mode():
        stages = trunk.stages(frames)

        def colours(pixels: torch.Tensor) -> torch.Tensor:
            return trunk.describe(pixels, stages, attention)[0, :192, 0, 0]

        torch.testing.assert_close(colours(low), colours(frames))
        assert (colours(high) - colours(frames)).norm() > 1


def test_half_of_little_counts_less_than_a_band_that_is_seen() -> None:
    trunk = BANDED_TRUNKS["banded_masked"](SIZE).eval()
    cue = trunk.cues[0]
    features, fade = torch.randn(3, cue.project.in_features), torch.rand(3, 1)
    expected = cue.project(cue.standardise(features) * fade)
    ours = cue(features, fade.expand_as(features))
    length = cue.project.out_features**0.5
    torch.testing.assert_close(ours, length * expected / expected.norm(dim=1, keepdim=True))


def test_every_cell_of_a_mask_sees_the_whole_picture() -> None:
    torch.manual_seed(0)
    trunk = BANDED_TRUNKS["banded_masked"]((128, 64))
    torch.nn.init.normal_(trunk.attention.far.weight)
    maps = [torch.randn(1, c, 32 // k, 16 // k) for c, k in ((24, 1), (32, 2), (96, 4))]
    maps[2].requires_grad_()
    trunk.attention(maps)[0, 0, 0, 0].backward()
    assert (maps[2].grad.abs().sum(1) > 0).all()


def test_how_much_is_seen_is_for_the_clip_weight_alone() -> None:
    config = ModelConfig(
        encoder="banded_masked", height=64, width=32, clip_len=1, temporal_pooling="mean",
        embedding_dim=0,
    )  # fmt: skip
    model = build_model(config).eval()
    clips = torch.randint(0, 256, (2, 1, 3, 64, 32), dtype=torch.uint8)
    with torch.inference_mode():
        features, _ = model.pool_clips(clips)
        output = model.embed_clips(clips)
    beside = model.encoder.beside
    assert beside == 8
    assert torch.equal(output.clip_embeddings, features[:, :-beside])
    assert model.clip_attention.predictor.in_features == features.shape[1]
