"""What `tacan adapt` gains on labelled footage, whose labels only judge it afterwards.

    python benchmarks/adapt.py OUT --footage campus=FOLDER [--footage room=FOLDER]

FOLDER is in the layout `folder`. For the plain mean, the model's clip weight as it was and the
adapted one: the judgement without labels, by which one is kept, and mAP by the labels
(cross-camera), as it is and with half of the clips hidden (mean of three draws). At most 16 clips a
tracklet. The adapted weight of this mAP has learned from the same tracklets, without their labels,
as on one's own cameras. Features are kept in OUT.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from plain_faults import run
from tacan.adaptation.adapt import learn_and_judge
from tacan.adaptation.clip_features import ClipFeatures, clip_features
from tacan.adaptation.footage import Footage, read_footage
from tacan.adaptation.judge import ADAPTED, AS_IT_WAS, PLAIN_MEAN, choose, scores_of
from tacan.adaptation.weigh import LinearWeight, Vectors, plain_mean, weight_of
from tacan.embeddings.open import model_folder
from tacan.evaluation import evaluate
from tacan.features.features_file import Features
from tacan.model import load_model

DRAWS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--footage", action="append", required=True, metavar="NAME=FOLDER")
    parser.add_argument("--model", default="street")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    saved = load_model(model_folder(chosen.model))
    vectors = Vectors(saved)
    print("| footage | clip weight | held out: natural, hidden | mAP: natural, hidden | |")
    print("|---|---|---|---|---|")
    for name, root in (each.split("=", 1) for each in chosen.footage):
        footage = read_footage(Path(root), clip_len=saved.config.clip_len, at_most=2000)
        features = clip_features(footage, saved, chosen.out / name, seed=chosen.seed)
        ranks, learned = learn_and_judge(features, footage, saved, seed=chosen.seed)
        weights = {PLAIN_MEAN: plain_mean(saved), AS_IT_WAS: weight_of(saved), ADAPTED: learned}
        for kind, weight in weights.items():
            natural = mean_ap(vectors, features, footage, weight)
            draws = [mean_ap(vectors, features, footage, weight, draw) for draw in range(DRAWS)]
            found = scores_of(ranks[kind])
            print(
                f"| {name} | {kind} | {100 * found.natural:.1f}, {100 * found.hidden:.1f} "
                f"| {100 * natural:.1f}, {100 * np.mean(draws):.1f} "
                f"| {'kept' if kind == choose(ranks) else ''} |",
                flush=True,
            )


@torch.no_grad()
def mean_ap(
    vectors: Vectors,
    features: ClipFeatures,
    footage: Footage,
    weight: LinearWeight,
    draw: int | None = None,
) -> float:
    """mAP from 0 to 1; with the number of a draw, half of each tracklet's clips are hidden."""
    shown = features.clean
    if draw is not None:
        draws = np.random.default_rng([draw, 41]).random(features.mask.shape)
        draws[~features.mask.numpy()] = 2
        places = torch.from_numpy(draws.argsort(axis=1).argsort(axis=1))
        hides = places < features.mask.sum(dim=1, keepdim=True) // 2
        shown = torch.where(hides[..., None], features.hidden[:, 1], shown)
    everyone = np.ones(len(footage), bool)
    found = Features(
        embeddings=vectors(shown, features.mask, weight).numpy(),
        pids=np.array([each.pid for each in footage.tracklets], np.int64),
        camids=np.array([each.camid for each in footage.tracklets], np.int64),
        is_query=everyone,
        is_gallery=everyone,
        tracklet_ids=np.array([each.tracklet_id for each in footage.tracklets]),
        meta={"metric": vectors.metric},
    )
    return float(evaluate(found, "cross-camera", metric=vectors.metric).mean_ap)


if __name__ == "__main__":
    run(main)
