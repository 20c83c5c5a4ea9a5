"""What a task on a worker says while it runs, and how it hears that nobody waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from tacan.errors import ClusterError
from tacan.progress import Progress
from tacan.version import VERSION

__all__ = ["run_task"]

Job = TypeVar("Job")
Done = TypeVar("Done")

SECONDS_BETWEEN = 0.5
GONE = ("cancelled", "released", "forgotten", "erred")


class AbandonedError(Exception):
    """Whoever asked for the task has left: nothing is to be done any more."""


def run_task(
    work: Callable[[Job, Progress], Done], job: Job, *, topic: str, number: int, version: str
) -> Done:
    """Runs `work(job, progress)` within a worker, and tells the `topic` how far it is.

    It ends early where the task was cancelled, as when whoever asked for it was interrupted or
    killed. Raises `ClusterError` where the worker has another version of TACAN.
    """
    from distributed import get_worker

    worker = get_worker()
    if version != VERSION:
        raise ClusterError(
            f"all workers must have the same version of TACAN, here {version}",
            got=f"{VERSION} on {worker.address}",
            remedy="Install the same one everywhere.",
        )
    return work(job, _voice(worker, topic, number))


def _voice(worker: Any, topic: str, number: int) -> Progress:
    key = worker.get_current_task()
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        del total
        task = worker.state.tasks.get(key)
        if task is None or task.state in GONE:
            raise AbandonedError
        if time.monotonic() - last > SECONDS_BETWEEN:
            last = time.monotonic()
            worker.log_event(topic, (number, int(done)))

    return tell
