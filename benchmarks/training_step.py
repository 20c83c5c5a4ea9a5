"""What a step of `tacan train` costs beside the bare forward and backward of the same model.

    python benchmarks/training_step.py [--preset demo] [--precision bf16] [--workers 1]
    python benchmarks/training_step.py --preset paper --identities 2 --tracklets 2
    python benchmarks/training_step.py --memory-of-parts 4 --preset paper --identities 2 \\
        --tracklets 2

A real run, with all that belongs to it: crops are read from JPEG files, augmented and handed
over, the optimiser steps, the log and the checkpoints are written. Against it, the same model and
losses on batches that lie ready in memory: forward and backward, nothing else. Both take turns in
one process, a few steps each, so that other work on the machine disturbs both; the first steps of
a turn don't count, because what was read ahead during the other's turn would flatter it.

Printed are the median over the turns of the ratio of the times on the wall, and of the processor
times (of all threads and of the reading processes), and the peak memory of the process. Goal: at
most 1.10 times. `--identities` and `--tracklets` make the batch smaller where the whole one of
the preset `paper` would take too long; a step's cost per crop stays the same.

`--memory-of-parts N`: forward and backward of one batch as a whole, with `run.recompute`, with
`run.accumulate` N, and with both, each in a process of its own. Printed are the memory at the peak
above that before the step, and the processor time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch

from plain_faults import run
from tacan.config import TrainConfig, load_config
from tacan.synthetic import DatasetSettings, generate
from tacan.training import train
from tacan.training.build_training import build_batches, build_module, read_training_data
from tacan.training.processes import Processes

SKIPPED = 3
N_READY = 4
Times = tuple[float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="demo", choices=("demo", "paper", "strong"))
    parser.add_argument("--precision", choices=("32", "bf16"))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--workers", type=int)
    parser.add_argument("--memory", type=int, help="MB for crops; 0 reads each anew")
    parser.add_argument("--identities", type=int)
    parser.add_argument("--tracklets", type=int)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--steps", type=int, default=8, help="counted in each turn")
    parser.add_argument("--memory-of-parts", type=int, metavar="N")
    parser.add_argument("--one-step", type=int, nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    if chosen.one_step:
        one_step(chosen)
        return
    if chosen.memory_of_parts:
        for recompute in (0, 1):
            for accumulate in (1, chosen.memory_of_parts):
                step = ["--one-step", str(recompute), str(accumulate)]
                subprocess.run([sys.executable, __file__, *sys.argv[1:], *step], check=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        config = settings(chosen, Path(folder) / "people")
        comparison = Comparison(config, turns=chosen.turns, steps=chosen.steps)
        train(config, Path(folder) / "run", progress=comparison.after_step)
    comparison.show(config, threads=chosen.threads)


def one_step(chosen: argparse.Namespace) -> None:
    """Prints what forward and backward of one batch of random pixels take."""
    recompute, accumulate = chosen.one_step
    config = load_config(
        chosen.preset,
        {
            **given(chosen),
            "data.root": ".",
            "model.weights": None,
            "run.recompute": bool(recompute),
            "run.accumulate": accumulate,
        },
    )
    clips, model = config.clips, config.model
    module = build_module(config, n_identities=625, checkpoint=None).train()
    labels = torch.arange(clips.identities_per_batch).repeat_interleave(
        clips.tracklets_per_identity
    )
    shape = (len(labels), clips.n_clips, model.clip_len, 3, model.height, model.width)
    frames = torch.randint(0, 256, shape, dtype=torch.uint8)
    before, processor = memory("VmRSS"), time.process_time()
    output = module.model(frames)
    terms = module.losses(output.tracklet_embedding, output.metric_embedding, labels)
    terms.total.backward()
    processor = time.process_time() - processor
    n_crops = len(labels) * clips.n_clips * model.clip_len
    print(
        f"{model.encoder} at {model.height} x {model.width}, {n_crops} crops, recompute "
        f"{'on' if recompute else 'off'}, accumulate {accumulate}: "
        f"{memory('VmHWM') - before:.2f} GiB above {before:.2f}, processor {processor:.1f} s",
        flush=True,
    )


def memory(name: str) -> float:
    """GiB of this process: what it has, VmRSS, or had at its peak, VmHWM."""
    (kilobytes,) = re.findall(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) / 2**20


def given(chosen: argparse.Namespace) -> dict[str, object]:
    """The settings that the command line names."""
    options = {
        "run.precision": chosen.precision,
        "data.workers": chosen.workers,
        "data.memory": chosen.memory,
        "clips.identities_per_batch": chosen.identities,
        "clips.tracklets_per_identity": chosen.tracklets,
    }
    return {name: value for name, value in options.items() if value is not None}


def settings(chosen: argparse.Namespace, root: Path) -> TrainConfig:
    config = load_config(
        chosen.preset,
        {
            "data.root": str(root),
            "data.validation_share": 0.0,
            "model.weights": None,
            "optimiser.warmup": 0,
            "run.validate_every": 0,
            "run.iterations": (chosen.turns + 1) * (chosen.steps + SKIPPED),
            **given(chosen),
        },
    )
    small = config.model.height <= 64
    generate(
        root,
        DatasetSettings(
            layout="mars",
            identities=24,
            train_identities=24,
            cameras=4,
            seed=0,
            height=64 if small else 256,
            width=32 if small else 128,
            median_frames=20,
            max_frames=40,
        ),
    )
    return config


class Comparison:
    """Stops the run after each of its turns for a turn of bare steps."""

    def __init__(self, config: TrainConfig, *, turns: int, steps: int) -> None:
        self.steps = steps
        self.turns = turns
        self.pairs: list[tuple[Times, Times]] = []
        self._bare = bare_step(config)
        self._begun: Times = (0.0, 0.0)

    def after_step(self, done: int, total: int) -> None:
        del total
        within = done % (self.steps + SKIPPED)
        if within == SKIPPED:
            self._begun = now(with_readers=True)
        if within or not done:
            return
        run = since(self._begun, now(with_readers=True))
        for _ in range(SKIPPED):
            self._bare()
        begun = now(with_readers=False)
        for _ in range(self.steps):
            self._bare()
        self.pairs.append((run, since(begun, now(with_readers=False))))

    def show(self, config: TrainConfig, *, threads: int) -> None:
        pairs = self.pairs[1:]
        clips, model = config.clips, config.model
        images = (
            clips.identities_per_batch
            * clips.tracklets_per_identity
            * clips.n_clips
            * model.clip_len
        )
        print(
            f"{model.encoder} at {model.height} x {model.width}, {config.run.precision} bit, "
            f"{images} crops a step, {threads} threads, {config.data.workers} readers with "
            f"{config.data.memory} MB, "
            f"median of {len(pairs)} turns of {self.steps} steps"
        )
        for name, column in (("wall", 0), ("processor", 1)):
            run, bare = (median(pair[i][column] for pair in pairs) / self.steps for i in (0, 1))
            ratio = median(pair[0][column] / pair[1][column] for pair in pairs)
            print(f"{name:>9}: step {run:.3f} s, bare {bare:.3f} s, ratio {ratio:.3f}")
        print(f"peak memory of run and bare model together: {memory('VmHWM'):.2f} GiB")


def bare_step(config: TrainConfig) -> Callable[[], None]:
    """Forward and backward on batches that are ready."""
    data = read_training_data(config)
    batches = iter(build_batches(config, data, first_batch=0, processes=Processes()))
    ready = [next(batches) for _ in range(N_READY)]
    module = build_module(config, n_identities=len(data.pids), checkpoint=None)
    module.train()
    turn = 0

    def step() -> None:
        nonlocal turn
        frames, labels = ready[turn % N_READY]
        turn += 1
        with torch.autocast("cpu", torch.bfloat16, enabled=config.run.precision == "bf16"):
            output = module.model(frames)
        terms = module.losses(
            output.tracklet_embedding.float(), output.metric_embedding.float(), labels
        )
        module.zero_grad(set_to_none=True)
        terms.total.backward()

    return step


def now(*, with_readers: bool) -> Times:
    """Seconds on the wall and of the processor."""
    processor = time.process_time()
    if with_readers:
        tick = os.sysconf("SC_CLK_TCK")
        for process in multiprocessing.active_children():
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            processor += (int(fields[11]) + int(fields[12])) / tick
    return time.perf_counter(), processor


def since(begun: Times, ended: Times) -> Times:
    return ended[0] - begun[0], ended[1] - begun[1]


if __name__ == "__main__":
    run(main)
