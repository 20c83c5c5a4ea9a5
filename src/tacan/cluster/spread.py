"""Jobs spread over the workers of a cluster: submitted, followed, and taken back when they end."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tacan.cluster.task_voice import run_task
from tacan.errors import ClusterError
from tacan.progress import Progress, silent
from tacan.version import VERSION

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["Outcome", "Spread"]

Job = TypeVar("Job")
Done = TypeVar("Done")

SECONDS_BETWEEN_LOOKS = 0.1


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Done]):
    """What became of job `number`: its result, or the error that it ended with."""

    number: int
    done: Done | None
    error: Exception | None = None

    def result(self) -> Done:
        """The result. Raises the error that the job ended with."""
        if self.done is None:
            raise self.error or RuntimeError("a job without a result")
        return self.done


class Spread(Generic[Job, Done]):
    """Jobs on a cluster. `work(job, progress)` is run for each by some worker, in the order of the
    jobs as workers get free; a job whose worker is lost is done again by another.

    `progress` is told of all that was added so far together, of `total`. Used as a context manager:
    at its end, whatever still runs is cancelled.
    """

    def __init__(
        self,
        client: Client,
        work: Callable[[Job, Progress], Done],
        *,
        total: int,
        progress: Progress = silent,
    ) -> None:
        self._client = client
        self._work = work
        self._topic = f"tacan-{secrets.token_hex(8)}"
        self._total = total
        self._progress = progress
        self._sizes: list[int] = []
        self._running: dict[int, int] = {}
        self._futures: dict[int, Future] = {}

    def add(self, job: Job, *, size: int, order: int | None = None) -> int:
        """Submits a job, and returns its number: they count from 0.

        `size` is in the unit in which `work` reports progress. Jobs of a lower `order` come first;
        it is the job's number when not given.
        """
        from dask import config

        number = len(self._sizes)
        self._sizes.append(size)
        self._running[number] = 0
        with config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
            self._futures[number] = self._client.submit(
                run_task,
                self._work,
                job,
                topic=self._topic,
                number=number,
                version=VERSION,
                key=f"{self._topic}-{number}",
                priority=-(number if order is None else order),
                pure=False,
            )
        return number

    def __enter__(self) -> Spread[Job, Done]:
        self._client.subscribe_topic(self._topic, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        if self._futures:
            self._client.cancel(list(self._futures.values()))
        self._client.unsubscribe_topic(self._topic)

    def __iter__(self) -> Iterator[Outcome[Done]]:
        """The outcomes, in the order in which jobs end."""
        while self._futures:
            yield from self.ended()
            self._tell()
            if self._futures:
                time.sleep(SECONDS_BETWEEN_LOOKS)

    def ended(self) -> Iterator[Outcome[Done]]:
        """The outcomes of jobs that have ended by now and were not given yet."""
        for number, future in list(self._futures.items()):
            if future.done():
                del self._futures[number], self._running[number]
                self._tell()
                yield _outcome(number, future)

    def _hear(self, event: tuple[float, Any]) -> None:
        number, done = event[1]
        if number in self._running:
            self._running[number] = min(int(done), self._sizes[number])

    def _tell(self) -> None:
        running = dict(self._running)
        left = sum(self._sizes[number] - done for number, done in running.items())
        self._progress(sum(self._sizes) - left, self._total)


def _outcome(number: int, future: Future) -> Outcome[Any]:
    """The outcome of a future that has ended."""
    if future.status == "finished":
        try:
            return Outcome(number, future.result())
        except OSError as error:  # its worker was lost as the result was fetched
            return Outcome(number, None, _lost(error))
    if future.status == "error":
        error: Any = future.exception()
        if type(error).__name__ == "KilledWorker":
            return Outcome(number, None, _lost(error))
        if isinstance(error, ModuleNotFoundError):
            return Outcome(number, None, _not_installed(error))
        return Outcome(number, None, error)
    return Outcome(number, None, _lost("the connection to the scheduler was lost"))


def _lost(why: object) -> ClusterError:
    return ClusterError(
        "the scheduler must stay reachable, and a task must not end its workers",
        got=f"{why}",
        remedy="Look at the workers' logs (memory is the usual reason); what is done is stored, "
        "and the same command goes on.",
    )


def _not_installed(error: Exception) -> ClusterError:
    return ClusterError(
        "every worker must have TACAN installed with all that it needs",
        got=str(error),
        remedy="Install it in the environment in which `dask worker` runs.",
    )
