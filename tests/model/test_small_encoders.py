from __future__ import annotations

import pytest
import torch
from timm.layers.squeeze_excite import SEModule
from torch import nn

from tacan.model.encoders import build_encoder
from tacan.model.small_encoders import (
    SMALL_TRUNKS,
    SqueezeExcitation,
    small_se_trunk,
    small_trunk,
)

SIZE = (64, 32)


@pytest.mark.parametrize("name", sorted(set(SMALL_TRUNKS) - {"mobile_start"}))
def test_three_of_five_layers_halve_the_map(name: str) -> None:
    encoder = build_encoder(name, input_size=SIZE)
    assert encoder.feature_dim == (32 if name == "small_narrow" else 128)
    assert encoder.map_size == (8, 4)
    assert sum(isinstance(module, nn.Conv2d) for module in encoder.modules()) == 5


def test_squeeze_and_excitation_is_timms() -> None:
    torch.manual_seed(0)
    ours, oracle = SqueezeExcitation(32, reduction=4), SEModule(32, rd_channels=8)
    for mine, theirs in ((ours.squeeze, oracle.fc1), (ours.excite, oracle.fc2)):
        theirs.weight.data = mine.weight.data[:, :, None, None].clone()
        theirs.bias.data = mine.bias.data.clone()
    maps = torch.randn(3, 32, 5, 2)
    torch.testing.assert_close(ours(maps), oracle(maps))


def test_squeeze_and_excitation_scales_each_channel_by_itself() -> None:
    torch.manual_seed(0)
    maps = torch.rand(2, 16, 3, 3) + 0.1
    ratio = SqueezeExcitation(16, reduction=2)(maps) / maps
    for n in range(2):
        for channel in range(16):
            scale = ratio[n, channel]
            assert 0 < scale.min() <= scale.max() < 1
            torch.testing.assert_close(scale, scale[0, 0].expand(3, 3))
    assert not torch.allclose(ratio[0], ratio[1]), "the scale must depend on the picture"


def test_squeeze_and_excitation_is_all_that_differs() -> None:
    trunk, attending = small_trunk(), small_se_trunk()
    extra = [module for module in attending if isinstance(module, SqueezeExcitation)]
    rest = [module for module in attending if not isinstance(module, SqueezeExcitation)]
    assert [module.excite.out_features for module in extra] == [128, 128]
    assert list(map(repr, rest)) == list(map(repr, trunk))


def test_every_weight_of_the_attending_trunk_learns() -> None:
    torch.manual_seed(0)
    trunk = small_se_trunk()
    trunk(torch.randn(4, 3, *SIZE)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in trunk.parameters())
