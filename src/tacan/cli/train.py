"""`tacan train`: from settings and a data set to a run folder with a model."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tacan.cli.outputs import OutputFolder
from tacan.cli.parameters import Flag

if TYPE_CHECKING:
    from tacan.config import TrainConfig
    from tacan.training import LogRow, RunRecord, TrainingStopped
    from tacan.training.fit import Listeners

__all__ = ["train"]

SECONDS_BETWEEN_LINES = 10

PROTOCOLS = {"mars": "mars-official", "ilids-vid": "two-camera", "prid2011": "two-camera"}
"""The protocol of published results on a data set; cross-camera for all others."""


def train(
    config: str,
    /,
    *overrides: Annotated[str, Parameter(allow_leading_hyphen=True)],
    out: OutputFolder | None = None,
    resume: Flag = False,
    fetch: Flag = False,
    change_iterations: Flag = False,
    print_config: Flag = False,
) -> None:
    """Trains a model, in a folder that holds its settings, logs, checkpoint and exported model.

    CONFIG is a preset (demo: minutes on two cores; paper: the paper's sizes; strong: with what
    re-identification has learnt since) or a YAML file, which may name the preset it starts from
    by `preset: NAME`. Every setting can be given behind it: `--print-config` shows them all with
    their meaning and their values.

    Ctrl-C stops after the current iteration; `--resume` goes on, also after a crash.

    On several GPUs: torchrun --nproc-per-node 4 -m tacan train ...; on several machines besides
    --nnodes 2 --rdzv-backend c10d --rdzv-endpoint HOST:PORT on each, with OUT on a disk they share.
    The losses see the whole batch; batch normalisation keeps to each process' part of it, unless
    --run.sync_batch_norm true is given.

    Example: tacan train demo --data.root people --run.iterations 300 --out runs/first

    Parameters
    ----------
    config
        A preset (paper, strong, demo) or a YAML file.
    overrides
        Settings that differ: --section.setting VALUE, or --section.setting=VALUE.
    out
        The run's folder. By default runs/NAME, after the preset or the file, in the working
        directory; for a run's own config.yaml with --resume, that run's folder.
    resume
        Go on with the run in the folder.
    fetch
        Let timm fetch the encoder's first weights from the network, as paper and strong need.
    change_iterations
        With --resume, go on to another number of --run.iterations though the learning rate depends
        on it. The weights are then not those of a run that had this length from the beginning.
    print_config
        Only print all settings as YAML, with their meaning, and stop.
    """
    from tacan.cli.console import say
    from tacan.config import config_yaml, load_config
    from tacan.config.load import parse_overrides

    settings = load_config(config, parse_overrides(overrides))
    if print_config:
        say(config_yaml(settings).rstrip())
        return
    folder = out or _default_folder(config, resume=resume)

    from tacan.training import TrainingStopped
    from tacan.training import train as run
    from tacan.training.processes import Processes

    is_first = Processes.from_torchrun().is_first

    try:
        with _display(silent=not is_first) as listeners:
            record = run(
                settings,
                folder,
                resume=resume,
                fetch=fetch,
                change_iterations=change_iterations,
                progress=listeners.progress,
                on_row=listeners.on_row,
                on_validation=listeners.on_validation,
            )
    except TrainingStopped as stopped:
        if is_first:
            _say_how_to_go_on(stopped)
        sys.exit(128 + stopped.signal_number)
    if is_first:
        _make_ready(record.model_folder)
        _say_result(record, settings)


def _default_folder(config: str, *, resume: bool) -> Path:
    path = Path(config)
    if resume and path.name == "config.yaml":
        return path.parent
    return Path("runs") / path.stem


def _say_how_to_go_on(stopped: TrainingStopped) -> None:
    from tacan.cli.console import note

    again = shlex.join(["tacan", "train", str(stopped.run / "config.yaml"), "--resume"])
    note(
        f"tacan: stopped after iteration {stopped.iteration} of {stopped.iterations}, which is "
        f"kept. Go on by\n  {again}\n"
        f"What it has learnt so far can be used already, as --model {shlex.quote(str(stopped.run))}"
    )


def _make_ready(folder: Path) -> None:
    """Exports the model into its own folder, so that a faster runtime computes it from now on."""
    from tacan.cli.console import note
    from tacan.embeddings.own_runtime import make_ready
    from tacan.errors import EncoderError

    try:
        make_ready(folder)
    except EncoderError as error:
        note(f"Torch will compute this model on CPUs, too, and not a faster runtime: {error}")


def _say_result(record: RunRecord, settings: TrainConfig) -> None:
    from tacan.cli.console import say

    losses = ", ".join(f"{name} {value:.3f}" for name, value in record.notes["losses"].items())
    say(f"{record.iterations} iterations on {record.n_identities} identities; {losses}")
    scores = record.notes["validation"]
    if "mAP" in scores:
        say(f"held-out identities: mAP {scores['mAP']:.1%}, Rank-1 {scores['rank_1']:.1%}")
    say(f"model: {record.model_folder}")
    best = record.folder / "best"
    if best.is_dir():
        say(f"best in a validation: {best}")
    say("what it is worth on the test people:")
    for words in _next_commands(record.folder, settings):
        say(f"  {shlex.join(words)}")


def _next_commands(run: Path, settings: TrainConfig) -> tuple[list[str], list[str]]:
    """The commands to run after a training: the test half embedded, and its score."""
    data, features = settings.data, str(run / "features.npz")
    embed = ["tacan", "embed", "--model", str(run), "--dataset", data.dataset]
    embed += ["--root", str(data.root)]
    given = {
        "--split-number": data.split_number,
        "--variant": data.variant,
        "--splits-file": data.splits_file,
        "--split-seed": data.split_seed,
    }
    for option, value in given.items():
        embed += [] if value is None else [option, str(value)]
    protocol = PROTOCOLS.get(data.dataset, "cross-camera")
    return [*embed, "--out", features], ["tacan", "evaluate", features, "--protocol", protocol]


@contextmanager
def _display(*, silent: bool) -> Iterator[Listeners]:
    """A bar on standard error with loss, rate and time left; plain lines where it is a file."""
    from tacan.training.fit import Listeners

    listeners: Listeners
    if silent:
        yield Listeners()
    elif sys.stderr.isatty():
        with _bar() as listeners:
            yield listeners
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Listeners]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from tacan.training.fit import Listeners

    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, speed_estimate_period=300) as bar:
        task = bar.add_task("training", total=None, state="")

        def on_progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        def on_row(row: LogRow) -> None:
            bar.update(task, state=_state(row))

        def on_validation(iteration: int, scores: Any) -> None:
            bar.console.print(_validated(iteration, scores))

        yield Listeners(on_progress, on_row, on_validation)


def _lines() -> Listeners:
    from tacan.cli.console import note
    from tacan.training.fit import Listeners

    begun = time.monotonic()
    first = done = total = -1
    last_line = begun - SECONDS_BETWEEN_LINES

    def on_progress(now_done: int, now_total: int) -> None:
        nonlocal first, done, total
        done, total = now_done, now_total
        first = done if first < 0 else first

    def on_row(row: LogRow) -> None:
        nonlocal last_line
        now = time.monotonic()
        if now - last_line < SECONDS_BETWEEN_LINES and row.iteration != total:
            return
        last_line = now
        left = (now - begun) / (row.iteration - first) * (total - row.iteration)
        note(f"iteration {row.iteration}/{total}  {_state(row)}  {left:.0f} s left")

    def on_validation(iteration: int, scores: Any) -> None:
        note(_validated(iteration, scores))

    return Listeners(on_progress, on_row, on_validation)


def _state(row: LogRow) -> str:
    loss, rate = row.losses["loss"], row.learning_rate
    return f"loss {loss:.3f}  rate {rate:.1e}  {row.images_per_second:.0f} img/s"


def _validated(iteration: int, scores: Any) -> str:
    if "mAP" not in scores:
        return f"iteration {iteration}: nobody in the held-out identities is seen by two cameras"
    return (
        f"iteration {iteration}: held-out identities mAP {scores['mAP']:.1%}, "
        f"Rank-1 {scores['rank_1']:.1%}"
    )
