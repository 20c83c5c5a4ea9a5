"""The sources of one camera: files that follow each other, or live pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

from tacan.config.fault_messages import shortened
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.source_paths import expand_source
from tacan.indexing.source_starts import START_FORMS, Start, start_of
from tacan.indexing.video_source import VideoSource
from tacan.video.live_address import live_address

__all__ = ["files_of", "in_turn", "is_own", "live_sources"]


def files_of(path: str, faults: list[str]) -> list[Path]:
    """The files that a path stands for; what is wrong is added to `faults`."""
    try:
        return expand_source(path)
    except ValueError as error:
        faults.append(str(error))
        return []


def in_turn(
    files: Sequence[Path],
    camera: str,
    start: Any,
    zone: tzinfo | None,
    settings: IndexSettings,
    where: str,
    faults: list[str],
) -> list[VideoSource]:
    """Sources of one camera that follow each other: a time is that of the first of them."""
    sources: list[VideoSource] = []
    for file in files:
        if sources and start is not None and not is_own(str(start)):
            sources.append(VideoSource(file, camera, "after", settings))
            continue
        time, note = _start_of(start, file, zone, where, faults)
        sources.append(VideoSource(file, camera, time, settings, note))
    return sources


def live_sources(
    texts: Sequence[str],
    cameras: Sequence[str],
    starts: Sequence[Any],
    settings: IndexSettings,
    faults: list[str],
) -> list[VideoSource]:
    """Live cameras, called as their hosts are where no names are given."""
    if len(cameras) not in (0, len(texts)):
        faults.append(
            f"there must be one camera for each of {len(texts)} live sources; got {len(cameras)}"
        )
    if starts:
        faults.append("a live camera begins when its first picture comes; leave --start out")
    sources: list[VideoSource] = []
    for place, text in enumerate(texts):
        try:
            address = live_address(text)
        except ValueError as error:
            faults.append(str(error))
            continue
        if address is None:
            faults.append(f"{text}: one call takes files or live cameras, not both")
            continue
        name = cameras[place] if place < len(cameras) else address.camera
        sources.append(VideoSource(Path(address.shown), name, None, settings, live=address))
    return sources


def is_own(start: str) -> bool:
    """Whether a start is found for each file by itself, so that several can have it."""
    return start in ("file", "auto") or start.startswith("name:")


def _start_of(
    value: Any, path: Path, zone: tzinfo | None, where: str, faults: list[str]
) -> tuple[Start, str | None]:
    if value is None:
        return None, None
    try:
        return start_of(str(value), path, zone=zone)
    except (ValueError, OverflowError, OSError) as error:
        reason = str(error) if str(value).startswith("name:") else START_FORMS
        faults.append(f"{where}: {reason}; got {shortened(repr(value))}")
        return None, None
