"""Trains the detector on rendered pictures.

    python experiments/shipped_detector/train.py pictures mobilenet_v2.npz detector.pt --minutes 170

The rate falls along a half cosine over the given minutes. What is saved is the moving average of
the weights; --start-from goes on from such a file. The pictures of the first sixty places are kept
for `measure.py`.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import timm
import torch
from network import PeopleNetwork, cells, detection_loss
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset
from training_views import ViewMaker

HELD_OUT = 60
"""Places that training never sees."""
FROZEN = ("trunk.conv_stem", "trunk.bn1", "trunk.blocks.0", "trunk.blocks.1")
"""Stages that keep ImageNet's weights: edges and colours are the same everywhere."""
TRUNK_RATE = 0.25
_WARM_UP = 100
_AVERAGED = 0.998
_LARGEST_GRADIENT = 10

Batch = tuple[Tensor, list[Tensor], list[Tensor]]


class Batches(IterableDataset[Batch]):
    """Endless batches of views: pixels [b, 3, size, size], boxes wanted, boxes left out."""

    def __init__(self, views: ViewMaker, *, batch: int, seed: int) -> None:
        self.views, self.batch, self.seed = views, batch, seed

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng(self.seed)
        while True:
            images, wanted, ignored = zip(
                *(self.views.make(rng) for _ in range(self.batch)), strict=True
            )
            pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
            yield (
                pixels,
                [torch.from_numpy(boxes) for boxes in wanted],
                [torch.from_numpy(boxes) for boxes in ignored],
            )


def load_trunk(network: PeopleNetwork, file: Path) -> None:
    """ImageNet's weights in torchvision's layout (.npz), tensor by tensor in the same order."""
    given = np.load(file)
    tensors = [
        torch.from_numpy(given[name].astype(np.float32))
        for name in given.files
        if not name.startswith("classifier") and not name.endswith("num_batches_tracked")
    ]
    whole = timm.create_model("mobilenetv2_100", num_classes=0, global_pool="").state_dict()
    names = [name for name in whole if not name.endswith("num_batches_tracked")]
    own = network.trunk.state_dict()
    known = {
        name: tensor
        for name, tensor in zip(names, tensors, strict=False)
        if name in own and own[name].shape == tensor.shape
    }
    missing = {name for name in own if not name.endswith("num_batches_tracked")} - {*known}
    if missing:
        raise SystemExit(f"{file} has no weights for {', '.join(sorted(missing)[:3])} and others.")
    network.trunk.load_state_dict(known, strict=False)


class Average:
    """Moving average of a network's weights, which soon forgets the first steps."""

    def __init__(self, network: nn.Module) -> None:
        self.weights = {name: value.clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        share = min(_AVERAGED, (step + 1) / (step + 10))
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                self.weights[name].mul_(share).add_(value, alpha=1 - share)
            else:
                self.weights[name].copy_(value)


def train(network: PeopleNetwork, batches: Batches, chosen: argparse.Namespace) -> None:
    """Trains for `chosen.minutes`; saves the averaged weights every 200 steps and at the end."""
    for name, weight in network.named_parameters():
        weight.requires_grad_(not name.startswith(FROZEN))
    network.to(memory_format=torch.channels_last)
    heads = [p for n, p in network.named_parameters() if not n.startswith("trunk")]
    trunk = [p for p in network.trunk.parameters() if p.requires_grad]
    rates = (chosen.rate, chosen.rate * TRUNK_RATE)
    optimizer = torch.optim.AdamW([{"params": heads}, {"params": trunk}], weight_decay=1e-4)
    average, grid = Average(network), cells(chosen.size, chosen.size)
    losses: list[tuple[float, float]] = []
    began = time.monotonic()
    for step, (pixels, wanted, ignored) in enumerate(DataLoader(batches, batch_size=None)):
        done = (time.monotonic() - began) / 60 / chosen.minutes
        if done >= 1:
            break
        network.train()
        # Statistics of so few pictures are worse than ImageNet's.
        network.trunk.eval()
        share = min(1, (step + 1) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * done))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * share
        rows = network(pixels.float().contiguous(memory_format=torch.channels_last))
        of_scores, of_boxes = detection_loss(rows, grid, wanted, ignored)
        optimizer.zero_grad()
        (of_scores + of_boxes).backward()
        nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
        optimizer.step()
        average.update(network, step)
        losses.append((of_scores.item(), of_boxes.item()))
        if step % 25 == 24:
            mean = np.mean(losses[-25:], axis=0)
            print(f"{step + 1},{mean[0]:.3f},{mean[1]:.3f},{100 * done:.1f} %", flush=True)
        if step % 200 == 199:
            torch.save(average.weights, chosen.out)
    torch.save(average.weights, chosen.out)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("imagenet", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=170)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, default=288)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start-from", type=Path)
    parser.add_argument(
        "--backgrounds",
        type=Path,
        nargs="*",
        default=[Path("/usr/share/backgrounds"), Path("/usr/share/wallpapers")],
    )
    chosen = parser.parse_args()
    pictures = [
        file for file in sorted(chosen.pictures.glob("*.jpg")) if int(file.stem[:6]) >= HELD_OUT
    ]
    views = ViewMaker(pictures, chosen.backgrounds, size=chosen.size)
    network = PeopleNetwork()
    load_trunk(network, chosen.imagenet)
    if chosen.start_from:
        network.load_state_dict(torch.load(chosen.start_from, weights_only=True))
    train(network, Batches(views, batch=chosen.batch, seed=chosen.seed), chosen)


if __name__ == "__main__":
    main()
