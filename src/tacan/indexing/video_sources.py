"""Video files to index, from the command line or a list in YAML, checked all at once."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from tacan.config.fault_messages import shortened
from tacan.config.yaml_text import read_yaml
from tacan.errors import ConfigError
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.source_faults import faults_together
from tacan.indexing.source_paths import expand_source, names_sorted
from tacan.indexing.source_starts import START_FORMS, Start, start_of
from tacan.text import without_password
from tacan.video.detection_source import is_precomputed
from tacan.video.live_address import LiveAddress, is_live, live_address
from tacan.video.tracklet_settings import PRECOMPUTED

__all__ = [
    "VideoSource",
    "gather_sources",
    "read_source_list",
]


@dataclass(frozen=True, slots=True)
class VideoSource:
    """A file, a folder of pictures or a live camera, the camera's name, when it begins, and how it
    is to be indexed.

    `start_note` says where the start is from, if that is worth knowing. `live` is the address of a
    live camera, None for a file; its `path` is no more than what is shown of it.
    """

    path: Path
    camera: str
    start: Start = None
    settings: IndexSettings = field(default_factory=IndexSettings)
    start_note: str | None = None
    live: LiveAddress | None = None

    @property
    def shown(self) -> str:
        """Where it is, for people: without any password."""
        return str(self.path) if self.live is None else self.live.shown


def gather_sources(
    paths: Sequence[str],
    *,
    cameras: Sequence[str] = (),
    starts: Sequence[str] = (),
    zone: tzinfo | None = None,
    source_list: Path | None = None,
    settings: IndexSettings | None = None,
) -> list[VideoSource]:
    """The sources of one call, from arguments, from a list, or from both.

    Parameters
    ----------
    paths
        Files of video, or what stands for several that follow each other: see `expand_source`; or
        live cameras: see `live_address`.
    cameras
        One name for all of `paths`, which then follow each other too, or one for each; the files'
        names without their endings when not given.
    starts
        None, one for each of `paths`, or one for all: a time where all follow each other, or one
        of `file`, `auto` and `name:PATTERN`. See `start_of`.
    zone
        The time zone of times in names.
    source_list
        A list as `read_source_list` reads it, whose sources come after those of `paths`.
    settings
        For sources that don't say otherwise.

    Raises
    ------
    ConfigError
        With all faults of all sources: files that are not there, counts that don't fit, times
        without a time zone, a file that is named twice, settings that can't be.
    """
    settings = settings or IndexSettings()
    faults: list[str] = []
    sources = _from_arguments(paths, cameras, starts, zone, settings, faults)
    if source_list is not None:
        sources += _from_list(source_list, zone, settings, faults)
    elif not paths:
        faults.append("there is no source; name a video file, or a list of sources")
    faults += faults_together(sources)
    if faults:
        raise ConfigError(faults, source="the choice of sources")
    return sources


def read_source_list(path: Path, settings: IndexSettings | None = None) -> list[VideoSource]:
    """The sources in a YAML file: a list of entries with `path`, `camera` and perhaps `start`.

    Paths are relative to the list. Any setting of `IndexSettings` may stand in an entry, above
    those of `settings`. Raises `ConfigError` with all faults.
    """
    return gather_sources((), source_list=path, settings=settings)


def _from_arguments(
    paths: Sequence[str],
    cameras: Sequence[str],
    starts: Sequence[str],
    zone: tzinfo | None,
    settings: IndexSettings,
    faults: list[str],
) -> list[VideoSource]:
    if any(map(is_live, paths)):
        return _live_sources(paths, cameras, starts, settings, faults)
    n = len(paths)
    if paths and len(cameras) not in (0, 1, n):
        faults.append(
            f"there must be one camera for all {n} sources or one for each; got {len(cameras)}"
        )
    together = n > 1 and len(cameras) == 1
    if len(starts) not in (0, n) and not (len(starts) == 1 and (together or _is_own(starts[0]))):
        faults.append(
            f"there must be one start for each of {n} sources, or one for all where they follow "
            f"each other; got {len(starts)}"
        )
    expanded = [_expanded(path, faults) for path in paths]
    named = cameras or _cameras_of(paths, expanded, faults)
    sources: list[VideoSource] = []
    if together and len(starts) < n:
        files = names_sorted([file for files in expanded for file in files])
        start = starts[0] if starts else None
        sources = _in_turn(files, named[0], start, zone, settings, "--start", faults)
    else:
        for i, files in enumerate(expanded):
            start = starts[min(i, len(starts) - 1)] if starts else None
            camera = named[min(i, len(named) - 1)]
            sources += _in_turn(files, camera, start, zone, settings, "--start", faults)
    return _by_start(sources) if len(set(named)) == 1 else sources


def _live_sources(
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


def _is_own(start: str) -> bool:
    """Whether a start is found for each file by itself, so that several can have it."""
    return start in ("file", "auto") or start.startswith("name:")


def _expanded(path: str, faults: list[str]) -> list[Path]:
    try:
        return expand_source(path)
    except ValueError as error:
        faults.append(str(error))
        return []


def _in_turn(
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
        if sources and start is not None and not _is_own(str(start)):
            sources.append(VideoSource(file, camera, "after", settings))
            continue
        time, note = _start_of(start, file, zone, where, faults)
        sources.append(VideoSource(file, camera, time, settings, note))
    return sources


def _by_start(sources: list[VideoSource]) -> list[VideoSource]:
    """The sources of one camera in the order of their starts, where all are known."""
    starts = [source.start for source in sources if isinstance(source.start, datetime)]
    if len(starts) < len(sources):
        return sources
    order = sorted(range(len(sources)), key=lambda place: starts[place])
    return [sources[place] for place in order]


def _cameras_of(
    paths: Sequence[str], expanded: Sequence[Sequence[Path]], faults: list[str]
) -> list[str]:
    """A camera for each source, called as the file, the folder or the list is."""
    names = [
        Path(path).absolute().name if os.path.isdir(path) else Path(path).stem.strip()  # noqa: PTH112
        for path in paths
    ]
    for path, files in zip(paths, expanded, strict=True):
        if glob.has_magic(path) and len(files) > 1 and not os.path.isdir(path):  # noqa: PTH112
            faults.append(f"{path} stands for {len(files)} files: name their camera (--camera)")
    for name in sorted({name for name in names if names.count(name) > 1}):
        files = {path for path, own in zip(paths, names, strict=True) if own == name}
        if len(files) > 1:
            faults.append(f"{len(files)} files are called {name!r}: name their cameras (--camera)")
    return names


def _from_list(
    path: Path, zone: tzinfo | None, settings: IndexSettings, faults: list[str]
) -> list[VideoSource]:
    try:
        entries = read_yaml(path)
    except ConfigError as error:
        faults += [f"{path} is not readable YAML: {fault}" for fault in error.faults]
        return []
    if not isinstance(entries, list) or not entries:
        faults.append(f"{path} must be a list of sources, each with `path:` and `camera:`")
        return []
    sources = []
    for number, entry in enumerate(entries, 1):
        where = f"{path.name}, entry {number}"
        if isinstance(entry, dict):
            sources += _from_entry(entry, where, path.parent, zone, settings, faults)
        else:
            told = without_password(entry) if isinstance(entry, str) else entry
            faults.append(f"{where} must have `path:` and `camera:`; got {shortened(repr(told))}")
    return sources


def _from_entry(
    entry: Mapping[str, Any],
    where: str,
    folder: Path,
    zone: tzinfo | None,
    settings: IndexSettings,
    faults: list[str],
) -> list[VideoSource]:
    rest = dict(entry)
    path, camera = rest.pop("path", None), rest.pop("camera", None)
    start = rest.pop("start", None)
    for name, value in (("path", path), ("camera", camera)):
        if not value:
            faults.append(f"{where}: it has no {name}")
        elif not isinstance(value, str):
            faults.append(f"{where}: its {name} must be text")
    if isinstance(detector := rest.get("detector"), str) and is_precomputed(detector):
        rest["detector"] = f"{PRECOMPUTED}:{folder / detector.removeprefix(f'{PRECOMPUTED}:')}"
    if isinstance(mask := rest.get("mask"), str):
        rest["mask"] = folder / mask
    try:
        checked = IndexSettings.model_validate(settings.model_dump() | rest)
    except ConfigError as error:
        faults += [f"{where}: {fault}" for fault in error.faults]
        return []
    if not (path and camera and isinstance(path, str) and isinstance(camera, str)):
        return []
    if is_live(path):
        return _live_sources([path], [camera], [start] if start else [], checked, faults)
    files = _expanded(str(folder / path), faults)
    return _in_turn(files, camera, start, zone, checked, where, faults)


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
