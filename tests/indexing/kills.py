"""Kills indexing runs and lets them go on: a program of its own, since it forks.

    python -m tests.indexing.kills VIDEO FOLDER KILLS CONNECT

Makes FOLDER/undisturbed, and FOLDER/killed-N for each kill. Each of those is indexed by a process
that is killed with signal 9 at a moment of its own, and then by one that is left alone. Moments are
random, and counted in images that the detector was shown, so that they hit on a busy machine as
well. Prints JSON: for each kill, whether it hit, how many tracklets were committed by then, and how
many images the second run still showed to the detector.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tacan.embeddings.embedder import TacanEmbedder
from tacan.gallery import ModelInfo, open_gallery
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.index_videos import index_videos
from tacan.indexing.video_source import VideoSource
from tacan.video import detection_cache, detection_source
from tacan.video.track import open_tracker
from tacan.video.video_records import Detections
from tests.indexing.scenes import BlockDetector, small_embedder

SETTINGS = IndexSettings(detector="blocks", tiles=None, max_crops=3, embedded_frames=16)
N_FRAMES = 120


class CountingDetector(BlockDetector):
    """Tells other processes how many images it was shown, and takes its time."""

    def __init__(self, shown: mmap.mmap) -> None:
        super().__init__(seconds=0.004)
        self._shown = shown

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, tiles: bool = False
    ) -> list[Detections]:
        found = super().detect(images)
        self._shown[0] = self.calls
        return found


def main(video: Path, folder: Path, kills: int, connect: str) -> None:
    settings = SETTINGS.model_copy(update={"connect": connect})
    torch.set_num_threads(1)
    detection_cache.BLOCK_FRAMES = 8
    # What children would otherwise import or make, each for itself.
    open_tracker("bytetrack", fps=10).update(Detections.none())
    embedder = small_embedder()
    shown = mmap.mmap(-1, 1)
    os.waitpid(start(video, folder / "undisturbed", embedder, shown, settings), 0)
    moments = random.Random(0)
    told: list[dict[str, Any]] = []
    for number in range(kills):
        gallery = folder / f"killed-{number}"
        shown[0] = 0
        child = start(video, gallery, embedder, shown, settings)
        wait_until(child, N_FRAMES * (number + moments.random()) / kills, shown)
        time.sleep(0.02 * moments.random())
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        told.append({"hit": os.WIFSIGNALED(status), "committed": committed(gallery)})
        shown[0] = 0
        _, status = os.waitpid(start(video, gallery, embedder, shown, settings), 0)
        told[-1] |= {"resumed": os.waitstatus_to_exitcode(status), "calls": shown[0]}
    sys.stdout.write(json.dumps(told))


def wait_until(child: int, moment: float, shown: mmap.mmap) -> None:
    """Waits until so many images were shown; or the child has ended."""
    while shown[0] < min(moment, N_FRAMES - 1) and os.waitid(os.P_PID, child, PEEK) is None:
        time.sleep(0.001)


PEEK = os.WEXITED | os.WNOHANG | os.WNOWAIT


def start(
    video: Path,
    folder: Path,
    embedder: TacanEmbedder,
    shown: mmap.mmap,
    settings: IndexSettings,
) -> int:
    """Forks a process that indexes; returns its number."""
    child = os.fork()
    if child:
        return child
    detection_source.open_detector = lambda *_, **__: CountingDetector(shown)
    card = ModelInfo("small", embedder.fingerprint, embedder.embedding_dim, embedder.metric)
    with open_gallery(folder, write=True, create_with=card) as gallery:
        source = VideoSource(video, "hall", None, settings)
        index_videos(gallery, [source], embedder=embedder, batch_frames=16)
    os._exit(0)


def committed(folder: Path) -> int:
    """Tracklets in the gallery, 0 before there is one."""
    if not (folder / "gallery.sqlite").is_file():
        return 0
    try:
        with open_gallery(folder) as gallery:
            return sum(1 for _ in gallery.tracklets())
    except Exception:
        return 0  # Killed while the gallery was being made.


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
