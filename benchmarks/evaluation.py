"""How fast and in how little memory results are scored at the size of MARS, on one core.

    python benchmarks/evaluation.py [--repeats 5]

1. A ready matrix of 1,980 x 9,330 distances to mAP and CMC. Goal: at most 0.15 s. Beside it, the
   same by sorting every row with numpy, which must give the same numbers.
2. The whole command `tacan evaluate` on 12,180 x 1,024 features under the three protocols of
   MARS, against a Python that makes the bare matrix product of 1,980 x 12,180 x 1,024 and
   nothing else. Goals: at most 2 times its time, and less than 1 GB of memory.

Times are of the processor, and the best of several, because other work on the machine can only
add to them. Identities, cameras and roles are made up with the counts of MARS.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plain_faults import run
from tacan.evaluation import DistanceMatrix, evaluate
from tacan.features.features_file import Features, load_features, save_features

N_IDENTITIES, N_CAMERAS, N_QUERIES = 634, 6, 1_980
N_TRACKLETS, N_JUNK, N_DISTRACTORS, DIM = 12_180, 870, 3_248, 1_024

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
START = "pass"
PRODUCT = """
import numpy
queries = numpy.ones((1980, 1024), numpy.float32)
gallery = numpy.ones((12180, 1024), numpy.float32)
queries @ gallery.T
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.make:
        save_features(chosen.make, like_mars(np.random.default_rng(0)))
        return
    if not ONE_THREAD.items() <= os.environ.items():
        # Threads are counted when numpy is imported, so that it takes another start.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.npz"
        subprocess.run([sys.executable, *sys.argv, "--make", path], check=True)
        # First, while this process is small: a child counts the memory that it is forked from.
        whole_command(path, chosen.repeats)
        ready_matrix(load_features(path), chosen.repeats)


def like_mars(rng: np.random.Generator) -> Features:
    """Features with the counts of MARS: each query is the first tracklet of a person there."""
    cells = rng.permutation(N_IDENTITIES * N_CAMERAS)[:N_QUERIES]
    n_more = N_TRACKLETS - N_JUNK - N_DISTRACTORS - N_QUERIES
    often = rng.lognormal(0, 1, N_QUERIES)
    more = rng.choice(cells, n_more, p=often / often.sum())
    real = np.concatenate([cells, more])
    pids = np.concatenate([real // N_CAMERAS + 1, np.full(N_JUNK, -1), np.zeros(N_DISTRACTORS)])
    camids = np.concatenate([real, rng.integers(0, N_CAMERAS, N_JUNK + N_DISTRACTORS)])
    centres = rng.standard_normal((N_IDENTITIES + 2, DIM))[pids.astype(int)]
    vectors = np.maximum(centres + 2 * rng.standard_normal((N_TRACKLETS, DIM)), 0)
    return Features(
        embeddings=vectors,
        pids=pids.astype(int),
        camids=camids % N_CAMERAS + 1,
        is_query=np.arange(N_TRACKLETS) < N_QUERIES,
        is_gallery=np.ones(N_TRACKLETS, dtype=bool),
    )


def ready_matrix(features: Features, repeats: int) -> None:
    gallery = ~features.is_query & (features.pids != -1)
    queries = features.is_query
    distances = -features.embeddings[queries] @ features.embeddings[gallery].T
    labels = [column[part] for part in (queries, gallery) for column in columns(features)]
    matrix = DistanceMatrix(distances, *labels)
    found = evaluate(matrix, "cross-camera")
    seconds = best(lambda: evaluate(matrix, "cross-camera"), repeats)
    by_sorting = best(lambda: sorted_mean_ap(matrix), 1)
    assert abs(found.mean_ap - sorted_mean_ap(matrix)) < 1e-12
    size = " x ".join(f"{n:,}" for n in distances.shape)
    print(f"ready matrix {size}, {len(found.hit_ranks.ranks):,} right answers")
    print(f"  by counting         {seconds:6.3f} s   (goal 0.15)")
    print(f"  by sorting each row {by_sorting:6.3f} s")


def columns(features: Features) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return features.pids, features.camids


def sorted_mean_ap(matrix: DistanceMatrix) -> float:
    """mAP of `cross-camera` for a matrix without equal distances, by full sorts."""
    precisions = []
    for i, row in enumerate(matrix.distances):
        order = np.argsort(row)
        right = matrix.gallery_pids[order] == matrix.query_pids[i]
        kept = ~right | (matrix.gallery_camids[order] != matrix.query_camids[i])
        ranks = np.flatnonzero(right[kept]) + 1
        if len(ranks):
            precisions.append((np.arange(1, len(ranks) + 1) / ranks).mean())
    return float(np.mean(precisions))


def whole_command(path: Path, repeats: int) -> None:
    names = "mars-official,mars-9330,mars-11310"
    tacan = [sys.executable, "-c", "from tacan.cli import main; main()", "evaluate"]
    runs = {
        "interpreter start": [sys.executable, "-c", START],
        "bare matrix product": [sys.executable, "-c", PRODUCT],
        "Euclidean": [*tacan, str(path), "--protocol", names],
        "cosine": [*tacan, str(path), "--protocol", names, "--metric", "cosine"],
    }
    found = {name: child(command, repeats) for name, command in runs.items()}
    reference = found["bare matrix product"][0]
    print("tacan evaluate, three protocols (goals: 2 times, 1,000 MB)")
    for name, (seconds, megabytes) in found.items():
        print(f"  {name:<20} {seconds:6.3f} s  {seconds / reference:5.2f} x  {megabytes:6,.0f} MB")


def best(work: Callable[[], object], repeats: int) -> float:
    """The least processor time of `work`, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def child(command: list[str], repeats: int) -> tuple[float, float]:
    """The least processor time in seconds, and the peak memory in MB, of a command."""
    times, memory = [], 0.0
    for _ in range(repeats):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{command} failed")
        times.append(usage.ru_utime + usage.ru_stime)
        memory = max(memory, rss_in_megabytes(usage))
    return min(times), memory


def rss_in_megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    run(main)
