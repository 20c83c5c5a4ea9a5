"""How fast scenes are filmed: synchronised videos of one place, files on disk included.

    python benchmarks/scenes.py [--cameras 3 --people 8 --seconds 30 --workers 2]

Prints wall and processor time. The goal is three cameras, eight people and 30 s at 640 x 480 in
under 5 minutes on two cores.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from plain_faults import run
from tacan.synthetic.scenes import SceneSettings, make_scenes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=3)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wall = time.perf_counter()
        made = make_scenes(
            Path(folder) / "site",
            SceneSettings(
                cameras=chosen.cameras, people=chosen.people, seconds=chosen.seconds, seed=0
            ),
            workers=chosen.workers,
        )
        wall = time.perf_counter() - wall
    busy = sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    frames = len(made.videos) * made.settings.n_frames
    print(f"{len(made.videos)} videos, {frames} frames, {made.boxes} boxes")
    print(f"     wall: {wall:6.1f} s, {frames / wall:6.1f} frames/s")
    print(f"processor: {busy:6.1f} s, {frames / busy:6.1f} frames/s on one core")


if __name__ == "__main__":
    run(main)
