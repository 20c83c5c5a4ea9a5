"""What all commands share: progress on standard error, results on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tacan.files import write_text
from tacan.progress import Progress, Stage, silent
from tacan.text import for_terminal

__all__ = [
    "live_line",
    "note",
    "progress_bar",
    "progress_on_demand",
    "progress_on_terminal",
    "say",
    "show_stage",
    "write_json",
]


@contextmanager
def progress_bar(description: str, unit: str) -> Iterator[Progress]:
    """A bar on standard error with what is done, the time taken and the time left."""
    # rich takes a good part of a short command's time to import, and not all commands need it.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress

    columns = (
        # Markup is off: a bracket in a name is no style.
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with RichProgress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(for_terminal(description), total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield report


@contextmanager
def live_line() -> Iterator[Callable[[str], None]]:
    """A line on standard error that changes, where somebody is looking."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    with console.status("") as status:
        yield lambda text: status.update(Text(for_terminal(text)))


@contextmanager
def progress_on_demand(description: str, unit: str) -> Iterator[Progress]:
    """A bar from the first report on; nothing where none comes."""
    with ExitStack() as stack:
        bars: list[Progress] = []

        def report(done: int, total: int) -> None:
            if not bars:
                bars.append(stack.enter_context(progress_bar(description, unit)))
            bars[0](done, total)

        yield report


@contextmanager
def progress_on_terminal(description: str, unit: str) -> Iterator[Progress]:
    """A bar where somebody is looking; nothing where standard error goes to a file."""
    if not sys.stderr.isatty():
        yield silent
        return
    with progress_bar(description, unit) as progress:
        yield progress


@contextmanager
def show_stage(stage: Stage) -> Iterator[Progress]:
    """A bar for a stage of long work, or a line that it was done before."""
    title = f"[{stage.number}/{stage.count}] {stage.title}"
    if stage.done:
        took = "" if stage.seconds is None else f", in {stage.seconds:.0f} s"
        note(f"{title}: done before{took}")
        yield silent
        return
    with progress_bar(title, stage.unit) as progress:
        yield progress


def say(text: str) -> None:
    """A result, on standard output, with nothing in it that would act on a terminal."""
    sys.stdout.write(f"{for_terminal(text)}\n")


def note(text: str) -> None:
    """Something worth knowing that is no result, on standard error."""
    sys.stderr.write(f"{for_terminal(text)}\n")


def write_json(target: str, data: Mapping[str, Any]) -> None:
    """`data` as JSON with exact numbers, to the file `target`, or to standard output for `-`."""
    plain = target == "-" and (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    text = json.dumps(data, indent=2, ensure_ascii=plain)
    if target == "-":
        say(text)
    else:
        write_text(Path(target), text + "\n")
