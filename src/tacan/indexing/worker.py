"""The program of a worker process: `python -m tacan.indexing.worker`, see `worker_process`."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from typing import BinaryIO

from tacan.errors import TacanError
from tacan.gallery.gallery_records import NewTracklet
from tacan.indexing.chain_run import ChainJob, run_chain
from tacan.indexing.index_status import FRAME_EVERY
from tacan.indexing.stream_run import StreamTools
from tacan.indexing.stream_watch import StreamWatch
from tacan.indexing.worker_messages import (
    Defect,
    Finished,
    Frame,
    Message,
    Progressed,
    Saved,
    Stored,
)
from tacan.indexing.worker_process import WorkerTask
from tacan.video.detection_source import open_detection_source
from tacan.video.video_records import FrameDetections

__all__ = ["main"]


class Owner(StreamWatch):
    """The process that started this one, as a `ChainListener`: what it is told, it is sent."""

    def __init__(self, out: BinaryIO, *, wants_frames: bool) -> None:
        self._out = out
        self._guard = threading.Lock()
        self._wants_frames = wants_frames
        self._frame_due = 0.0

    @property
    def watch(self) -> StreamWatch:
        return self

    def send(self, message: Message) -> None:
        """Ends this process where the owner is gone."""
        try:
            with self._guard:
                pickle.dump(message, self._out)
                self._out.flush()
        except OSError:
            os._exit(1)

    def store(self, place: int, tracklets: list[NewTracklet]) -> None:
        self.send(Stored(place, tracklets))

    def save_detections(self, place: int, first: int, block: bytes) -> None:
        self.send(Saved(place, first, block))

    def frame(self, place: int, found: FrameDetections) -> None:
        now = time.monotonic()
        if self._wants_frames and now >= self._frame_due:
            self._frame_due = now + FRAME_EVERY
            self.send(Frame(place, found))

    def progress(self, done: int, seconds: Mapping[str, float]) -> None:
        self.send(Progressed(done, seconds))


def main() -> None:
    """Runs jobs from standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner is interrupted, and stops us
    # Whatever else prints is not to be taken for a message.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    task: WorkerTask = pickle.load(sys.stdin.buffer)  # noqa: S301  (of our owner)
    owner = Owner(out, wants_frames=task.wants_frames)
    jobs: queue.SimpleQueue[ChainJob] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(jobs,), daemon=True).start()
    while True:
        owner.send(_done(jobs.get(), task, owner))


def _read(jobs: queue.SimpleQueue[ChainJob]) -> None:
    """Takes jobs as they come; ends this process when no more can come, even amid a job."""
    while True:
        try:
            jobs.put(pickle.load(sys.stdin.buffer))  # noqa: S301  (of our owner)
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(0)


def _done(job: ChainJob, task: WorkerTask, owner: Owner) -> Message:
    """The last message of a job."""
    import torch

    try:
        torch.set_num_threads(task.threads)
        embedder = task.model.open_same(task.fingerprint, threads=task.threads)
        first = job.first
        detections = open_detection_source(
            first.settings, video=first.path, camera=first.camera, threads=task.threads
        )
        return Finished(run_chain(job, StreamTools(embedder, detections, task.batch_frames), owner))
    except TacanError as error:
        return error
    except Exception:
        return Defect(traceback.format_exc())


if __name__ == "__main__":
    main()
