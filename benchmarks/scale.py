"""What many cameras need: machines, disks and money, from costs that were measured here.

    .venv/bin/python benchmarks/scale.py
    .venv/bin/python benchmarks/scale.py --cameras 2000 --days 7 --tracklets-an-hour 120
    .venv/bin/python benchmarks/scale.py --measure

The inputs are costs: how fast a core indexes (`tacan index` says it for each video), what a machine
compares in a second (`--measure` measures it here), what a tracklet takes on the disk (`tacan
gallery info`). The defaults are those of an ordinary machine; prices are the reader's. It is
arithmetic: docs/scale.md says what breaks first.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np

from plain_faults import run

SECONDS_A_DAY = 86_400
GIGABYTE = 1e9


@dataclass(frozen=True, slots=True)
class Costs:
    """What is measured. `speed` is how many times as fast as it plays one core indexes a camera;
    `scanned` are bytes of vectors that one machine compares in a second, which its memory bounds;
    `crops_bytes`, `row_bytes` those of a tracklet's crops and of its records without the vector."""

    speed: float = 1.8
    scanned: float = 20e9
    crops_bytes: float = 40_000
    row_bytes: float = 4_000
    dim: int = 576


@dataclass(frozen=True, slots=True)
class Site:
    """What is watched, and what machines cost."""

    cameras: int = 200
    hours_a_day: float = 24.0
    days: float = 30.0
    tracklets_an_hour: float = 60.0
    busy: float = 1.0
    cores: int = 16
    memory: float = 64e9
    machine_a_month: float = 250.0
    terabyte_a_month: float = 20.0


@dataclass(frozen=True, slots=True)
class Needs:
    """The result: for indexing, for what is kept, and for one search over all of it."""

    index_cores: float
    index_machines: int
    tracklets: float
    vector_bytes: float
    other_bytes: float
    shards: int
    search_seconds: float
    inserts_a_second: float
    money_a_month: float


def needs(site: Site, costs: Costs) -> Needs:
    """What a site needs.

    A core keeps up with `speed` cameras. A search reads every vector of its shard once, shards at
    the same time; a shard holds as many vectors as fit into three quarters of a machine's memory.
    """
    cores = site.cameras * site.busy * site.hours_a_day / 24 / costs.speed
    machines = -(-cores // site.cores)
    tracklets = site.cameras * site.hours_a_day * site.days * site.tracklets_an_hour
    vectors = tracklets * 4 * costs.dim
    shards = max(1, int(-(-vectors // (0.75 * site.memory))))
    others = tracklets * (costs.crops_bytes + costs.row_bytes)
    disks = (vectors + others) / 1e12 * site.terabyte_a_month
    return Needs(
        index_cores=cores,
        index_machines=int(machines),
        tracklets=tracklets,
        vector_bytes=vectors,
        other_bytes=others,
        shards=shards,
        search_seconds=vectors / shards / costs.scanned,
        inserts_a_second=tracklets / site.days / SECONDS_A_DAY,
        money_a_month=(machines + shards) * site.machine_a_month + disks,
    )


def search_row(n: float, costs: Costs, *, memory: float) -> tuple[str, ...]:
    """One line of the table of searches: `n` vectors in memory, at 32 bits a number."""
    size = n * 4 * costs.dim
    machines = max(1, int(-(-size // (0.75 * memory))))
    return (
        f"{n:,.0f}",
        f"{size / GIGABYTE:,.1f} GB",
        f"{machines}",
        f"{1000 * size / costs.scanned / machines:,.0f} ms",
    )


def measured_scan(n: int = 200_000, dim: int = 576, repeats: int = 10) -> float:
    """Bytes of vectors that this machine compares in a second, at its best of some tries."""
    matrix = np.random.default_rng(0).standard_normal((n, dim), dtype=np.float32)
    query = matrix[0].copy()
    seconds = []
    for _ in range(repeats):
        before = time.perf_counter()
        matrix @ query
        seconds.append(time.perf_counter() - before)
    return matrix.nbytes / min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for kind in (Site, Costs):
        for name, default in _defaults(kind).items():
            parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    parser.add_argument("--measure", action="store_true", help="measure --scanned here")
    given = vars(parser.parse_args())
    if given["measure"]:
        given["scanned"] = measured_scan()
        print(f"this machine compares {given['scanned'] / GIGABYTE:.1f} GB of vectors a second")
    site = Site(**{name: given[name] for name in _defaults(Site)})
    costs = Costs(**{name: given[name] for name in _defaults(Costs)})
    found = needs(site, costs)
    print(
        f"{site.cameras:,} cameras, {site.hours_a_day:g} hours a day, kept for {site.days:g} days"
    )
    print(f"  indexing       {found.index_cores:,.0f} cores, {found.index_machines:,} machines")
    print(f"  tracklets      {found.tracklets:,.0f}, {found.inserts_a_second:,.2f} a second")
    print(f"  vectors        {found.vector_bytes / GIGABYTE:,.1f} GB on {found.shards} machines")
    print(f"  crops, records {found.other_bytes / GIGABYTE:,.1f} GB")
    print(f"  one search     {1000 * found.search_seconds:,.0f} ms")
    print(f"  a month        {found.money_a_month:,.0f}")
    print()
    print("vectors        in memory     machines   exact search")
    for n in (2e5, 1e6, 1e7, 1e8, 1e9):
        row = search_row(n, costs, memory=site.memory)
        print("{:>13}  {:>11}  {:>8}  {:>10}".format(*row))


def _defaults(kind: type[Site] | type[Costs]) -> dict[str, float]:
    made = kind()
    return {name: getattr(made, name) for name in kind.__dataclass_fields__}


if __name__ == "__main__":
    run(main)
