"""What is wrong with the sources of one call, each by itself and beside the others."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tacan.indexing.video_source import VideoSource
from tacan.video.detection_source import is_precomputed

__all__ = ["faults_together"]

LONGEST_CAMERA = 200


def faults_together(sources: Sequence[VideoSource]) -> list[str]:
    """What is wrong with each source, and with the sources beside each other."""
    faults = []
    seen: set[tuple[Path, str]] = set()
    ready: dict[str, set[Path]] = {}
    for source in sources:
        faults += _faults_of(source)
        if source.live is not None or not _is_there(source.path):
            continue
        key = (source.path.resolve(), source.camera)
        if key in seen:
            faults.append(f"{source.path} is named twice for camera {source.camera!r}")
        seen.add(key)
        if _is_for_one_video(source.settings.detector):
            ready.setdefault(source.settings.detector, set()).add(source.path.resolve())
    live = [source for source in sources if source.live is not None]
    if live and len(live) < len(sources):
        faults.append("one call takes files or live cameras, not both")
    names = [source.camera for source in live]
    faults += [
        f"{names.count(name)} live sources are called {name!r}; give each a camera of its own"
        for name in sorted(set(names))
        if names.count(name) > 1
    ]
    faults += [
        f"{name} holds the boxes of one video, and stands for {len(videos)}; give each its own in "
        "a list of sources"
        for name, videos in ready.items()
        if len(videos) > 1
    ]
    return faults


def _is_for_one_video(detector: str) -> bool:
    """Whether it is a file of ready boxes that names no videos, as only JSON can."""
    return is_precomputed(detector) and not detector.endswith(".json")


def _faults_of(source: VideoSource) -> list[str]:
    faults = []
    name = str(source.path)
    if source.live is not None:
        if is_precomputed(source.settings.detector):
            faults.append(
                f"{source.shown}: ready boxes are of files; a live camera needs a detector"
            )
    elif not _is_there(source.path):
        faults.append(f"{name}: there is no such file")
    elif source.path.is_dir() and source.settings.fps is None:
        faults.append(f"{name}: a folder of pictures needs its frame rate (--fps)")
    elif not _is_utf8(name):
        faults.append(f"{name!r}: the path of a source must be UTF-8; rename it")
    camera = source.camera
    if not camera.isprintable() or "/" in camera or camera != camera.strip() or not camera:
        faults.append(
            f"{camera[:LONGEST_CAMERA]!r}: a camera's name must be printable, without a slash, and "
            "without spaces at its ends"
        )
    if len(camera) > LONGEST_CAMERA:
        faults.append(
            f"{camera[:LONGEST_CAMERA]!r}...: a camera's name must have at most {LONGEST_CAMERA} "
            "characters"
        )
    return faults


def _is_there(path: Path) -> bool:
    # Path.is_file raises for a name that is too long.
    return os.path.isfile(path) or os.path.isdir(path)  # noqa: PTH112, PTH113


def _is_utf8(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False
