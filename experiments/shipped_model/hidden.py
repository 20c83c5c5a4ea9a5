"""The clip weight of a trained model, moved towards how much of the person is seen.

    python experiments/shipped_model/hidden.py third src/tacan/shipped/street --crowds nine

The crops of `masked.py` show somebody before somebody else; here a fifth of them are covered by a
board too, some wholly. A logistic fit to the square of the visible share, on what the trunk says of
each crop, is blended with the weight as it was. Nothing else of the model changes.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import torch
from masked import Crowds, augmented, read
from torch import Tensor, nn
from torch.nn import functional as F

from crowds import HEIGHT, WIDTH
from tacan.model import Tacan, load_model, save_model

CROPS = 1200
"""Drawn from each world."""
PASTE, BOARD = 0.25, 0.2
"""How often somebody is in front, and a board."""
DECAY = 0.1
AS_IT_WAS, FITTED = 0.7, 0.6
"""What the score as it was and the fitted one count."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--crowds", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    saved = load_model(chosen.model)
    rng = np.random.default_rng(chosen.seed)
    features, seen = [], []
    for path in sorted(chosen.crowds.glob("*.npz")):
        crops, shares = shown(read([path]), rng)
        features.append(described(saved.model.eval(), crops))
        seen.append(shares)
    weight, bias = fitted(torch.cat(features), torch.cat(seen).square())
    predictor = saved.model.clip_attention.predictor
    assert predictor is not None
    with torch.no_grad():
        predictor.weight.mul_(AS_IT_WAS).add_(FITTED * weight)
        predictor.bias.mul_(AS_IT_WAS).add_(FITTED * bias)
    chosen.out.mkdir(parents=True, exist_ok=True)
    print(save_model(chosen.out, saved.model, saved.config, notes=saved.notes, half=True))
    shutil.copy(chosen.model / "training_log.csv", chosen.out)


def shown(crowds: Crowds, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Crops uint8 [N, 3, H, W], and how much of its person each shows [N]."""
    crops, shares = [], []
    for number in rng.choice(len(crowds.crops), CROPS, replace=False):
        crop, mask = augmented(crowds, number, PASTE, rng)
        if rng.random() < BOARD:
            crop, mask = behind_a_board(crop, mask, rng)
        # a mask has a quarter of the pixels
        before = 4 * 255 * np.count_nonzero(crowds.masks[number] > 127)
        crops.append(crop)
        shares.append(crowds.visibility[number] * min(1, mask.sum() / max(before, 1)))
    return torch.from_numpy(np.stack(crops)), torch.tensor(shares, dtype=torch.float32)


def behind_a_board(
    crop: np.ndarray, mask: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    top = int(rng.integers(5, HEIGHT - 18))
    left = 0 if rng.random() < 0.7 else int(rng.integers(WIDTH - 14))
    size = (3, HEIGHT - top, WIDTH - left)
    colour = rng.integers(0, 256, (3, 1, 1)) + rng.normal(0, rng.choice([0, 3, 15]), size)
    crop, mask = crop.copy(), mask.copy()
    crop[:, top:, left:] = np.clip(colour, 0, 255)
    mask[top:, left:] = 0
    return crop, mask


@torch.inference_mode()
def described(model: Tacan, crops: Tensor) -> Tensor:
    """What the clip weight is computed from, [N, d]."""
    return torch.cat([model.pool_clips(some[:, None])[0] for some in crops.split(64)])


def fitted(features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Weights [1, d] and bias [1] of a logistic regression."""
    features, layer = features.clone(), nn.Linear(features.shape[1], 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=400, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimiser.zero_grad()
        scores = layer(features).squeeze(1)
        value = F.binary_cross_entropy_with_logits(scores, targets)
        value = value + DECAY * layer.weight.square().sum()
        value.backward()
        return value.item()

    optimiser.step(loss)
    return layer.weight.detach(), layer.bias.detach()


if __name__ == "__main__":
    main()
