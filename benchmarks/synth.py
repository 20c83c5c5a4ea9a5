"""How fast people are drawn: crops per second on one core, JPEG files on disk included.

    python benchmarks/synth.py [--height 128 --width 64] [--identities 10]

Prints wall and processor time. The goal is 400 crops of 128 x 64 a second on one core. Code
that was never compiled before is compiled first, which takes a minute: run it twice.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tacan.synthetic import generate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--height", type=int, default=128)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--identities", type=int, default=10)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wall, busy = time.perf_counter(), time.process_time()
        made = generate(
            Path(folder) / "people",
            layout="mars",
            identities=chosen.identities,
            cameras=6,
            seed=0,
            height=chosen.height,
            width=chosen.width,
        )
        wall, busy = time.perf_counter() - wall, time.process_time() - busy
    print(
        f"{made.n_frames} crops of {chosen.height} x {chosen.width} in {made.n_tracklets} tracklets"
    )
    for name, seconds in (("wall", wall), ("processor", busy)):
        rate = made.n_frames / seconds
        print(f"{name:>10}: {seconds:6.2f} s, {rate:6.0f} crops/s, 1,000 in {1000 / rate:.2f} s")


if __name__ == "__main__":
    main()
