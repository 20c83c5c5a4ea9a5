"""How fast people are drawn: crops per second on one core, JPEG files on disk included.

    python benchmarks/synth.py [--height 128 --width 64] [--identities 10]

Prints wall and processor time. Each camera's backdrops (one for each of its lights) are painted
once for a whole data set: their time is also shown on its own, and spread over 20,000 crops, which
is what some 70 people on 6 cameras give. The goal is 400 crops of 128 x 64 a second on one core.

What a process does once is done before, by drawing two people, and shown on its own: code that
was never compiled is compiled, which takes a minute or two; the rest is loaded, in seconds.

On some disks making files takes longer the more were removed lately, as many runs in a row do, and
a tenth of the time may go there. With TMPDIR set to a folder in memory (/dev/shm on Linux) the
files' share is small and steady.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from plain_faults import run
from tacan.synthetic import DatasetSettings, SyntheticDataset, generate
from tacan.synthetic.tracklets import renderer as render

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


def _draw(identities: int, size: tuple[int, int]) -> tuple[SyntheticDataset, float, float]:
    """What was drawn, and how many seconds it took by the clock and of the processor."""
    with tempfile.TemporaryDirectory() as folder:
        wall, busy = time.perf_counter(), time.process_time()
        made = generate(
            Path(folder) / "people",
            DatasetSettings(
                layout="mars",
                identities=identities,
                cameras=6,
                seed=0,
                height=size[0],
                width=size[1],
            ),
        )
        return made, time.perf_counter() - wall, time.process_time() - busy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--height", type=int, default=128)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--identities", type=int, default=10)
    chosen = parser.parse_args()
    render.paint_backdrops = painted = _Timed(render.paint_backdrops)
    _, start, _ = _draw(2, (chosen.height, chosen.width))
    print(f"the first two people, and what is done once: {start:.2f} s")
    painted.seconds, painted.calls = 0.0, 0
    made, wall, busy = _draw(chosen.identities, (chosen.height, chosen.width))
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
    run(main)
