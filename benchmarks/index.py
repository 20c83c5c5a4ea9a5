"""How fast videos are indexed, where the time goes, and how much memory it takes.

    python benchmarks/index.py VIDEO... --detector yolox:nano --stride 2 \\
        --model openvino:person-reidentification-retail-0248.xml [--times 10]
    python benchmarks/index.py VIDEO... --old SRC [--turns 3]
    python benchmarks/index.py VIDEO... --old-runtime torch [--turns 3]

Each video is indexed into a gallery of its own, in a process of its own, and then once more as a
video that shows it `--times` times, one after another (the same packets, with later times). Goals
on two cores: faster than it plays; a peak memory under 1.5 GB, the same for the long video.

`--old` is the folder `src` of another state of this repository, and `--old-runtime` another way to
compute the model; both together are what this state is compared with. The two take turns, and
processor time, which other work on the machine disturbs less, is compared by its median, from
models that are open to tracklets that are stored. Goal: twice as fast, with the same tracklets:
the same frames, boxes within a hundredth of a pixel, vectors within 0.0001 of their length.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from plain_faults import run
from tacan.embeddings.shipped import DEFAULT_MODEL

GOAL_BYTES = 1.5e9
GOAL_RATIO = 2.0
SAME_PIXELS, SAME_VECTORS = 1e-2, 1e-4


@dataclass
class Outcome:
    """What a process tells of a video that it indexed."""

    text: str
    peak: int
    wall: float
    processor: float
    tracklets: list[dict[str, NDArray[Any]]]
    """Frames, boxes and the vector of each, in their order in the gallery."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--detector", default="auto")
    parser.add_argument("--tiles", default="auto")
    parser.add_argument("--stride", type=int)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--runtime", default="auto")
    parser.add_argument("--old", type=Path, metavar="SRC")
    parser.add_argument("--old-runtime", default="auto")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one is not None:
        index_one(chosen)
        return
    with tempfile.TemporaryDirectory() as folder:
        for video in chosen.videos:
            if chosen.old is not None or chosen.old_runtime != "auto":
                take_turns(video, chosen, Path(folder))
            else:
                measure_memory(video, chosen.times, Path(folder))


def measure_memory(video: Path, times: int, folder: Path) -> None:
    long = repeated(video, folder / f"{video.stem}_long.mp4", times=times)
    peaks = []
    for each in (video, long):
        told = indexed(each, folder / f"{each.stem}.gallery")
        print(f"{told.text}\n  peak memory {told.peak / 1e6:.0f} MB")
        peaks.append(told.peak)
    kept = "kept" if max(peaks) < GOAL_BYTES else "missed"
    print(f"  memory of the long video: {peaks[1] / peaks[0]:.2f} times; goal {kept}")


def take_turns(video: Path, chosen: argparse.Namespace, folder: Path) -> None:
    """Indexes `video` by the old state and by this one in turns, and compares them."""
    old: list[Outcome] = []
    new: list[Outcome] = []
    for turn in range(chosen.turns):
        at = folder / f"{video.stem}_{turn}"
        old.append(indexed(video, at / "old", src=chosen.old, runtime=chosen.old_runtime))
        new.append(indexed(video, at / "new", runtime=chosen.runtime))
    for name, runs in (("old", old), ("new", new)):
        print(
            f"{name}: processor {median(run.processor for run in runs):.1f} s, "
            f"on the clock {median(run.wall for run in runs):.1f} s; {runs[-1].text}"
        )
    ratio = median(a.processor / b.processor for a, b in zip(old, new, strict=True))
    kept = "kept" if ratio >= GOAL_RATIO else "missed"
    print(f"  {ratio:.2f} times as fast; goal {kept}; {compared(old[-1], new[-1])}", flush=True)


def compared(old: Outcome, new: Outcome) -> str:
    """Whether both have the same tracklets, and how far these lie apart."""
    pairs = list(zip(old.tracklets, new.tracklets, strict=False))
    n_same = sum(np.array_equal(a["frames"], b["frames"]) for a, b in pairs)
    counts = len(old.tracklets), len(new.tracklets)
    if n_same < max(counts):
        return f"OTHER TRACKLETS: {counts[0]} and {counts[1]}, {n_same} with the same frames"
    pixels = max(float(abs(a["boxes"] - b["boxes"]).max()) for a, b in pairs)
    shares = [
        np.linalg.norm(a["vector"] - b["vector"]) / np.linalg.norm(a["vector"]) for a, b in pairs
    ]
    vectors = float(max(shares))
    words = "the same" if pixels <= SAME_PIXELS and vectors <= SAME_VECTORS else "OTHER"
    return (
        f"{words} {len(pairs)} tracklets, boxes differ by {pixels:.0e} pixels and vectors "
        f"by {vectors:.0e} of their length at most"
    )


def indexed(
    video: Path, gallery: Path, *, src: Path | None = None, runtime: str | None = None
) -> Outcome:
    """Indexes `video` in a process of its own, by the package in `src` or by this one."""
    gallery.parent.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, __file__, str(video), *options(), "--one", str(gallery)]
    if runtime is not None:
        words += ["--runtime", runtime]
    path = {} if src is None else {"PYTHONPATH": str(src)}
    done = subprocess.run(words, check=False, env={**os.environ, **path})
    if done.returncode:
        sys.exit(done.returncode)  # It has said why.
    told = json.loads(gallery.with_suffix(".json").read_text())
    with np.load(gallery.with_suffix(".npz")) as arrays:
        names = ("frames", "boxes", "vector")
        n = told.pop("n")
        tracklets = [{name: arrays[f"{name}{i}"] for name in names} for i in range(n)]
    return Outcome(**told, tracklets=tracklets)


def options() -> list[str]:
    """The command line from its first option on."""
    words = sys.argv[1:]
    first = next((i for i, word in enumerate(words) if word.startswith("--")), len(words))
    return words[first:]


def index_one(chosen: argparse.Namespace) -> None:
    from tacan.embeddings.open import open_model
    from tacan.gallery import ModelInfo, open_gallery
    from tacan.indexing.index_settings import IndexSettings
    from tacan.indexing.index_videos import index_videos
    from tacan.indexing.video_source import VideoSource

    settings = IndexSettings(
        detector=chosen.detector,
        tiles=chosen.tiles,
        stride=chosen.stride,
    )
    other = {} if chosen.runtime == "auto" else {"runtime": chosen.runtime}
    embedder = open_model(chosen.model, **other)
    info = ModelInfo(chosen.model, embedder.fingerprint, embedder.embedding_dim, embedder.metric)
    arrays: dict[str, NDArray[Any]] = {}
    with open_gallery(chosen.one, write=True, create_with=info) as gallery:
        source = VideoSource(chosen.videos[0], "camera", None, settings)
        wall, processor = time.perf_counter(), time.process_time()
        report = index_videos(gallery, [source], embedder=embedder)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        ids = [tracklet.id for tracklet in gallery.tracklets()]
        for i, tracklet in enumerate(ids):
            walked = gallery.trajectory(tracklet)
            arrays[f"frames{i}"], arrays[f"boxes{i}"] = walked.frames, walked.boxes
            arrays[f"vector{i}"] = gallery.vector(tracklet)
    np.savez(chosen.one.with_suffix(".npz"), **arrays)
    told = {
        "text": report.sources[0].text(),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "wall": wall,
        "processor": processor,
        "n": len(ids),
    }
    chosen.one.with_suffix(".json").write_text(json.dumps(told))


def repeated(path: Path, to: Path, *, times: int) -> Path:
    """The video `times` times in one file, by its packets."""
    with av.open(str(path)) as head, av.open(str(to), "w") as target:
        stream = target.add_stream_from_template(head.streams.video[0])
        length = head.streams.video[0].duration or 0
        for turn in range(times):
            with av.open(str(path)) as source:
                for packet in source.demux(source.streams.video[0]):
                    if packet.dts is not None and packet.pts is not None:
                        packet.pts += turn * length
                        packet.dts += turn * length
                        packet.stream = stream
                        target.mux(packet)
    return to


if __name__ == "__main__":
    run(main)
