"""The third training: the model learns from masks which pixels are the person, in crowds.

    python experiments/shipped_model/crowds.py crowds
    python experiments/shipped_model/masked.py runs/masked --start second --crowds crowds

It goes on from a `banded` or a `banded_masked` model. Losses: softmax and triplet on tracklets of
two crops, one of which shows the person about as well as any of the tracklet, and cross entropy of
the mask. Cut-out people are pasted in front and behind. What is kept is the moving average of the
weights.
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from crowds import HEIGHT, WIDTH
from tacan.clips.identity_sampler import IdentityBatchSampler, SampledTracklet
from tacan.clips.transforms import light_curves
from tacan.config import ModelConfig
from tacan.embeddings.open import find_model_folder
from tacan.losses.multi_loss import MultiLoss
from tacan.losses.softmax import SoftmaxLoss
from tacan.model import Tacan, build_model, load_model, save_model
from tacan.model.banded import BandedTrunk
from tacan.model.memory_format import channels_last

IDENTITIES, TRACKLETS, CROPS = 16, 4, 2
HEAD_RATE = 2e-3
AVERAGE = 0.995
BEHIND, ERASE, COARSE = 0.3, 0.3, 0.2
"""Probabilities that somebody is pasted behind, a box erased, a crop made coarse."""
SCALES = (0.01, 0.02, 0.04, 0.08)
"""Of a classifier's first weights; the one of the smallest loss is taken."""


@dataclass(frozen=True)
class Crowds:
    """All crops with their masks, and the tracklets in which their person can be seen."""

    crops: np.ndarray
    masks: np.ndarray
    visibility: np.ndarray
    firsts: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    donors: np.ndarray
    """Crops that show enough of somebody to cut them out."""


def read(paths: Sequence[Path]) -> Crowds:
    worlds = [dict(np.load(path)) for path in paths]
    crops, masks, visibility, lengths = (
        np.concatenate([world[name] for world in worlds])
        for name in ("crops", "masks", "visibility", "lengths")
    )
    people = np.concatenate(
        [1_000_000 * number + world["pids"] for number, world in enumerate(worlds)]
    )
    firsts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    shown = np.maximum.reduceat(visibility, firsts) > 0.25
    _, at, count = np.unique(people[shown], return_inverse=True, return_counts=True)
    kept = np.flatnonzero(shown)[count[at] >= 2]
    labels = np.unique(people[kept], return_inverse=True)[1]
    donors = np.flatnonzero(visibility > 0.55)
    return Crowds(crops, masks, visibility, firsts[kept], lengths[kept], labels, donors)


def batch(
    crowds: Crowds, samples: list[SampledTracklet], paste: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Crops uint8 [N, 3, H, W], what of each cell is the person [N, 1, H/4, W/4], labels [B]."""
    pairs = []
    for sample in samples:
        rng = np.random.default_rng(sample.seed)
        first, length = crowds.firsts[sample.index], int(crowds.lengths[sample.index])
        visible = crowds.visibility[first : first + length]
        clear = int(rng.choice(np.flatnonzero(visible >= 0.8 * visible.max())))
        pairs.append(augmented(crowds, first + clear, 0.4 * paste, rng))
        pairs.append(augmented(crowds, first + int(rng.integers(length // 2, length)), paste, rng))
    crops, masks = (torch.from_numpy(np.stack(parts)) for parts in zip(*pairs, strict=True))
    labels = torch.from_numpy(crowds.labels[[sample.index for sample in samples]])
    return crops, F.avg_pool2d(masks[:, None] / 255, 4), labels


def augmented(
    crowds: Crowds, number: int, paste: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A crop uint8 [3, H, W] and its mask float32 [H, W] of 0 to 255."""
    crop, mask = crowds.crops[number].astype(np.float32), _doubled(crowds.masks[number]) > 127
    if rng.random() < BEHIND:
        other, shape = _somebody(crowds, rng)
        crop = np.where(shape & ~mask, other, crop)
    if rng.random() < paste:
        for _ in range(1 + (rng.random() < 0.3)):
            other, shape = _somebody(crowds, rng)
            crop, mask = np.where(shape, other, crop), mask & ~shape
    layers = np.concatenate([crop, 255.0 * mask[None]]).astype(np.float32)
    filling = np.concatenate([crop.mean((1, 2)), [0]])[:, None, None]
    if rng.random() < 0.5:
        layers = layers[:, :, ::-1]
    if rng.random() < 0.5:
        layers = _cut(layers, rng)
    layers = _shifted(layers, filling, rng)
    if rng.random() < COARSE:
        height = int(rng.integers(28, 80))
        layers[:3] = _resized(_resized(layers[:3], height, height // 2), HEIGHT, WIDTH)
    if rng.random() < ERASE:
        _erase(layers, filling, rng)
    return _recoloured(layers[:3], rng), layers[3]


def _somebody(crowds: Crowds, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Another person float32 [3, H, W] and their shape bool [H, W], moved aside and down, as one
    who is nearer."""
    donor = crowds.donors[rng.integers(len(crowds.donors))]
    layers = np.concatenate([crowds.crops[donor], _doubled(crowds.masks[donor])[None]])
    size = rng.uniform(0.8, 1.4)
    height, width = round(HEIGHT * size), round(WIDTH * size)
    right = int((WIDTH - width) / 2 + rng.choice([-1, 1]) * rng.uniform(0.15, 0.8) * WIDTH)
    down = int((HEIGHT - height) / 2 + rng.uniform(-0.1, 0.45) * HEIGHT)
    put = np.zeros((4, HEIGHT, WIDTH), np.float32)
    top, left = max(0, down), max(0, right)
    bottom, last = min(HEIGHT, down + height), min(WIDTH, right + width)
    if bottom > top and last > left:
        put[:, top:bottom, left:last] = _resized(layers.astype(np.float32), height, width)[
            :, top - down : bottom - down, left - right : last - right
        ]
    return put[:3], put[3] > 127


def _cut(layers: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A badly cut box."""
    badly = rng.random() < 0.5
    shares = rng.uniform(0, [0.15, 0.3, 0.15, 0.15]) if badly else rng.uniform(0, 0.05, 4)
    top, bottom = round(shares[0] * HEIGHT), HEIGHT - round(shares[1] * HEIGHT)
    left, right = round(shares[2] * WIDTH), WIDTH - round(shares[3] * WIDTH)
    return _resized(layers[:, top:bottom, left:right], HEIGHT, WIDTH)


def _shifted(layers: np.ndarray, filling: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    down, right = (int(number) for number in rng.integers(-6, 7, 2))
    shifted = np.broadcast_to(filling, layers.shape).astype(np.float32)
    rows, columns = HEIGHT - abs(down), WIDTH - abs(right)
    to, came = (max(down, 0), max(right, 0)), (max(-down, 0), max(-right, 0))
    shifted[:, to[0] : to[0] + rows, to[1] : to[1] + columns] = layers[
        :, came[0] : came[0] + rows, came[1] : came[1] + columns
    ]
    return shifted


def _erase(layers: np.ndarray, filling: np.ndarray, rng: np.random.Generator) -> None:
    area = rng.uniform(0.02, 0.3) * HEIGHT * WIDTH
    aspect = math.exp(rng.uniform(math.log(0.3), math.log(3.3)))
    height = min(max(round(math.sqrt(area * aspect)), 1), HEIGHT)
    width = min(max(round(math.sqrt(area / aspect)), 1), WIDTH)
    top, left = rng.integers(HEIGHT - height + 1), rng.integers(WIDTH - width + 1)
    layers[:, top : top + height, left : left + width] = filling


def _recoloured(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """In another camera's light; half of the crops brighter or duller besides."""
    curves = light_curves(0.3 * rng.standard_normal(6))
    levels = np.clip(crop, 0, 255).astype(np.uint8)
    lit = np.stack([curves[channel][levels[channel]] for channel in range(3)])
    if rng.random() < 0.5:
        colour = rng.uniform(0.8, 1.2)
        changed = lit.astype(np.float32)
        changed = (changed.mean(0) * (1 - colour) + changed * colour) * rng.uniform(0.8, 1.2)
        lit = np.clip(changed, 0, 255).astype(np.uint8)
    return lit


def _resized(layers: np.ndarray, height: int, width: int) -> np.ndarray:
    picture = torch.from_numpy(np.ascontiguousarray(layers))[None]
    smaller = height < layers.shape[1] // 2
    mode = {"mode": "area"} if smaller else {"mode": "bilinear"}
    return F.interpolate(picture, size=(height, width), **mode)[0].numpy()


def _doubled(mask: np.ndarray) -> np.ndarray:
    return mask.repeat(2, axis=0).repeat(2, axis=1)


def begin(start: str) -> tuple[Tacan, ModelConfig]:
    """The model to train, and its settings. A mask that `start` lacks begins anew."""
    saved = load_model(find_model_folder(start) or Path(start))
    config = saved.config.model_copy(update={"encoder": "banded_masked"})
    model = build_model(config)
    weights = model.state_dict()
    for name, value in saved.model.state_dict().items():
        if name in weights and weights[name].shape == value.shape:
            weights[name] = value
        elif name.endswith("predictor.weight"):
            weights[name][:, : value.shape[1]] = value
    model.load_state_dict(weights)
    return model.train(), config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", required=True)
    parser.add_argument("--crowds", type=Path, required=True)
    parser.add_argument("--mask-iterations", type=int, default=120, help="of the mask alone, first")
    parser.add_argument("--iterations", type=int, default=2400)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--paste", type=float, default=0.4, help="how often somebody is in front")
    parser.add_argument(
        "--classifier", choices=["random", "means"], default="random",
        help="its first weights: means of what a model that knows crowds makes of each person",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    torch.manual_seed(chosen.seed)
    torch.set_num_threads(1)
    crowds = read(sorted(chosen.crowds.glob("*.npz")))
    model, config = begin(chosen.start)
    channels_last(model)
    (trunk,) = (part for part in model.modules() if isinstance(part, BandedTrunk))
    n_people = int(crowds.labels.max()) + 1
    losses = MultiLoss(
        softmax=SoftmaxLoss(model.encoder.compared_dim, n_people, label_smoothing=0.1, bias=True),
        triplet_form="distance", margin=0.3, min_max_eps=1e-6, min_max_weight=0, unit_length=True,
    )  # fmt: skip
    if chosen.classifier == "means":
        begin_classifier(losses, model, crowds)
    total = chosen.mask_iterations + chosen.iterations
    sampler = IdentityBatchSampler(
        crowds.labels, identities_per_batch=IDENTITIES, tracklets_per_identity=TRACKLETS,
        n_batches=total, seed=chosen.seed,
    )  # fmt: skip
    head = torch.optim.AdamW(trunk.attention.parameters(), lr=HEAD_RATE, weight_decay=1e-2)
    learning = [
        weight for weight in (*model.parameters(), *losses.parameters()) if weight.requires_grad
    ]
    optimiser = torch.optim.AdamW(learning, lr=chosen.rate, weight_decay=1e-2)
    average = copy.deepcopy(model)
    chosen.out.mkdir(parents=True)
    begun = time.monotonic()
    with (chosen.out / "log.csv").open("w", newline="") as file:
        log = csv.writer(file)
        log.writerow(["iteration", "softmax", "triplet", "mask", "seconds"])
        for number in range(total):
            crops, shown, labels = batch(crowds, sampler.batch(number), chosen.paste)
            frames = model.normalise(crops).contiguous(memory_format=torch.channels_last)
            done = number - chosen.mask_iterations
            if done < 0:
                with torch.no_grad():
                    stages = trunk.stages(frames)
                mask = F.binary_cross_entropy_with_logits(trunk.attention.scores(stages), shown)
                _set_rate(head, HEAD_RATE, number, chosen.mask_iterations, warmup=30)
                _step(head, mask, None)
                row = [0, 0, mask.item()]
            else:
                stages = trunk.stages(frames)
                scores = trunk.attention.scores(stages)
                mask = F.binary_cross_entropy_with_logits(scores, shown)
                features = trunk.describe(frames, stages, scores.sigmoid()).flatten(1)
                weights = model.clip_attention(features).unflatten(0, (-1, CROPS))
                embeddings = model.embedding(features).unflatten(0, (-1, CROPS))
                weighted = (embeddings * weights[..., None]).sum(1)
                tracklets = weighted / weights.sum(1, keepdim=True)
                terms = losses(tracklets, tracklets, labels)
                _set_rate(optimiser, chosen.rate, done, chosen.iterations, warmup=60)
                _step(optimiser, terms.total + 2 * mask, learning)
                _follow(average, model, min(AVERAGE, (done + 1) / (done + 20)))
                row = [terms.softmax.item(), terms.triplet.item(), mask.item()]
            if (number + 1) % 10 == 0:
                seconds = round(time.monotonic() - begun)
                log.writerow([number + 1, *(f"{value:.4f}" for value in row), seconds])
                file.flush()
    (chosen.out / "model").mkdir()
    notes = {
        "dataset": "crowds", "iterations": total, "seed": chosen.seed, "n_identities": n_people,
        "n_tracklets": len(crowds.labels),
    }  # fmt: skip
    save_model(chosen.out / "model", average, config, notes=notes)


@torch.no_grad()
def begin_classifier(losses: MultiLoss, model: Tacan, crowds: Crowds) -> None:
    """Sets its weights to where the model sees each person, as multiples of what is off the mean
    of all: from random ones it takes a thousand iterations to get there. Only for a model that has
    learned crowds already: another one learns the people by heart (README)."""
    clearest = [
        first + int(crowds.visibility[first : first + length].argmax())
        for first, length in zip(crowds.firsts, crowds.lengths, strict=True)
    ]
    model.eval()
    vectors = torch.cat(
        [
            model.embed_clips(torch.from_numpy(crowds.crops[some])[:, None]).clip_embeddings
            for some in np.array_split(clearest, len(clearest) // 64 + 1)
        ]
    )
    model.train()
    labels = torch.from_numpy(crowds.labels)
    sums = torch.zeros(int(labels.max()) + 1, vectors.shape[1]).index_add_(0, labels, vectors)
    people = sums / labels.bincount()[:, None]
    middle = people.mean(0)
    logits = (vectors - middle) @ (people - middle).T
    scale = min(SCALES, key=lambda scale: F.cross_entropy(scale * logits, labels).item())
    assert losses.softmax is not None
    classifier = losses.softmax.classifier
    classifier.weight.copy_(scale * (people - middle))
    classifier.bias.copy_(-scale * ((people - middle) @ middle))


def _set_rate(
    optimiser: torch.optim.Optimizer, rate: float, done: int, total: int, *, warmup: int
) -> None:
    cosine = 0.5 + 0.5 * math.cos(math.pi * done / total)
    optimiser.param_groups[0]["lr"] = rate * min(1, (done + 1) / warmup) * cosine


def _step(
    optimiser: torch.optim.Optimizer, loss: Tensor, learning: list[nn.Parameter] | None
) -> None:
    optimiser.zero_grad()
    loss.backward()
    if learning:
        nn.utils.clip_grad_norm_(learning, 5.0)
    optimiser.step()


@torch.no_grad()
def _follow(average: Tacan, model: Tacan, kept: float) -> None:
    pairs = zip(average.state_dict().values(), model.state_dict().values(), strict=True)
    for mean, value in pairs:
        if mean.is_floating_point():
            mean.lerp_(value, 1 - kept)
        else:
            mean.copy_(value)


if __name__ == "__main__":
    main()
