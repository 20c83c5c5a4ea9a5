"""Videos to index, from the command line or a list in YAML, checked all at once."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from tacan.errors import ConfigError
from tacan.indexing.camera_sources import files_of, in_turn, is_own, live_sources
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.source_faults import faults_together
from tacan.indexing.source_list import sources_in_list
from tacan.indexing.source_paths import names_sorted
from tacan.indexing.video_source import VideoSource
from tacan.video.live_address import is_live

__all__ = ["gather_sources", "read_source_list"]


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
        sources += sources_in_list(source_list, zone, settings, faults)
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
        return live_sources(paths, cameras, starts, settings, faults)
    n = len(paths)
    if paths and len(cameras) not in (0, 1, n):
        faults.append(
            f"there must be one camera for all {n} sources or one for each; got {len(cameras)}"
        )
    together = n > 1 and len(cameras) == 1
    if len(starts) not in (0, n) and not (len(starts) == 1 and (together or is_own(starts[0]))):
        faults.append(
            f"there must be one start for each of {n} sources, or one for all where they follow "
            f"each other; got {len(starts)}"
        )
    expanded = [files_of(path, faults) for path in paths]
    named = cameras or _cameras_of(paths, expanded, faults)
    sources: list[VideoSource] = []
    if together and len(starts) < n:
        files = names_sorted([file for files in expanded for file in files])
        start = starts[0] if starts else None
        sources = in_turn(files, named[0], start, zone, settings, "--start", faults)
    else:
        for i, files in enumerate(expanded):
            start = starts[min(i, len(starts) - 1)] if starts else None
            camera = named[min(i, len(named) - 1)]
            sources += in_turn(files, camera, start, zone, settings, "--start", faults)
    return _by_start(sources) if len(set(named)) == 1 else sources


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
