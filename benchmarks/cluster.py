"""A long stream, indexed as a whole on one machine and in pieces by the workers of a cluster here.

    python benchmarks/cluster.py VIDEO... [--times 4] [--pieces 60] [--workers 2]

Each video is shown `--times` times, one after another, in one file. One process indexes it with one
thread; then `tacan index --cluster` does with `--workers` processes of one thread each, in pieces
of `--pieces` seconds. Told are the tracklets that both galleries have to the last byte of boxes,
times, clips, crops and vectors, the borders of pieces that somebody walks over, and the time on the
clock of both, models and videos opened. Goal: all alike.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from index import repeated
from plain_faults import run
from tacan.cluster import pieces
from tacan.cluster.connection import connected
from tacan.cluster.index_on_cluster import index_on_cluster
from tacan.embeddings.model_choice import ModelChoice
from tacan.embeddings.shipped import DEFAULT_MODEL
from tacan.gallery import Gallery, ModelInfo, open_gallery
from tacan.indexing.index_report import IndexReport, shares_text
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.index_videos import index_videos, open_detections
from tacan.indexing.plan_streams import plan_streams
from tacan.indexing.settle_detectors import settle_detectors
from tacan.indexing.video_source import VideoSource


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--times", type=int, default=4)
    parser.add_argument("--pieces", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    pieces.PIECE_SECONDS = chosen.pieces
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        for video in chosen.videos:
            long = repeated(video, Path(folder, f"{video.stem}.mp4"), times=chosen.times)
            compare(long, Path(folder), n_workers=chosen.workers)


def compare(video: Path, folder: Path, *, n_workers: int) -> None:
    from distributed import LocalCluster

    model = ModelChoice(DEFAULT_MODEL)
    embedder = model.open(threads=1)
    asked = [VideoSource(video, "camera", None, IndexSettings())]
    sources, _ = settle_detectors(asked, before=tuple)
    detections = open_detections(sources, threads=1)
    card = ModelInfo(
        DEFAULT_MODEL, embedder.fingerprint, embedder.embedding_dim, embedder.metric, "none"
    )

    def timed(name: str, index: Callable[[Gallery], IndexReport]) -> Path:
        place = folder / f"{video.stem}-{name}"
        with open_gallery(place, write=True, create_with=card) as gallery:
            began = time.perf_counter()
            (report,) = index(gallery).sources
            seconds = time.perf_counter() - began
        speed = report.video_seconds / seconds
        print(
            f"{video.name}, {report.video_seconds:.0f} s, {name}: {report.n_tracklets} tracklets "
            f"in {seconds:.1f} s on the clock, {speed:.1f} times as fast as it plays "
            f"({shares_text(report.shares)})",
            flush=True,
        )
        return place

    alone = timed(
        "one process",
        lambda gallery: index_videos(
            gallery, sources, embedder=embedder, detections=detections, threads=1
        ),
    )
    local: dict[str, Any] = {
        "host": "127.0.0.1",
        "dashboard_address": None,
        "memory_limit": 0,
        "local_directory": str(folder),
    }
    with (
        closing(LocalCluster(n_workers=n_workers, threads_per_worker=1, **local)) as cluster,
        connected(cluster.scheduler_address) as client,
    ):
        many = timed(
            f"{n_workers} workers",
            lambda gallery: index_on_cluster(
                gallery,
                sources,
                client=client,
                model=model,
                embedder=embedder,
                detections=detections,
                threads=1,
            ),
        )
    tell(video, contents(alone), contents(many))


def tell(video: Path, alone: dict[str, list[bytes]], many: dict[str, list[bytes]]) -> None:
    """Prints how many tracklets two galleries of the video share, and the borders walked over."""
    n_same = sum(many.get(name) == content for name, content in alone.items())
    (stream,), _ = plan_streams([VideoSource(video, "camera")])
    borders = [piece.first for piece in pieces.pieces_of(stream)[1:]]
    spans = [np.frombuffer(content[0], np.int64)[[0, -1]] for content in alone.values()]
    n_crossed = sum(any(first < border <= last for first, last in spans) for border in borders)
    kept = "kept" if alone == many else "missed"
    print(
        f"  {n_same} of {len(alone)} tracklets are the same to the last byte among {len(many)}; "
        f"goal {kept}; {n_crossed} of {len(borders)} borders are walked over",
        flush=True,
    )


def contents(place: Path) -> dict[str, list[bytes]]:
    """Frames, times, boxes, clips, crops and vector of each tracklet of a gallery, by its name."""
    found: dict[str, list[bytes]] = {}
    with open_gallery(place) as gallery:
        for each in gallery.tracklets():
            path = gallery.trajectory(each.id)
            arrays = (
                path.frames,
                path.seconds,
                path.boxes,
                path.clip_frames,
                path.clip_weights,
                gallery.vector(each.id),
            )
            crops = [crop.path.read_bytes() for crop in gallery.crops(each.id)]
            found[each.name] = [array.tobytes() for array in arrays] + crops
    return found


if __name__ == "__main__":
    run(main)
