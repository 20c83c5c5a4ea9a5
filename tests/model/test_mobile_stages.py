from __future__ import annotations

from pathlib import Path

import timm
import torch
from safetensors.torch import save_file

from tacan.model.encoders import build_encoder
from tacan.model.mobile_stages import MOBILE, MobileStart

SIZE = (64, 32)


def test_the_start_is_timms_with_the_weights_of_the_whole(tmp_path: Path) -> None:
    torch.manual_seed(0)
    whole = timm.create_model(MOBILE, pretrained=False)
    save_file(whole.state_dict(), tmp_path / "whole.safetensors")
    encoder = build_encoder(
        "mobile_start", input_size=SIZE, weights=str(tmp_path / "whole.safetensors")
    ).eval()
    frames = torch.rand(2, 3, *SIZE)
    with torch.inference_mode():
        maps = encoder(frames)
        expected = whole.eval().blocks[:4](whole.bn1(whole.conv_stem(frames)))
    assert maps.shape == (2, 64, 4, 2)
    torch.testing.assert_close(maps, expected)


def test_training_leaves_the_statistics_of_the_start_alone() -> None:
    trunk = MobileStart().train()
    before = {name: value.clone() for name, value in trunk.named_buffers()}
    trunk(torch.rand(4, 3, *SIZE)).sum().backward()
    assert all(torch.equal(value, before[name]) for name, value in trunk.named_buffers())
    assert all(weight.grad is not None for weight in trunk.parameters())
