"""A process of its own that runs through files, and hands what comes out to this one.

What people do to a picture in Python holds the interpreter's lock for about a third of the time, so
that threads alone can't keep more than three cores busy. The gallery stays with this process: it is
the only writer.

Jobs go to the worker's standard input and messages come from its standard output, pickled. It keeps
nothing that it has not told: where it is stopped or killed, only the work since then is lost.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO, Any, cast

from tacan.embeddings.model_choice import ModelChoice
from tacan.errors import StorageError, TacanError
from tacan.indexing.chain_run import ChainJob, ChainListener, ChainOutcome
from tacan.indexing.worker_messages import (
    Defect,
    Finished,
    Frame,
    Message,
    Progressed,
    Saved,
    Stored,
)
from tacan.video.detection_source import DetectionSource

__all__ = ["StoppedError", "WorkerProcess", "WorkerTask"]

PROGRAM = "tacan.indexing.worker"
STOP_SECONDS = 5.0


class StoppedError(Exception):
    """The worker was stopped by its owner."""


@dataclass(frozen=True, slots=True)
class WorkerTask:
    """What all jobs of a worker have in common: the model of that fingerprint, frames that it sees
    at once, threads, and whether somebody looks at frames."""

    model: ModelChoice
    fingerprint: str
    batch_frames: int
    threads: int
    wants_frames: bool = False


class WorkerProcess:
    """Runs jobs one after another, as `chain_run.ChainRunner` says. The process starts with the
    first of them, and ends with `stop`."""

    def __init__(self, task: WorkerTask) -> None:
        self._task = task
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._guard = threading.Lock()

    def __call__(
        self,
        job: ChainJob,
        *,
        detections: DetectionSource,  # noqa: ARG002  (opened there anew)
        listener: ChainListener,
    ) -> ChainOutcome:
        """Raises as `run_chain` does, `StoppedError`, and `StorageError` where the process dies."""
        process = self._started()
        self._send(process, job)
        storing = 0.0
        while True:
            message = self._received(process)
            match message:
                case Stored(place, tracklets):
                    began = time.perf_counter()
                    listener.store(place, tracklets)
                    storing += time.perf_counter() - began
                case Saved(place, first, block):
                    listener.save_detections(place, first, block)
                case Frame(place, found):
                    listener.watch.frame(place, found)
                case Progressed(done, seconds):
                    listener.watch.progress(done, {**seconds, "storing": storing})
                case Finished(outcome):
                    return outcome.with_storing(storing)
                case Defect(trace):
                    raise RuntimeError(f"a worker failed:\n{trace}")
                case TacanError():
                    raise message

    def stop(self) -> None:
        """Ends the process, whatever it is at; may be called from any thread."""
        with self._guard:
            self._stopped = True
            process = self._process
        if process is None:
            return
        process.kill()
        process.wait(STOP_SECONDS)

    def _started(self) -> subprocess.Popen[bytes]:
        with self._guard:
            if self._stopped:
                raise StoppedError
            if self._process is None:
                self._process = subprocess.Popen(  # noqa: S603  (a program of this package)
                    [sys.executable, "-m", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
                self._send(self._process, self._task)
            return self._process

    def _send(self, process: subprocess.Popen[bytes], thing: Any) -> None:
        to_worker = cast("IO[bytes]", process.stdin)
        try:
            pickle.dump(thing, to_worker)
            to_worker.flush()
        except OSError as error:
            raise self._ended(process) from error

    def _received(self, process: subprocess.Popen[bytes]) -> Message:
        try:
            return pickle.load(cast("IO[bytes]", process.stdout))  # noqa: S301  (of our own process)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise self._ended(process) from error

    def _ended(self, process: subprocess.Popen[bytes]) -> Exception:
        """Why nothing more comes from the worker."""
        if self._stopped:
            return StoppedError()
        status = process.wait()
        how = f"signal {-status}" if status < 0 else f"status {status}"
        return StorageError(
            "every process that indexes must stay alive",
            got=f"one that ended with {how}",
            remedy="The memory may not be enough for so many: give --at-once 1. The same command "
            "goes on from where they were.",
        )
