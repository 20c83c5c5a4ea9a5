"""A large gallery of generated vectors: inserting, opening, searching, memory.

    python benchmarks/gallery.py [--tracklets 200000] [--dim 1024] [--cameras 8] [--queries 50]

Tracklets come camera by camera in batches, without crops, each with a trajectory of 50 boxes and
12 clips. Each part is measured in a process of its own:

1. `insert`: tracklets a second, each batch committed for good; then closing, which writes the
   vector cache. Goal: over 5,000 a second.
2. `open`: from the call to the first answer, and without the vector cache, which is then
   rebuilt. Goal: under 5 s.
3. `search`: queries with a camera left out, a time window of half the recording and a minimum
   quality; without any filter; and within one camera. Exact, the top 20, with all that belongs
   to them. Goal: p50 of the filtered search under 60 ms on two cores. Beside it, the time of
   numpy's bare product of the whole matrix and the query, which finds nothing yet, and the
   processor time of all threads, which other work on the machine disturbs less.
4. `certainty`: 4,000 tracklets, ten at a time in one picture. How long the first and the second
   answer in one process take that also say how sure they are. Goal of the second: under 20 ms.
5. The peak resident memory of each process, mapped pages included. Goal: under 1.2 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np

from plain_faults import run
from tacan.cores import available_cores
from tacan.gallery import ModelInfo, NewSource, NewTracklet, TrackletFilter, open_gallery
from tacan.gallery.gallery import Gallery
from tacan.search.query import Query
from tacan.search.search import search

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BATCH = 500
N_BOXES = 50
N_CLIPS = 12
N_CERTAIN = 4000
HOURS = 10
FILTERS = {
    "filtered": TrackletFilter(
        exclude_cameras=("camera 0",),
        after=NOON,
        before=NOON + timedelta(hours=HOURS / 2),
        min_quality=0.2,
    ),
    "all": TrackletFilter(),
    "one camera": TrackletFilter(cameras=("camera 1",)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracklets", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=1024)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--queries", type=int, default=50)
    parser.add_argument("--folder", type=Path, help="where to make the gallery, to keep it")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.part:
        figures = PARTS[chosen.part](chosen)
        figures["peak memory, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(figures))
        return
    folder = chosen.folder or Path(tempfile.mkdtemp())
    try:
        for part in PARTS:
            command = [sys.executable, __file__, *sys.argv[1:], "--part", part]
            done = subprocess.run(
                [*command, "--folder", str(folder)], check=True, stdout=subprocess.PIPE, text=True
            )
            print(part)
            for name, value in json.loads(done.stdout).items():
                print(f"  {name:<52}{value:>12,.1f}")
    finally:
        if chosen.folder is None:
            shutil.rmtree(folder)


def insert(chosen: argparse.Namespace) -> dict[str, float]:
    model = ModelInfo("generated", "generated", chosen.dim)
    rng = np.random.default_rng(0)
    per_camera = chosen.tracklets // chosen.cameras
    spent = 0.0
    gallery = open_gallery(chosen.folder, write=True, create_with=model)
    for camera in range(chosen.cameras):
        made = (tracklet(number, per_camera, chosen.dim, rng) for number in range(per_camera))
        spent += add_camera(gallery, f"camera {camera}", made)
    started = time.perf_counter()
    gallery.close()
    closing = time.perf_counter() - started
    total = per_camera * chosen.cameras
    return {
        "tracklets": total,
        "tracklets a second, committed": total / spent,
        "tracklets a second, with the vector cache": total / (spent + closing),
        "closing, s": closing,
        "size on disk, MB": sum(f.stat().st_size for f in chosen.folder.rglob("*")) / 1e6,
    }


def add_camera(
    gallery: Gallery,
    camera: str,
    tracklets: Iterable[NewTracklet],
    told: Callable[[int], object] = lambda _: None,
) -> float:
    """Adds a camera's tracklets batch by batch, and tells how many are committed after each; the
    seconds that adding took."""
    new = NewSource("/v.mp4", "v.mp4", camera.encode().hex().zfill(64), camera, start=NOON)
    source = gallery.begin_source(new)
    left, spent, n_added = iter(tracklets), 0.0, 0
    while batch := list(islice(left, BATCH)):
        started = time.perf_counter()
        gallery.add(source.id, batch, fingerprint="generated")
        spent += time.perf_counter() - started
        n_added += len(batch)
        told(n_added)
    gallery.finish_source(source.id)
    return spent


def tracklet(number: int, of: int, dim: int, rng: np.random.Generator) -> NewTracklet:
    first = HOURS * 3600 * number / of
    seconds = first + np.arange(N_BOXES) / 5
    return NewTracklet(
        number=number,
        first_seconds=first,
        last_seconds=float(seconds[-1]),
        embedding=rng.standard_normal(dim, dtype=np.float32),
        clip_weights=np.ones(N_CLIPS, np.float32),
        clip_frames=np.zeros((N_CLIPS, 2), np.int64),
        n_frames=N_BOXES,
        quality=float(rng.random()),
        frames=np.arange(N_BOXES, dtype=np.int64),
        seconds=seconds,
        boxes=np.ones((N_BOXES, 4), np.float32),
    )


def opening(chosen: argparse.Namespace) -> dict[str, float]:
    query = np.random.default_rng(1).standard_normal(chosen.dim, dtype=np.float32)
    started = time.perf_counter()
    with open_gallery(chosen.folder) as gallery:
        gallery.index()
        opened = time.perf_counter() - started
        search(gallery, Query("", query, "generated"), top=20)
        return {"open, s": opened, "open and answer, s": time.perf_counter() - started}


def opening_without_cache(chosen: argparse.Namespace) -> dict[str, float]:
    shutil.rmtree(chosen.folder / "vectors")
    return opening(chosen)


def searching(chosen: argparse.Namespace) -> dict[str, float]:
    rng = np.random.default_rng(2)
    figures: dict[str, float] = {}
    with open_gallery(chosen.folder) as gallery:
        matrix = gallery.vectors()[1]
        queries = rng.standard_normal((chosen.queries, chosen.dim), dtype=np.float32)
        bare = times(lambda query: matrix @ query, queries)
        figures["bare product of the whole matrix: p50, ms"] = bare[0]
        figures["bare product of the whole matrix: processor, ms"] = bare[2]
        for name, conditions in FILTERS.items():

            def ask(query: np.ndarray, conditions: TrackletFilter = conditions) -> int:
                found = search(gallery, Query("", query, "generated"), top=20, filters=conditions)
                return found.n_searched

            p50, p95, processor = times(ask, queries)
            figures[f"{name}: searched"] = ask(queries[0])
            figures[f"{name}: p50, ms"] = p50
            figures[f"{name}: p95, ms"] = p95
            figures[f"{name}: processor, ms"] = processor
            figures[f"{name}: p50, % of the bare product"] = 100 * p50 / bare[0]
    figures["cores"] = available_cores()
    return figures


def times(work: Callable[[np.ndarray], object], queries: np.ndarray) -> tuple[float, ...]:
    """Milliseconds: the median, the 95th percentile, and the processor time on average.

    The first call warms up.
    """
    work(queries[0])
    spent, processor = [], time.process_time()
    for query in queries:
        started = time.perf_counter()
        work(query)
        spent.append(1000 * (time.perf_counter() - started))
    processor = 1000 * (time.process_time() - processor) / len(queries)
    return float(np.median(spent)), float(np.percentile(spent, 95)), processor


def certainty(chosen: argparse.Namespace) -> dict[str, float]:
    rng = np.random.default_rng(3)
    folder = chosen.folder / "certainty"
    with open_gallery(folder, write=True, create_with=ModelInfo("g", "g", chosen.dim)) as gallery:
        new = NewSource("/v.mp4", "v.mp4", "0" * 64, "camera 0", start=NOON)
        source = gallery.begin_source(new)
        made = [
            tracklet(number // 10, N_CERTAIN // 10, chosen.dim, rng) for number in range(N_CERTAIN)
        ]
        for number, one in enumerate(made):
            boxes = one.boxes + 10 * (number % 10) + np.float32([0, 0, 5, 5])
            made[number] = replace(one, number=number, boxes=boxes)
        gallery.add(source.id, made, fingerprint="g")
    everyone, figures = np.ones(N_CERTAIN, np.bool_), {}
    with open_gallery(folder) as gallery:
        query = rng.standard_normal(chosen.dim, dtype=np.float32)
        for which in ("first", "second"):
            started = time.perf_counter()
            index, calibration = gallery.index(), gallery.calibration()
            found = index.vectors.nearest(query, everyone, 20, metric=calibration.metric)
            gallery.store.tracklets(index.columns.ids[found.indices].tolist())
            for distance in found.distances.tolist():
                calibration.certainty(distance, n_searched=N_CERTAIN)
            figures[f"{which} answer, ms"] = 1000 * (time.perf_counter() - started)
        figures["pairs of certainly different people"] = len(calibration.distances)
    return figures


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
    "insert": insert,
    "open": opening,
    "open, the vector cache gone": opening_without_cache,
    "search": searching,
    "certainty": certainty,
}

if __name__ == "__main__":
    run(main)
