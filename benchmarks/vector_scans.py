"""The exact scan of a search beside faiss's flat index with a selector of ids.

    pip install faiss-cpu        # not a dependency: this is what it was tried by
    python benchmarks/vector_scans.py [--vectors 200000] [--dim 1024] [--queries 12]

Random vectors, of which a share is left by a filter; the 20 nearest. Both take turns, query by
query, in memory that is ready. Printed are the medians of the processor time of all threads, which
other work on the machine disturbs less, and how many answers are the same rows in the same order.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from plain_faults import run
from tacan.retrieval.exact import ExactIndex, squared_lengths

TOP = 20
SHARES = (0.064, 0.35, 1.0)

Scan = Callable[[NDArray[np.float32], NDArray[np.bool_]], NDArray[np.int64]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=1024)
    parser.add_argument("--queries", type=int, default=12)
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((chosen.vectors, chosen.dim), dtype=np.float32)
    queries = rng.standard_normal((chosen.queries, chosen.dim), dtype=np.float32)
    scans = {"ours": our_scan(vectors), "faiss": faiss_scan(vectors)}
    for share in SHARES:
        left = rng.random(len(vectors)) < share
        spent: dict[str, list[float]] = {name: [] for name in scans}
        n_same = 0
        for query in (queries[0], *queries):
            answers = []
            for name, scan in scans.items():
                began = time.process_time()
                answers.append(scan(query, left))
                spent[name].append(1000 * (time.process_time() - began))
            n_same += np.array_equal(*answers)
        ours, theirs = (float(np.median(times[1:])) for times in spent.values())
        print(
            f"{int(left.sum()):>9,} of {len(vectors):,}: ours {ours:.1f} ms, "
            f"faiss {theirs:.1f} ms, {ours / theirs:.2f} times; "
            f"{n_same} of {len(queries) + 1} answers are the same",
            flush=True,
        )


def our_scan(vectors: NDArray[np.float32]) -> Scan:
    index = ExactIndex((vectors,), squared_lengths(vectors))
    return lambda query, left: index.nearest(query, left, TOP, metric="euclidean").indices


def faiss_scan(vectors: NDArray[np.float32]) -> Scan:
    import faiss

    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(vectors)

    def scan(query: NDArray[np.float32], left: NDArray[np.bool_]) -> NDArray[np.int64]:
        selector = faiss.IDSelectorBitmap(np.packbits(left, bitorder="little"))
        asked = faiss.SearchParameters(sel=selector)
        return index.search(query[None], TOP, params=asked)[1][0]

    return scan


if __name__ == "__main__":
    run(main)
