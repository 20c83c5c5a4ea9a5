"""Streams that are indexed at the same time, each by a worker process, with one writer."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from tacan.indexing.plan_streams import StreamFile
from tacan.indexing.worker_process import WorkerProcess

__all__ = ["by_camera", "run_at_once", "usual_streams"]

CORES_A_STREAM = 2
"""What a stream keeps busy: 1.7 of 2 cores where there are no more."""
POLL_SECONDS = 0.25

Stream = Sequence[StreamFile]


def usual_streams(threads: int) -> int:
    """How many streams are indexed at the same time unless told otherwise."""
    return max(1, threads // CORES_A_STREAM)


def by_camera(streams: Sequence[Stream]) -> list[list[Stream]]:
    """The streams of each camera, which are indexed one after another: its tracklets are numbered
    in the order in which they are stored."""
    found: dict[str, list[Stream]] = {}
    for stream in streams:
        found.setdefault(stream[0].source.camera, []).append(stream)
    return list(found.values())


def run_at_once(
    groups: Sequence[Sequence[Stream]],
    workers: Sequence[WorkerProcess],
    index: Callable[[Stream, WorkerProcess], None],
) -> None:
    """Calls `index` for each stream of each group, in a thread for each worker, which takes group
    after group.

    The first error ends all, as an interruption does; it is raised when the threads have ended.
    The workers are stopped in the end.
    """
    waiting = deque(groups)
    errors: list[BaseException] = []

    def take_turns(worker: WorkerProcess) -> None:
        try:
            while waiting and not errors:
                for stream in waiting.popleft():
                    index(stream, worker)
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=take_turns, args=(each,), name="tacan-stream", daemon=True)
        for each in workers
    ]
    try:
        for thread in threads:
            thread.start()
        while not errors and any(thread.is_alive() for thread in threads):
            next(thread for thread in threads if thread.is_alive()).join(POLL_SECONDS)
    finally:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
