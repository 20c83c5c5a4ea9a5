from __future__ import annotations

import pytest
import timm
import torch
from torch import nn

from tacan.model.recompute import find_blocks, recomputing


@pytest.mark.parametrize(
    ("name", "kind", "number"),
    [
        ("resnet50", "Bottleneck", 16),
        ("legacy_seresnet50", "SEResNetBottleneck", 16),
        ("convnext_atto", "ConvNeXtBlock", 12),
        ("vit_tiny_patch16_224", "Block", 12),
    ],
)
def test_the_blocks_of_known_trunks(name: str, kind: str, number: int) -> None:
    blocks = find_blocks(timm.create_model(name, num_classes=0))
    assert [type(block).__name__ for block in blocks] == [kind] * number


def test_a_trunk_without_blocks_is_one() -> None:
    trunk = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    assert find_blocks(trunk) == [trunk]


def test_only_the_inputs_of_blocks_are_kept() -> None:
    trunk = timm.create_model("resnet18", num_classes=0).train()
    frames = torch.randn(2, 3, 64, 32)
    blocks = find_blocks(trunk)
    kept = []
    for chosen in ([], blocks):
        sizes = {}

        def note(tensor: torch.Tensor, sizes: dict[int, int] = sizes) -> torch.Tensor:
            sizes[tensor.data_ptr()] = tensor.nbytes if tensor.dim() == 4 else 0
            return tensor

        with recomputing(chosen), torch.autograd.graph.saved_tensors_hooks(note, lambda t: t):
            output = trunk(frames)
        weights = sum(p.nbytes for p in trunk.parameters() if p.data_ptr() in sizes)
        kept.append(sum(sizes.values()) - weights)
        output.sum().backward()
    assert kept[1] < 0.6 * kept[0]
    assert all("forward" not in vars(block) for block in blocks)


def test_a_fault_leaves_the_blocks_as_they_were() -> None:
    trunk = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    blocks = find_blocks(trunk)
    with pytest.raises(RuntimeError), recomputing(blocks):
        trunk(torch.zeros(1, 3))
    assert all("forward" not in vars(block) for block in blocks)
    assert trunk(torch.zeros(1, 2)).shape == (1, 2)
