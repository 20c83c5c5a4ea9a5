"""How fast videos are indexed, where the time goes, and how much memory it takes.

    python benchmarks/index.py VIDEO... --detector yolox:nano --stride 2 \\
        --model openvino:person-reidentification-retail-0248.xml [--times 10]

Each video is indexed into a gallery of its own, in a process of its own, and then once more as a
video that shows it `--times` times, one after another (the same packets, with later times). Goals
on two cores: faster than it plays; a peak memory under 1.5 GB, the same for the long video.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import av

from plain_faults import run
from tacan.embeddings.shipped import DEFAULT_MODEL

GOAL_BYTES = 1.5e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--detector", default="auto")
    parser.add_argument("--tiles", default="auto")
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one is not None:
        index_one(chosen)
        return
    with tempfile.TemporaryDirectory() as folder:
        for video in chosen.videos:
            long = repeated(video, Path(folder) / f"{video.stem}_long.mp4", times=chosen.times)
            short_peak = tell(video, Path(folder) / f"{video.stem}.gallery")
            long_peak = tell(long, Path(folder) / f"{video.stem}_long.gallery")
            kept = "kept" if max(short_peak, long_peak) < GOAL_BYTES else "missed"
            print(f"  memory of the long video: {long_peak / short_peak:.2f} times; goal {kept}")


def tell(video: Path, gallery: Path) -> int:
    """Indexes `video` in a process of its own and prints the outcome; returns its peak memory."""
    done = subprocess.run(
        [sys.executable, __file__, str(video), *options(), "--one", str(gallery)],
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        sys.exit(done.returncode)  # It has said why.
    told = json.loads(done.stdout)
    print(f"{told['text']}\n  peak memory {told['peak'] / 1e6:.0f} MB")
    return told["peak"]


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

    settings = IndexSettings(detector=chosen.detector, tiles=chosen.tiles, stride=chosen.stride)
    embedder = open_model(chosen.model)
    info = ModelInfo(chosen.model, embedder.fingerprint, embedder.embedding_dim, embedder.metric)
    with open_gallery(chosen.one, write=True, create_with=info) as gallery:
        source = VideoSource(chosen.videos[0], "camera", None, settings)
        report = index_videos(gallery, [source], embedder=embedder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"text": report.sources[0].text(), "peak": peak}))


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
