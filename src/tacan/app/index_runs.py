"""Runs of `tacan index` that the page starts: processes of their own, which outlive the server.

Beside a gallery's folder `people.gallery` lies `.people.gallery.indexing`: the list of videos, the
command's other words, what it writes, and how far it is (`tacan index --status`). So a server
that is started later finds a run that is at work, or that was killed, and goes on with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import yaml

from tacan.errors import ConfigError, StorageError
from tacan.files import write_text
from tacan.indexing.index_status import (
    FRAME,
    STOP,
    IndexStatus,
    is_at_work,
    read_status,
)

__all__ = ["ChosenVideo", "IndexRuns", "RunNow"]

RunState = Literal["none", "starting", "running", "done", "stopped", "failed", "killed"]
TAIL = 1500
"""Letters of what a run wrote that are told where it ended without a word."""
GALLERY_WAIT = "30"
"""Seconds that a run waits for a change that the page makes to the gallery."""


@dataclass(frozen=True, slots=True)
class ChosenVideo:
    """A video to index. `boxes` is a file of ready boxes, where there is one."""

    path: Path
    camera: str
    start: datetime | None = None
    boxes: Path | None = None


@dataclass(frozen=True, slots=True)
class RunNow:
    """How far the newest run of a gallery is; `killed` where it ended without a word."""

    state: RunState
    status: IndexStatus
    videos: tuple[str, ...] = ()
    has_frame: bool = False

    @property
    def is_at_work(self) -> bool:
        return self.state in ("starting", "running")

    @property
    def can_go_on(self) -> bool:
        return self.state in ("stopped", "failed", "killed")


class IndexRuns:
    """The newest run of each gallery, which is known by its folder; where a run begins, `place` is
    what the command names the gallery by: this folder, or an address on a server."""

    def __init__(self) -> None:
        self._processes: dict[Path, subprocess.Popen[bytes]] = {}
        self._guard = threading.Lock()

    def start(
        self,
        gallery: Path,
        videos: Sequence[ChosenVideo],
        *,
        place: Path | str,
        detector: str,
        model: str,
    ) -> None:
        """Begins a run. Raises `ConfigError` while another is at work on this gallery."""
        folder = _folder(gallery)
        entries: list[dict[str, Any]] = []
        for video in videos:
            entry: dict[str, Any] = {"path": str(video.path), "camera": video.camera}
            if video.start is not None:
                entry["start"] = video.start.isoformat()
            entry["detector"] = detector if video.boxes is None else f"mot:{video.boxes}"
            entries.append(entry)
        with self._guard:
            self._require_rest(gallery)
            _make(folder)
            text = yaml.safe_dump(entries, allow_unicode=True, sort_keys=False)
            write_text(folder / "sources.yaml", text)
            write_text(folder / "run.json", json.dumps({"model": model}))
            self._begin(gallery, place)

    def go_on(self, gallery: Path, *, place: Path | str) -> None:
        """Begins the newest run again, which goes on where it stopped. Raises `ConfigError`."""
        with self._guard:
            self._require_rest(gallery)
            if not (_folder(gallery) / "run.json").is_file():
                raise ConfigError(["nothing was begun here"], source="indexing")
            self._begin(gallery, place)

    def stop(self, gallery: Path) -> None:
        """Asks the run to stop, which it does before the next frame."""
        if self.now(gallery).is_at_work:
            (_folder(gallery) / "status" / STOP).touch()

    def now(self, gallery: Path) -> RunNow:
        """How far the newest run of this gallery is."""
        folder = _folder(gallery)
        process = self._processes.get(gallery)
        is_ours = process is not None and process.poll() is None
        at_work = is_ours or is_at_work(folder / "status")
        status = read_status(folder / "status")
        if status is None:
            if at_work:
                return RunNow("starting", IndexStatus(), _videos(folder))
            return RunNow("none", IndexStatus())
        state: RunState = status.state
        if not at_work and state in ("starting", "running"):
            state = "killed"
            ended = process is not None and (process.returncode or 0) > 0
            if ended:  # it said why before it could write its state
                told = _tail(folder / "output.txt")
                state, status = "failed", IndexStatus(state="failed", told=told)
        return RunNow(state, status, _videos(folder), self.frame(gallery).is_file())

    def frame(self, gallery: Path) -> Path:
        """Where the picture of the frame at hand lies, if there is one."""
        return _folder(gallery) / "status" / FRAME

    def _require_rest(self, gallery: Path) -> None:
        if self.now(gallery).is_at_work:
            fault = "one run at a time adds to a gallery: wait for it, or stop it"
            raise ConfigError([fault], source="indexing")

    def _begin(self, gallery: Path, place: Path | str) -> None:
        folder = _folder(gallery)
        model = json.loads((folder / "run.json").read_text(encoding="utf-8"))["model"]
        status = folder / "status"
        _make(status)
        (status / STOP).unlink(missing_ok=True)
        write_text(status / "status.json", json.dumps({"state": "starting"}))
        command = [
            *(sys.executable, "-m", "tacan", "index", str(place)),
            *("--sources", str(folder / "sources.yaml"), "--model", model),
            *("--wait", GALLERY_WAIT, "--status", str(status)),
        ]
        with (folder / "output.txt").open("wb") as output:
            process = subprocess.Popen(  # noqa: S603  (our own command; paths were checked)
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C on the server's terminal is not meant for it
            )
        self._processes[gallery] = process
        threading.Thread(target=process.wait, daemon=True).start()


def _folder(gallery: Path) -> Path:
    return gallery.with_name(f".{gallery.name}.indexing")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            "indexing needs a folder beside the gallery that can be written to",
            got=f"{folder}: {error.strerror or error}",
            remedy="Check its permissions.",
        ) from error


def _videos(folder: Path) -> tuple[str, ...]:
    try:
        entries = yaml.safe_load((folder / "sources.yaml").read_text(encoding="utf-8"))
        return tuple(Path(entry["path"]).name for entry in entries)
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        return ()


def _tail(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-TAIL:].strip()
    except OSError:
        return ""
