"""What other light costs a model: the same tracklets, but each camera's light made its own.

    python benchmarks/other_light.py people --model street --model openvino:encoder.xml

`people` is a data set in the layout `folder`. Each camera draws an exposure, a colour cast, a
gamma and a contrast, as `tacan.clips.transforms.light_curves` has them, of strength 0.33; the mean
of three such draws stands beside the tracklets as they are. Protocol `cross-camera`, cosine
distance. --every takes one crop of so many. Where the data set was generated, the occlusion AUC is
shown as well.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from plain_faults import run
from tacan.clips.transforms import light_curves
from tacan.datasets import load_dataset
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.extract import embed
from tacan.embeddings.open import open_model
from tacan.evaluation import evaluate
from tacan.evaluation.occlusion import occlusion_test
from tacan.features.features_file import Features
from tacan.synthetic.tracklets.tracklet_truth import is_generated, read_visibility

_DRAWS = 3


def copy_of(root: Path, out: Path, *, every: int, strength: float, seed: int) -> None:
    """Writes every nth crop of each tracklet, in its camera's own light, to `out`."""
    split, rng = load_dataset("folder", root), np.random.default_rng(seed)
    cameras = sorted({tracklet.camid for tracklet in split})
    curves = {camera: light_curves(strength * rng.standard_normal(6)) for camera in cameras}
    for tracklet in split:
        for name in tracklet.frames[::every]:
            source = tracklet.directory / name
            with Image.open(source) as image:
                pixels = np.asarray(image.convert("RGB"))
            lit = np.stack([curves[tracklet.camid][k][pixels[..., k]] for k in range(3)], axis=-1)
            target = out / source.relative_to(root).with_suffix(".png")
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(lit).save(target, compress_level=1)


def features_of(embedder: ClipEmbedder, root: Path) -> Features:
    return embed(load_dataset("folder", root), embedder)[0]


def scores(features: Features) -> np.ndarray:
    """mAP and Rank-1."""
    result = evaluate(features, "cross-camera", metric="cosine")
    return np.array([result.mean_ap, result.rank_1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--model", action="append", required=True)
    parser.add_argument("--every", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.every < 1:
        parser.error(f"--every must be at least 1; got {chosen.every}")
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / f"{draw}" for draw in range(_DRAWS + 1)]
        for draw, place in enumerate(places):
            strength = 0.33 if draw else 0.0
            copy_of(chosen.root, place, every=chosen.every, strength=strength, seed=draw)
        for model in chosen.model:
            embedder = open_model(model)
            plain, *others = (scores(features_of(embedder, place)) for place in places)
            lit = np.mean(others, axis=0)
            print(model)
            print(f"    as it is     {plain[0]:.3f} mAP, {plain[1]:.3f} Rank-1")
            print(f"    other light  {lit[0]:.3f} mAP, {lit[1]:.3f} Rank-1")
            if is_generated(chosen.root) and hasattr(embedder, "clip_len"):
                everything = features_of(embedder, chosen.root)
                seen = read_visibility(chosen.root)
                auc = occlusion_test(everything, seen, clip_len=embedder.clip_len).auc
                print(f"    occlusion AUC {auc:.3f}, all crops")


if __name__ == "__main__":
    run(main)
