"""The detector of coloured blocks in worker processes: a preload of theirs.

A worker that finds the file that `TACAN_TEST_CRASH` names removes it and dies, some images into its
next piece of work.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tacan.video import detection_source
from tests.indexing.scenes import BlockDetector


class FallibleDetector(BlockDetector):
    def detect(self, images, *, tiles=False):
        crash = Path(os.environ.get("TACAN_TEST_CRASH", "/nowhere"))
        if self.calls > 20 and crash.exists():
            crash.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().detect(images)


def install() -> None:
    detection_source.open_detector = lambda *_, **__: FallibleDetector()


def dask_setup(worker) -> None:
    del worker
    install()
