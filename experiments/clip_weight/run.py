"""Poolings of a tracklet, with a clip weight and without, on several encoders and footage.

    python experiments/clip_weight/run.py OUT --footage campus=FOLDER --footage room=FOLDER \
        --encoder osnet=onnx:osnet.onnx --encoder street=street

Footage is in the layout `folder`. Every frame is a clip. Beside the tracklets as they are, half of
each tracklet's frames are hidden, in runs of four: by another person pasted in front, by a
plain board, by a cut that leaves a part, or by blur; three seeds. Poolings are compared by mAP
and Rank-1 (`cross-camera`, cosine). Features are kept in OUT: the same command goes on where it
stopped, and with all of them there prints the table, OUT/table.md, and draws OUT/chart.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from poolings import POOLINGS
from reporting import Score, chart, table

from tacan.clips.hiding import Passer, hide_masked
from tacan.datasets import load_dataset
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.open import open_model
from tacan.evaluation import evaluate
from tacan.features.features_file import Features
from tacan.files import atomic_path
from tacan.images.resize import load_frames, resize_crops
from tacan.records import Tracklet, TrackletSplit

SIZE = (256, 128)
"""Pixels in which people are hidden; each network's own are made from them."""

SEEDS = (0, 1, 2)
Array = NDArray[np.float32]


def pixels_of(tracklet: Tracklet, every: int) -> torch.Tensor:
    """uint8 [n, 3, H, W]: one frame of so many."""
    numbers = np.arange(0, len(tracklet), every)
    return load_frames(tracklet, numbers, height=SIZE[0], width=SIZE[1])


def look(embedder: ClipEmbedder, frames: torch.Tensor) -> tuple[Array, Array]:
    """Frames [n, 3, H, W] -> features [n, D] and clip weights [n]."""
    if not len(frames):
        return np.empty((0, embedder.embedding_dim), np.float32), np.empty(0, np.float32)
    crops = list(frames.permute(0, 2, 3, 1).numpy())
    height, width = embedder.input_size
    parts = [
        embedder.embed_clips(resize_crops(crops[i : i + 32], height=height, width=width)[:, None])
        for i in range(0, len(crops), 32)
    ]
    return np.concatenate([f for f, _ in parts]), np.concatenate([w for _, w in parts])


class Cached:
    """The features and weights of a footage's frames, as they are and hidden, in a folder."""

    def __init__(self, folder: Path, split: TrackletSplit, *, every: int) -> None:
        self._folder, self._split, self._every = folder, split, every
        self._pixels: list[torch.Tensor] | None = None

    def of(
        self, name: str, open_embedder: Callable[[], ClipEmbedder], seed: int | None
    ) -> tuple[list[Array], list[Array]]:
        """For each tracklet features [n, D] and weights [n]; `seed` None for natural frames."""
        plain = self._kept(f"{name}-natural", open_embedder, None)
        if seed is None:
            return plain
        hidden = self._kept(f"{name}-hidden-{seed}", open_embedder, seed)
        features, weights = ([each.copy() for each in part] for part in plain)
        for i, (mask, new, new_weights) in enumerate(zip(self._masks(seed), *hidden, strict=True)):
            features[i][mask], weights[i][mask] = new, new_weights
        return features, weights

    def _frames(self) -> list[torch.Tensor]:
        if self._pixels is None:
            self._pixels = [pixels_of(each, self._every) for each in self._split]
        return self._pixels

    def _masks(self, seed: int) -> list[NDArray[np.bool_]]:
        lengths = [-(-len(each) // self._every) for each in self._split]
        return [half_of(n, seed, i) for i, n in enumerate(lengths)]

    def _kept(
        self, name: str, open_embedder: Callable[[], ClipEmbedder], seed: int | None
    ) -> tuple[list[Array], list[Array]]:
        file = self._folder / f"{name}.npz"
        if not file.is_file():
            shown = self._frames() if seed is None else self._hidden(seed)
            embedder = open_embedder()
            found = [look(embedder, each) for each in shown]
            with atomic_path(file) as draft, draft.open("wb") as stream:
                np.savez(
                    stream,
                    features=np.concatenate([f for f, _ in found]),
                    weights=np.concatenate([w for _, w in found]),
                    lengths=[len(w) for _, w in found],
                )
            print(f"embedded: {file}", flush=True)
        with np.load(file) as kept:
            ends = np.cumsum(kept["lengths"])[:-1]
            return np.split(kept["features"], ends), np.split(kept["weights"], ends)

    def _hidden(self, seed: int) -> list[torch.Tensor]:
        frames, pids = self._frames(), [each.pid for each in self._split]
        return [
            hide_masked(
                frames[i], mask, other_person(frames, pids, i), np.random.default_rng([seed, i])
            )
            for i, mask in enumerate(self._masks(seed))
        ]


def other_person(frames: list[torch.Tensor], pids: list[int], index: int) -> Passer:
    """Whoever is drawn to walk past tracklet `index`: a tracklet of another person."""
    others = [i for i, pid in enumerate(pids) if pid != pids[index]]
    return lambda rng: frames[int(rng.choice(others))]


def half_of(n: int, seed: int, index: int) -> NDArray[np.bool_]:
    """Which of a tracklet's n frames are hidden: half of its runs of four; none of a single one."""
    runs = -(-n // 4) if n >= 8 else n
    chosen = np.random.default_rng([seed, index, 1]).permutation(runs)[: runs // 2]
    return np.isin(np.arange(n) // (4 if n >= 8 else 1), chosen)


def score(split: TrackletSplit, vectors: list[Array]) -> tuple[float, float]:
    """mAP and Rank-1 of one vector a tracklet."""
    everyone = np.ones(len(split), bool)
    features = Features(
        embeddings=np.array(vectors, np.float32),
        pids=np.array([each.pid for each in split], np.int64),
        camids=np.array([each.camid for each in split], np.int64),
        is_query=everyone,
        is_gallery=everyone,
        tracklet_ids=np.array([each.tracklet_id for each in split]),
        meta={"metric": "cosine"},
    )
    result = evaluate(features, "cross-camera", metric="cosine")
    return float(result.mean_ap), float(result.rank_1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--footage", action="append", required=True, metavar="NAME=FOLDER")
    parser.add_argument("--encoder", action="append", required=True, metavar="NAME=MODEL")
    parser.add_argument("--clip-weight", default="street", help="whose weight is tried")
    parser.add_argument("--timm-weights", default="random", help="of timm: encoders")
    parser.add_argument("--every", type=int, default=2, help="one frame of so many")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    scores: list[Score] = []
    for place, root in (each.split("=", 1) for each in chosen.footage):
        split = load_dataset("folder", Path(root))
        cached = Cached(chosen.out / place, split, every=chosen.every)

        def opener(spec: str) -> Callable[[], ClipEmbedder]:
            weights = chosen.timm_weights if spec.startswith("timm:") else None
            return lambda: open_model(spec, weights=weights, threads=chosen.threads)

        for name, spec in (each.split("=", 1) for each in chosen.encoder):
            for seed in (None, *SEEDS):
                features, _ = cached.of(name, opener(spec), seed)
                weight_of = f"weight of {Path(chosen.clip_weight).name}"
                _, weights = cached.of(weight_of, opener(chosen.clip_weight), seed)
                for pooling, pool in POOLINGS.items():
                    vectors = [pool(f, w) for f, w in zip(features, weights, strict=True)]
                    scores.append(Score(place, name, seed, pooling, *score(split, vectors)))
    text = table(scores, list(POOLINGS))
    (chosen.out / "table.md").write_text(text, encoding="utf-8")
    chart(scores, chosen.out / "chart.png")
    print(text)


if __name__ == "__main__":
    main()
