"""What `--clip-weight` adds to an encoder, from JPEG crops on disk to vectors, in one run.

    python benchmarks/clip_weight.py --model onnx:osnet.onnx [--model openvino:encoder.xml]

Crops of 256 x 128, made up. The encoder alone and with the weight take turns, and medians are
compared: of the time on the wall, and of the processor time of all threads, which other work on the
machine disturbs less. Goal: at most 1.15 times.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import torch

from embed import BATCH, crops, median_ratios, medians, take_turns
from plain_faults import run
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.extract import embed
from tacan.embeddings.open import open_model
from tacan.records import TrackletSplit


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", action="append", required=True)
    parser.add_argument("--weights", default="random", help="of timm: encoders")
    parser.add_argument("--clip-weight", default="visibility")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--frames", type=int, default=4 * BATCH)
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    print(
        f"{chosen.threads} threads, one reader, batches of {BATCH}, {chosen.frames} frames, "
        f"median of {chosen.repeats}"
    )
    with tempfile.TemporaryDirectory() as folder:
        split = crops(Path(folder) / "crops", n_frames=chosen.frames, size=(256, 128))
        for model in chosen.model:
            weights = chosen.weights if model.startswith("timm:") else None
            alone, weighted = (
                open_model(model, weights=weights, device="cpu", clip_weight=clip_weight)
                for clip_weight in ("none", chosen.clip_weight)
            )
            compare(model, alone, weighted, split, repeats=chosen.repeats)


def compare(
    model: str,
    alone: ClipEmbedder,
    weighted: ClipEmbedder,
    split: TrackletSplit,
    *,
    repeats: int,
) -> None:
    def work(embedder: ClipEmbedder) -> object:
        return embed(split, embedder, batch_frames=BATCH, workers=1)

    times = take_turns(
        {"alone": lambda: work(alone), "weighted": lambda: work(weighted)}, repeats=repeats
    )
    print(model)
    for name, seconds in times.items():
        wall, processor = medians(seconds)
        ratios = median_ratios(seconds, times["alone"])
        print(
            f"{name:>10}: {split.n_frames / wall:6.1f} frames/s, {ratios[0]:.3f} times; "
            f"processor {1000 * processor / split.n_frames:6.2f} ms a frame, {ratios[1]:.3f} times"
        )


if __name__ == "__main__":
    run(main)
