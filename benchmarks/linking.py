"""How long `tacan link` takes on a large gallery, how much memory, and how both grow.

    python benchmarks/linking.py [--tracklets 5000 10000 20000] [--dim 576] [--cameras 8]

Tracklets of one fifth as many people, about five of each, before cameras that see four at once,
side by side; their vectors lie about their person's. No crops. A gallery of each size is linked,
and linked again, by a process of its own, whose processor time and peak memory are told. Goal:
20,000 in under 2 minutes and 2 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from gallery import add_camera, tracklet
from plain_faults import run
from tacan.gallery import ModelInfo, NewTracklet, open_gallery
from tacan.linking import link_gallery

PER_PERSON = 5
SPREAD = 0.7
"""Of a tracklet about its person, whose own vector has a deviation of 1."""

EVERY = 2.5
"""Seconds between two walks before a camera, each of which takes ten."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tracklets", type=int, nargs="+", default=[5000, 10_000, 20_000])
    parser.add_argument("--dim", type=int, default=576)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--link", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.link:
        print(json.dumps(link(chosen.link)))
        return
    print(f"{'tracklets':>10}{'people':>8}{'first, s':>10}{'CPU, s':>8}{'again, s':>10}{'MB':>8}")
    for n in chosen.tracklets:
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent) / "people.gallery"
            fill(folder, n, chosen)
            done = subprocess.run(
                [sys.executable, __file__, "--link", str(folder)],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            found = json.loads(done.stdout)
        print(
            f"{n:>10,}{found['people']:>8,}{found['first']:>10.1f}{found['cpu']:>8.1f}"
            f"{found['again']:>10.1f}{found['memory']:>8,.0f}",
            flush=True,
        )


def fill(folder: Path, n: int, chosen: argparse.Namespace) -> None:
    rng = np.random.default_rng(0)
    people = rng.standard_normal((n // PER_PERSON, chosen.dim), dtype=np.float32)
    per_camera = n // chosen.cameras
    model = ModelInfo("generated", "generated", chosen.dim)
    with open_gallery(folder, write=True, create_with=model) as gallery:
        for camera in range(chosen.cameras):
            # Nobody is before a camera twice at once.
            order = np.resize(rng.permutation(len(people)), per_camera)
            made = (
                walk(number, per_camera, people[person], rng) for number, person in enumerate(order)
            )
            add_camera(gallery, f"camera {camera}", made)


def walk(number: int, of: int, person: np.ndarray, rng: np.random.Generator) -> NewTracklet:
    """A tracklet of a person, in one of four places of the picture by its number."""
    plain = tracklet(number, of, len(person), rng)
    seconds = EVERY * number + np.arange(len(plain.frames)) / 5
    left = 200.0 * (number % 4)
    boxes = np.tile(np.array([left, 0, left + 60, 150], np.float32), (len(plain.frames), 1))
    vector = person + np.float32(SPREAD) * plain.embedding
    return replace(
        plain,
        embedding=vector,
        boxes=boxes,
        seconds=seconds,
        first_seconds=float(seconds[0]),
        last_seconds=float(seconds[-1]),
    )


def link(folder: Path) -> dict[str, float]:
    with open_gallery(folder, write=True) as gallery:
        began, worked = time.perf_counter(), time.process_time()
        report = link_gallery(gallery)
        first, cpu = time.perf_counter() - began, time.process_time() - worked
        began = time.perf_counter()
        link_gallery(gallery)
        again = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "people": report.n_people,
        "first": first,
        "cpu": cpu,
        "again": again,
        "memory": memory,
    }


if __name__ == "__main__":
    run(main)
