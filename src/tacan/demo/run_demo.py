"""The main job in small, from nothing: generate, train, embed, evaluate, report."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacan.demo.settings import DemoSettings
from tacan.demo.steps import PICTURE, REPORT, Step, demo_steps, read_scores
from tacan.progress import Progress, Stage, StageListener, unheard
from tacan.runs.lock import only_process_in
from tacan.runs.run_state import RunKind, RunState, remove

__all__ = ["DemoRecord", "run_demo"]


DEMO = RunKind(
    "a demo",
    "demo.json",
    "Choose another folder by --out, or start over by --fresh.",
    unknown_differs=True,
)


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


def run_demo(
    settings: DemoSettings, out: Path, *, fresh: bool = False, listener: StageListener = unheard
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
        Where `out` holds something else or a demo with other settings, where another process is
        at work in it, or it can't be written.
    """
    with only_process_in(out):
        return _run(settings, out, fresh=fresh, listener=listener)


def _run(settings: DemoSettings, out: Path, *, fresh: bool, listener: StageListener) -> DemoRecord:
    plain = settings.record()
    if fresh:
        planned = demo_steps(settings, out, {})
        names = [name for step in planned for name in (*step.makes, *step.partials)]
        state = RunState.start_over(DEMO, out, plain, names)
    else:
        state = RunState.open_or_create(DEMO, out, plain)
    steps = demo_steps(settings, out, state.seconds)
    n_done = _prepare(steps, state, out)
    for number, step in enumerate(steps, start=1):
        done = number <= n_done
        before = state.seconds[step.name] if done else None
        stage = Stage(number, len(steps), step.title, step.unit, done=done, seconds=before)
        with listener(stage) as progress:
            if not done:
                _work(step, state, progress)
    return DemoRecord(
        out=out,
        report=out / REPORT,
        picture=out / PICTURE,
        scores=read_scores(out),
        seconds=dict(state.seconds),
        skipped=tuple(step.name for step in steps[:n_done]),
    )


def _prepare(steps: tuple[Step, ...], state: RunState, out: Path) -> int:
    """How many steps, from the first on, are done. What was made after them is removed.

    A step that was interrupted keeps what it has, to go on from there.
    """
    n_done = 0
    for step in steps:
        if step.name not in state.done or not all((out / name).exists() for name in step.makes):
            break
        n_done += 1
    stale = [step for step in steps[n_done:] if step.name in state.done]
    remove(out, [name for step in stale for name in step.makes])
    state.reset(step.name for step in stale)
    return n_done


def _work(step: Step, state: RunState, progress: Progress) -> None:
    began = time.monotonic()
    try:
        step.work(progress)
    except BaseException:
        state.note(step.name, time.monotonic() - began, done=False)
        raise
    state.note(step.name, time.monotonic() - began, done=True)
