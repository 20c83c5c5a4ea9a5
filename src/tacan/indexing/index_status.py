"""How far a run of `tacan index` is, in a folder that other programs watch.

Legend: status.json is replaced twice a second at most, frame.jpg once; a file `stop` ends the run
as Ctrl-C does. The run holds the folder's lock, which its death releases: so a run that was killed
is told from one that is at work.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from tacan.errors import StorageError, TacanError
from tacan.runs.lock import FOLDER_LOCK, ProcessLock
from tacan.video.video_records import FrameDetections

__all__ = [
    "FRAME_EVERY",
    "IndexStatus",
    "IndexWatch",
    "StatusFolder",
    "is_at_work",
    "read_status",
    "run_status",
]

State = Literal["starting", "running", "done", "stopped", "failed"]
STATUS, FRAME, STOP = "status.json", "frame.jpg", "stop"
STATUS_EVERY, FRAME_EVERY = 0.5, 1.0
"""Seconds between two states, and between two pictures."""
FRAME_SIDE = 640
"""Pixels of the longer side of the picture, at most."""
MARK = (255, 211, 77)
LOCK_WAIT = 5.0
"""Seconds: somebody who only looks whether a run is at work holds the lock for a moment."""


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How far a run is: frames of video over all sources, the file that was looked at last, seconds
    that each stage was at work, and what there is to tell at the end."""

    state: State = "starting"
    done: int = 0
    total: int = 0
    file: str = ""
    n_found: int = 0
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    told: str = ""


class IndexWatch:
    """Told of a run while it goes on; this one does nothing."""

    wants_frames = False
    """Whether it does anything with frames."""

    def frame(self, name: str, found: FrameDetections) -> None:
        """A frame of the file of that name was looked at. Called in other threads."""

    def stages(self, seconds: Mapping[str, float]) -> None:
        """Seconds that each stage was at work."""

    def found(self, count: int) -> None:
        """So many tracklets were stored."""

    def progress(self, done: int, total: int) -> None:
        """So many frames are done."""


class StatusFolder(IndexWatch):
    """Writes what it is told of into a folder."""

    wants_frames = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = ""
        self._n_found = 0
        self._seconds: Mapping[str, float] = {}
        self._frames = (0, 0)
        self._next = {STATUS: 0.0, FRAME: 0.0}
        self._guard = threading.Lock()

    def frame(self, name: str, found: FrameDetections) -> None:
        if self._is_due(FRAME, FRAME_EVERY):
            self._file = name
            with suppress(OSError):  # the run goes on without its picture
                self._write(FRAME, _picture(found))

    def stages(self, seconds: Mapping[str, float]) -> None:
        self._seconds = dict(seconds)

    def found(self, count: int) -> None:
        self._n_found += count

    def progress(self, done: int, total: int) -> None:
        """Raises `KeyboardInterrupt` where the run is asked to stop."""
        self._frames = done, total
        if (self._folder / STOP).exists():
            raise KeyboardInterrupt
        if self._is_due(STATUS, STATUS_EVERY):
            self.write("running")

    def write(self, state: State, told: str = "") -> None:
        """Writes the state now."""
        done, total = self._frames
        status = IndexStatus(
            state=state,
            done=done,
            total=total,
            file=self._file,
            n_found=self._n_found,
            stage_seconds=self._seconds,
            told=told,
        )
        with suppress(OSError):
            self._write(STATUS, json.dumps(asdict(status)).encode())

    def _is_due(self, name: str, every: float) -> bool:
        with self._guard:
            now = time.monotonic()
            due = now >= self._next[name]
            if due:
                self._next[name] = now + every
            return due

    def _write(self, name: str, data: bytes) -> None:
        draft = self._folder / f".{name}"
        draft.write_bytes(data)
        os.replace(draft, self._folder / name)  # noqa: PTH105  (who watches sees the whole or none)


@contextmanager
def run_status(folder: Path | None) -> Iterator[IndexWatch]:
    """A block in which a run is watched through `folder`, which is made; None is nobody.

    How it ends is written there. Raises `StorageError` where another run is at work in it, or
    nothing can be written.
    """
    if folder is None:
        yield IndexWatch()
        return
    lock = ProcessLock(folder / FOLDER_LOCK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_held = lock.acquire(wait=LOCK_WAIT)
        (folder / STOP).unlink(missing_ok=True)
        (folder / FRAME).unlink(missing_ok=True)
    except (OSError, sqlite3.OperationalError) as error:
        raise StorageError(
            "--status must name a folder that can be written to",
            got=f"{folder}: {getattr(error, 'strerror', None) or error}",
            remedy="Choose another folder.",
        ) from error
    if not is_held:
        raise StorageError(
            "--status must name a folder of its own",
            got=f"{folder}, where another run is at work",
            remedy="Wait for it, or choose another folder.",
        )
    watch = StatusFolder(folder)
    watch.write("starting")
    try:
        yield watch
        watch.write("done")
    except KeyboardInterrupt:
        watch.write("stopped")
        raise
    except TacanError as error:
        watch.write("failed", str(error))
        raise
    except BaseException as error:
        watch.write("failed", f"{type(error).__name__}: {error}")
        raise
    finally:
        with suppress(OSError):
            (folder / FRAME).unlink(missing_ok=True)  # people are on it
        lock.release()


def read_status(folder: Path) -> IndexStatus | None:
    """What was written last; None where nothing was."""
    try:
        return IndexStatus(**json.loads((folder / STATUS).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def is_at_work(folder: Path) -> bool:
    """Whether a run is at work that is watched through this folder."""
    lock = ProcessLock(folder / FOLDER_LOCK)
    if not (folder / FOLDER_LOCK).exists():
        return False
    try:
        free = lock.acquire()
    except sqlite3.OperationalError:
        return False
    lock.release()
    return not free


def _picture(found: FrameDetections) -> bytes:
    """The frame, small, with a line around everybody who was detected, as JPEG."""
    import simplejpeg

    image = found.frame.image
    step = max(1, -(-max(image.shape[:2]) // FRAME_SIDE))
    small = np.ascontiguousarray(image[::step, ::step])
    height, width = small.shape[:2]
    for x1, y1, x2, y2 in (found.detections.boxes / step).astype(int).tolist():
        left, right = np.clip((x1, x2 - 1), 0, width - 1)
        top, bottom = np.clip((y1, y2 - 1), 0, height - 1)
        small[top : bottom + 1, [left, right]] = MARK
        small[[top, bottom], left : right + 1] = MARK
    return simplejpeg.encode_jpeg(small, quality=80)
