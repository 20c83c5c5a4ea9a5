"""The threads of a task of the cluster."""

from __future__ import annotations

from tacan.cores import available_cores

__all__ = ["worker_threads"]


def worker_threads(threads: int | None) -> int:
    """The threads that a task may compute with: those asked for, or this machine's cores over the
    tasks that its worker runs at a time."""
    from distributed import get_worker

    return threads or max(1, available_cores() // get_worker().state.nthreads)
