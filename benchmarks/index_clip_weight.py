"""Labelled footage into galleries without a clip weight, with one, and with one adapted to it.

    python benchmarks/index_clip_weight.py VIDEOS OUT --model onnx:osnet.onnx [--only campus] \\
        [--clip-weight visibility] [--stride 4] [--repeats 2]

VIDEOS is that of `footage.py`, OUT a new folder. For each place the frozen encoder indexes the same
videos into a gallery alone and into another with the clip weight, in turns; of the processor time
of all threads the smallest counts, since the first run loads what all need. Then `tacan adapt` lets
the weight learn from the crops of the second gallery, and a third is indexed with what came of it,
unless the weight stayed as it was. Of each, who is found, as `footage.py` measures it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from footage import PLACES, index_place, measure
from plain_faults import run
from tacan.adaptation.adapt import adapt
from tacan.adaptation.judge import AS_IT_WAS
from tacan.embeddings.weighted import NO_CLIP_WEIGHT
from tacan.indexing.index_settings import IndexSettings


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    defaults = IndexSettings()
    parser.add_argument("videos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--clip-weight", default="visibility")
    parser.add_argument("--detector", default=defaults.detector)
    parser.add_argument("--tiles", default=defaults.tiles)
    parser.add_argument("--stride", type=int, default=defaults.stride)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--only", choices=PLACES)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    for place in [chosen.only] if chosen.only else PLACES:
        tell(
            place,
            chosen,
            IndexSettings(detector=chosen.detector, tiles=chosen.tiles, stride=chosen.stride),
        )


def tell(place: str, chosen: argparse.Namespace, settings: IndexSettings) -> None:
    folder, weights = chosen.out / place, (NO_CLIP_WEIGHT, chosen.clip_weight)
    seconds: dict[str, list[float]] = {weight: [] for weight in weights}
    for turn in range(chosen.repeats):
        for weight, name in zip(weights, ("alone", "weighted"), strict=True):
            to = folder / f"{name}{turn or ''}"
            spent = index(place, chosen, weight, to, settings, measured=turn == 0)
            seconds[weight].append(spent)
    alone, weighted = (min(seconds[weight]) for weight in weights)
    print(f"processor time alone {alone:.1f} s, weighted {weighted:.1f} s")
    print(f"  {weighted / alone:.3f} times")
    report = adapt(chosen.clip_weight, folder / "weighted", folder / "model")
    print(f"\n{place}, adapted to {report.n_tracklets} tracklets of the gallery: {report.kept}")
    for name, scores in report.scores.items():
        print(f"  {name}: natural {scores.natural:.3f}, half hidden {scores.hidden:.3f}")
    if report.kept != AS_IT_WAS:
        index(place, chosen, str(folder / "model"), folder / "adapted", settings, measured=True)


def index(
    name: str,
    chosen: argparse.Namespace,
    clip_weight: str,
    folder: Path,
    settings: IndexSettings,
    *,
    measured: bool,
) -> float:
    """Indexes the place and gives the processor seconds it took; prints who is found."""
    place = PLACES[name]
    options = argparse.Namespace(**vars(chosen) | {"clip_weight": clip_weight})
    began = time.process_time()
    gallery, report = index_place(place, options, folder, settings)
    spent = time.process_time() - began
    with gallery:
        print(
            f"\n{name}, clip weight {clip_weight}: {gallery.info().n_tracklets} tracklets, "
            f"{spent:.1f} s of processor time, {report.speed:.2f} times as fast as it plays",
            flush=True,
        )
        if measured:
            measure(gallery, place, chosen.videos / place.folder)
    return spent


if __name__ == "__main__":
    run(main)
