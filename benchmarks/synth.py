"""How fast people are drawn: crops per second on one core, JPEG files on disk included.

    python benchmarks/synth.py [--height 128 --width 64] [--identities 10]

Prints wall and processor time. Each camera's backdrops (one for each of its lights) are painted
once for a whole data set: their time is also shown on its own, and spread over 20,000 crops, which
is what some 70 people on 6 cameras give. The goal is 400 crops of 128 x 64 a second on one core so
spread. Code that was never compiled before is compiled first, which takes a minute: run it twice.

On some disks making files takes longer the more were removed lately, as many runs in a row do, and
a tenth of the time may go there. With TMPDIR set to a folder in memory (/dev/shm on Linux) the
files' share is small and steady.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tacan.synthetic import generate, render

_MANY = 20_000


class _Timed:
    """A function that adds up the processor time that its calls take."""

    def __init__(self, function) -> None:
        self.function, self.seconds, self.calls = function, 0.0, 0

    def __call__(self, *arguments):
        start = time.process_time()
        result = self.function(*arguments)
        self.seconds, self.calls = self.seconds + time.process_time() - start, self.calls + 1
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--height", type=int, default=128)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--identities", type=int, default=10)
    chosen = parser.parse_args()
    render.paint_backdrops = painted = _Timed(render.paint_backdrops)
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
    spread = busy - painted.seconds + painted.seconds * made.n_frames / max(_MANY, made.n_frames)
    print(f"   backdrops of {painted.calls} cameras: {painted.seconds:.2f} s of processor time")
    rows = (("wall", wall), ("processor", busy), (f"processor, {_MANY:,} crops", spread))
    for name, seconds in rows:
        rate = made.n_frames / seconds
        print(f"{name:>24}: {seconds:6.2f} s, {rate:5.0f} crops/s, {1000 / rate:.2f} ms a crop")


if __name__ == "__main__":
    main()
