"""How much sooner several cameras are indexed where several are at the same time.

    python benchmarks/index_at_once.py VIDEO... --detector yolox:nano [--cameras 6]
        [--at-once 1 2] [--turns 3]

The videos are given in turn to `--cameras` cameras, and all of them are indexed into one gallery,
first one after another, then as many at the same time as `--at-once` says, `--turns` times in
turns. Printed are the medians of the seconds on the clock, of the processor time of all processes
and of the one that writes the gallery, and the memory of the largest. What the writer takes of a
stream's processor time is how many streams one writer could keep up with, on a machine with so many
cores. Every gallery must have the same tracklets, to the last bit.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from plain_faults import run
from tacan.embeddings.shipped import DEFAULT_MODEL


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--detector", default="auto")
    parser.add_argument("--tiles", default="auto")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--cameras", type=int, default=6)
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.into is not None:
        print(json.dumps(indexed(chosen)))
        return
    told: dict[int, list[dict[str, Any]]] = {count: [] for count in chosen.at_once}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(chosen.turns):
            for count in chosen.at_once:
                into = Path(folder, f"{turn}-{count}.gallery")
                own = [*sys.argv[1:], "--at-once", str(count), "--into", str(into)]
                done = subprocess.run([sys.executable, __file__, *own], stdout=subprocess.PIPE)
                if done.returncode:
                    sys.exit(done.returncode)  # It has said why.
                told[count].append(json.loads(done.stdout.splitlines()[-1]))
    for count, runs in told.items():
        wall, all_, writer, peak = (
            median(each[name] for each in runs) for name in ("wall", "processor", "writer", "peak")
        )
        sooner = median(
            a["wall"] / b["wall"] for a, b in zip(told[chosen.at_once[0]], runs, strict=True)
        )
        print(
            f"{count} at once: {wall:.1f} s on the clock, {sooner:.2f} times as fast; processor "
            f"{all_:.1f} s, of which the writer {writer:.1f} s; {peak / 1e6:.0f} MB a process"
        )
    same = len({each["digest"] for runs in told.values() for each in runs}) == 1
    print("the same tracklets" if same else "OTHER TRACKLETS")


def indexed(chosen: argparse.Namespace) -> dict[str, Any]:
    from tacan.embeddings.model_choice import ModelChoice
    from tacan.gallery import ModelInfo, open_gallery
    from tacan.indexing.index_settings import IndexSettings
    from tacan.indexing.index_videos import index_videos
    from tacan.indexing.video_source import VideoSource

    choice = ModelChoice(chosen.model)
    embedder = choice.open(threads=2)
    card = ModelInfo(chosen.model, embedder.fingerprint, embedder.embedding_dim, embedder.metric)
    settings = IndexSettings(detector=chosen.detector, tiles=chosen.tiles)
    sources = [
        VideoSource(chosen.videos[i % len(chosen.videos)], f"camera-{i}", None, settings)
        for i in range(chosen.cameras)
    ]
    digest = hashlib.sha256()
    with open_gallery(chosen.into, write=True, create_with=card) as gallery:
        wall, own = time.perf_counter(), time.process_time()
        index_videos(gallery, sources, embedder=embedder, model=choice, at_once=chosen.at_once[-1])
        wall, own = time.perf_counter() - wall, time.process_time() - own
        for tracklet in sorted(gallery.tracklets(), key=lambda each: each.name):
            walked = gallery.trajectory(tracklet.id)
            for part in (walked.frames, walked.boxes, gallery.vector(tracklet.id)):
                digest.update(tracklet.name.encode() + part.tobytes())
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    peaks = children.ru_maxrss, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "wall": wall,
        "writer": own,
        "processor": own + children.ru_utime + children.ru_stime,
        "peak": max(peaks) * 1024,
        "digest": digest.hexdigest(),
    }


if __name__ == "__main__":
    run(main)
