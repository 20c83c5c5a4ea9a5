"""The main job in small, from nothing: generate, train, embed, evaluate, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacan.demo.settings import DemoSettings
from tacan.demo.steps import PICTURE, REPORT, Step, demo_steps, read_scores
from tacan.progress import Progress, silent
from tacan.runs.demo_folder import Ledger, remove

__all__ = ["DemoRecord", "Listener", "StepNotice", "run_demo"]


@dataclass(frozen=True, slots=True)
class StepNotice:
    """Which step of how many begins; or was done before, in `seconds`, and is passed over."""

    number: int
    count: int
    title: str
    unit: str
    seconds: float | None


Listener = Callable[[StepNotice], AbstractContextManager[Progress]]
"""Told of each step; the step runs in the block that it gives and reports its progress there."""


@dataclass(frozen=True, slots=True)
class DemoRecord:
    """A finished demo. `scores` holds, for each method's name, what `tacan evaluate --json` says
    of it and its `occlusion_auc`; `seconds` the time of each step; `skipped` those done before.
    """

    out: Path
    report: Path
    picture: Path
    scores: Mapping[str, Mapping[str, Any]]
    seconds: Mapping[str, float]
    skipped: tuple[str, ...]


def _silently(notice: StepNotice) -> AbstractContextManager[Progress]:
    del notice
    return nullcontext(silent)


def run_demo(
    settings: DemoSettings, out: Path, *, fresh: bool = False, listener: Listener = _silently
) -> DemoRecord:
    """Makes the demo in the folder `out`, or what is left to do of it.

    Steps that were finished in `out` before, with the same settings, are not done again, and a
    training that was stopped goes on. Once one step is done anew, so are all that follow it.

    Parameters
    ----------
    settings
        What the demo is made from.
    out
        Its folder: new, empty, or that of an earlier demo.
    fresh
        Remove what an earlier demo made in `out` and start over.
    listener
        Told of each step.

    Raises
    ------
    ConfigError
        For settings that can't work.
    StorageError
        Where `out` holds something else, a demo with other settings, or can't be written.
    """
    plain = settings.record()
    if fresh:
        planned = demo_steps(settings, out, {})
        names = [name for step in planned for name in (*step.makes, *step.scraps)]
        ledger = Ledger.start_over(out, plain, names)
    else:
        ledger = Ledger.open(out, plain)
        ledger.write()
    steps = demo_steps(settings, out, ledger.seconds)
    n_done = _prepare(steps, ledger, out)
    for number, step in enumerate(steps, start=1):
        before = ledger.seconds[step.name] if number <= n_done else None
        with listener(StepNotice(number, len(steps), step.title, step.unit, before)) as progress:
            if number > n_done:
                _work(step, ledger, progress)
    return DemoRecord(
        out=out,
        report=out / REPORT,
        picture=out / PICTURE,
        scores=read_scores(out),
        seconds=dict(ledger.seconds),
        skipped=tuple(step.name for step in steps[:n_done]),
    )


def _prepare(steps: tuple[Step, ...], ledger: Ledger, out: Path) -> int:
    """How many steps, from the first on, are done. What was made after them is removed.

    A step that was interrupted keeps what it has, to go on from there.
    """
    n_done = 0
    for step in steps:
        if step.name not in ledger.done or not all((out / name).exists() for name in step.makes):
            break
        n_done += 1
    stale = [step for step in steps[n_done:] if step.name in ledger.done]
    remove(out, [name for step in stale for name in step.makes])
    ledger.forget(step.name for step in stale)
    return n_done


def _work(step: Step, ledger: Ledger, progress: Progress) -> None:
    began = time.monotonic()
    try:
        step.work(progress)
    except BaseException:
        ledger.note(step.name, time.monotonic() - began, done=False)
        raise
    ledger.note(step.name, time.monotonic() - began, done=True)
