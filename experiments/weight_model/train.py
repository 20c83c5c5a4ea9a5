"""A small network whose only output is the clip weight, trained on generated people alone.

    python experiments/weight_model/train.py OUT --people FOLDER --held-out FOLDER \
        [--trunk small_narrow] [--seed 0] [--steps 600] [--loss both] [--export MODEL_DIR] \
        [--first-weights mobilenetv2_imagenet.safetensors]

A frozen encoder, `street`, says what hurts: for tracklets of six clips, some of them hidden, the
weights w_i of the small network make the vector v = sum_i sqrt(w_i) f_i / sum_i sqrt(w_i) of the
encoder's features f_i, as `--clip-weight` does. v is to be nearest to the same person before
other cameras, among all tracklets as they are seen clearly (a softmax over cosines); and w_i is to
be what the encoder's softmax gives that person for the clip alone, or (--loss taught) what the
encoder's own clip weight is. Prints mAP of the held-out
people on the way: plain mean, encoder's own weight, this weight; natural, and half hidden.

Legend: B tracklets, m clips, n clips of all of them, N tracklets of all people, D feature size.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from material import Material, read_material
from torch import Tensor
from torch.nn import functional as F

from tacan.config import ModelConfig
from tacan.embeddings.open import open_model
from tacan.evaluation import evaluate
from tacan.features.features_file import Features
from tacan.files import write_text
from tacan.model import Tacan, build_model, save_model
from tacan.model.small_encoders import SMALL_TRUNKS

SIZE = (64, 32)
N_TRACKLETS, N_CLIPS = 48, 6
TEMPERATURE = 0.08
LEARNING_RATE = 2e-3
GOING_ON = 1e-3
"""The rate of a trunk that begins with the weights of a file."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=350, help="people that are used")
    parser.add_argument("--trunk", choices=SMALL_TRUNKS, default="small_narrow")
    parser.add_argument("--encoder", default="street")
    parser.add_argument("--loss", choices=("set", "clip", "both", "taught"), default="both")
    parser.add_argument("--first-weights", type=Path, help="of the trunk, in a file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--export", type=Path, help="a folder for the model and its log")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(chosen.seed)
    material, held_out = (
        read_material(
            root,
            open_model(chosen.encoder, device="cpu", threads=chosen.threads),
            chosen.out / f"{name}.npz",
            size=SIZE,
            seed=2028,
            first=chosen.first,
        )
        for name, root in (("people", chosen.people), ("held_out", chosen.held_out))
    )
    first = str(chosen.first_weights) if chosen.first_weights else None
    config = CONFIG.model_copy(update={"encoder": chosen.trunk, "weights": first})
    model = build_model(config)
    n_numbers = sum(each.numel() for each in model.parameters())
    print(f"{chosen.trunk}, {n_numbers:,} numbers, loss {chosen.loss}, seed {chosen.seed}")
    log = train(model, material, held_out, chosen)
    if chosen.export:
        notes = {"iterations": chosen.steps, "seed": chosen.seed, "n_identities": chosen.first}
        notes |= {"loss": chosen.loss, "trunk": chosen.trunk, "encoder": chosen.encoder}
        print(save_model(chosen.export, model, config, notes=notes, half=True))
        write_text(chosen.export / "training_log.csv", log)


CONFIG = ModelConfig(
    encoder="small_narrow",
    height=SIZE[0],
    width=SIZE[1],
    mean=(0.5, 0.5, 0.5),
    std=(0.5, 0.5, 0.5),
    clip_len=1,
    temporal_pooling="mean",
    clip_weight="sigmoid_sum",
    embedding_dim=0,
    metric="cosine",
)


def train(model: Tacan, material: Material, held_out: Material, chosen: argparse.Namespace) -> str:
    """Trains in place; returns the log, in CSV."""
    rng = np.random.default_rng(chosen.seed)
    gallery = clear_vectors(material)
    predictor = model.clip_attention.predictor
    assert predictor is not None
    rates = (GOING_ON, 3 * GOING_ON) if chosen.first_weights else (LEARNING_RATE, LEARNING_RATE)
    optimiser = torch.optim.AdamW(
        [{"params": part.parameters()} for part in (model.encoder, predictor)], weight_decay=1e-2
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, list(rates), total_steps=chosen.steps, pct_start=0.1
    )
    for name, weights in (
        ("plain mean", torch.ones_like(held_out.weights)),
        ("own weight", held_out.weights.sqrt()),
    ):
        print("{}: natural {:.1f}, hidden {:.1f}".format(name, *mean_aps(held_out, weights)))
    began, losses = time.process_time(), []
    log = ["iteration,loss,natural_map,hidden_map,processor_seconds"]
    for step in range(1, chosen.steps + 1):
        model.train()
        rows, crops, hidden = draw(material, rng)
        scores = logits(model, augmented(material.pixels[hidden, crops].flatten(0, 1)))
        features = material.features[hidden, crops]
        loss = loss_of(
            scores.unflatten(0, crops.shape),
            features,
            material.weights[hidden, crops],
            rows,
            material,
            gallery,
            chosen.loss,
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if step % 100 == 0 or step == chosen.steps:
            model.eval()
            natural, hidden = mean_aps(held_out, roots(model, held_out))
            spent, loss = time.process_time() - began, np.mean(losses[-100:])
            log.append(f"{step},{loss:.4f},{natural:.2f},{hidden:.2f},{spent:.0f}")
            print(log[-1], flush=True)
    model.eval()
    return "\n".join([*log, ""])


def logits(model: Tacan, pixels: Tensor) -> Tensor:
    """Clips of one frame [n, 3, H, W], from 0 to 1 -> scores before the sigmoid [n]."""
    features, *_ = model.pool_clips(pixels[:, None])
    predictor = model.clip_attention.predictor
    assert predictor is not None
    return predictor(features)[:, 0]


def clear_vectors(material: Material) -> Tensor:
    """Unit vectors [N, D] of all tracklets as they are, by what can be seen of the person."""
    weights = material.visibility.clamp(min=0.01) ** 2
    sums = torch.zeros(len(material.pids), material.features.shape[-1])
    sums.index_add_(0, material.tracklet, material.features[0] * weights[:, None])
    return F.normalize(sums, dim=-1)


def draw(material: Material, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Tracklets [B], their crops [B, m] and which of these are hidden [B, m] (0 or 1)."""
    rows = rng.choice(len(material.pids), N_TRACKLETS, replace=len(material.pids) < N_TRACKLETS)
    tracklet = material.tracklet.numpy()
    starts, stops = np.searchsorted(tracklet, rows), np.searchsorted(tracklet, rows, "right")
    crops = np.stack(
        [
            rng.choice(stop - start, N_CLIPS, replace=stop - start < N_CLIPS) + start
            for start, stop in zip(starts, stops, strict=True)
        ]
    )
    hidden = (rng.random(crops.shape) < 0.5) & (rng.random((N_TRACKLETS, 1)) < 0.7)
    return (
        torch.from_numpy(rows),
        torch.from_numpy(crops),
        torch.from_numpy(hidden.astype(np.int64)),
    )


def augmented(pixels: Tensor) -> Tensor:
    """uint8 [n, 3, H, W] -> float32 from 0 to 1 in other light, moved a little, some mirrored."""
    n, device = len(pixels), pixels.device
    light = 0.6 + 0.9 * torch.rand(n, 1, 1, 1, device=device)
    tint = 0.85 + 0.3 * torch.rand(n, 3, 1, 1, device=device)
    contrast = 0.6 + 0.7 * torch.rand(n, 1, 1, 1, device=device)
    floats = pixels.float() / 255
    middle = floats.mean((1, 2, 3), keepdim=True)
    floats = ((floats - middle) * contrast + middle) * light * tint
    floats = floats + 0.03 * torch.rand(n, 1, 1, 1) * torch.randn_like(floats)
    dy, dx = torch.randint(0, 7, (2,)).tolist()
    floats = F.pad(floats, (3, 3, 3, 3), mode="replicate")[
        ..., dy : dy + SIZE[0], dx : dx + SIZE[1]
    ]
    mirrored = (torch.rand(n) < 0.5)[:, None, None, None]
    return torch.where(mirrored, floats.flip(3), floats).clamp(0, 1)


def loss_of(
    scores: Tensor,
    features: Tensor,
    weights: Tensor,
    rows: Tensor,
    material: Material,
    gallery: Tensor,
    kind: str,
) -> Tensor:
    """Scores [B, m], and the encoder's features [B, m, D] and clip weights [B, m], of the tracklets
    `rows` [B] -> loss []."""
    roots = scores.sigmoid().sqrt()
    vectors = (roots[..., None] * features).sum(1) / roots.sum(1, keepdim=True)
    own = material.pids[rows, None] == material.pids
    itself = torch.arange(len(material.pids)) == rows[:, None]
    of_set = -found(F.normalize(vectors, dim=-1), gallery, own, itself).mean()
    if kind == "set":
        return of_set + 1e-3 * (scores**2).mean()
    if kind == "taught":
        return of_set + F.binary_cross_entropy_with_logits(scores, weights)
    with torch.no_grad():
        alone = found(
            F.normalize(features, dim=-1).flatten(0, 1),
            gallery,
            own.repeat_interleave(N_CLIPS, 0),
            itself.repeat_interleave(N_CLIPS, 0),
        ).exp()
    of_clips = F.binary_cross_entropy_with_logits(scores.flatten(), alone)
    return of_clips if kind == "clip" else of_set + of_clips


def found(vectors: Tensor, gallery: Tensor, own: Tensor, itself: Tensor) -> Tensor:
    """Log of the share [n] that a softmax over cosines gives the same person's other tracklets."""
    logits = (vectors @ gallery.T / TEMPERATURE).masked_fill(itself, -torch.inf)
    right = logits.masked_fill(~own, -torch.inf).logsumexp(1)
    return right - logits.logsumexp(1)


@torch.no_grad()
def roots(model: Tacan, material: Material) -> Tensor:
    """Square roots of the weights of all crops, [2, n]."""
    batches = material.pixels.flatten(0, 1).split(512)
    scores = torch.cat([logits(model, each.float() / 255) for each in batches])
    return scores.sigmoid().sqrt().unflatten(0, material.weights.shape)


def mean_aps(material: Material, roots: Tensor) -> list[float]:
    """mAP in % under the roots of weights [2, n]: natural, half of the clips hidden."""
    found = []
    at = torch.arange(len(material.tracklet))
    for ways in (at * 0, at // 4 % 2):
        weighted = material.features[ways, at] * roots[ways, at, None]
        sums = torch.zeros(len(material.pids), weighted.shape[-1])
        sums.index_add_(0, material.tracklet, weighted)
        everyone = np.ones(len(sums), bool)
        features = Features(
            embeddings=sums.numpy(),
            pids=material.pids.numpy(),
            camids=np.arange(len(sums)),
            is_query=everyone,
            is_gallery=everyone,
        )
        found.append(100 * evaluate(features, "cross-camera", metric="cosine").mean_ap)
    return found


if __name__ == "__main__":
    main()
