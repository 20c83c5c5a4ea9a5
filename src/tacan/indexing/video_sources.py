"""Video files to index, from the command line or a list in YAML, checked all at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tacan.config.fault_messages import shortened
from tacan.config.yaml_text import read_yaml
from tacan.errors import ConfigError
from tacan.indexing.index_settings import IndexSettings
from tacan.text import without_password
from tacan.video.decode import YEARS
from tacan.video.detection_source import PRECOMPUTED, is_precomputed

__all__ = [
    "Start",
    "VideoSource",
    "gather_sources",
    "parse_start",
    "read_source_list",
]

LONGEST_CAMERA = 200

Start = datetime | Literal["file"] | None
"""The time of a video's first frame: known, to be taken from the file's metadata, or unknown."""


@dataclass(frozen=True, slots=True)
class VideoSource:
    """A file, the camera that it is from, when it begins, and how it is to be indexed."""

    path: Path
    camera: str
    start: Start = None
    settings: IndexSettings = field(default_factory=IndexSettings)


def parse_start(text: str) -> Start:
    """`2026-11-22T14:00:00+01:00` -> an aware time; `file` stays.

    >>> parse_start("2026-11-22T14:00:00Z").isoformat()
    '2026-11-22T14:00:00+00:00'

    Raises `ValueError` for anything else: a time without its time zone, or one that no camera can
    have seen.
    """
    if text == "file":
        return "file"
    time = datetime.fromisoformat(text)
    if time.utcoffset() is None or time.year not in YEARS:
        raise ValueError("a time without its time zone, or of another age")
    return time


def gather_sources(
    paths: Sequence[str],
    *,
    cameras: Sequence[str] = (),
    starts: Sequence[str] = (),
    source_list: Path | None = None,
    settings: IndexSettings | None = None,
) -> list[VideoSource]:
    """The sources of one call, from arguments, from a list, or from both.

    Parameters
    ----------
    paths
        Files of video.
    cameras
        One name for all of `paths`, or one for each.
    starts
        None, or one for each of `paths`: see `parse_start`.
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
    sources = _from_arguments(paths, cameras, starts, settings, faults)
    if source_list is not None:
        sources += _from_list(source_list, settings, faults)
    elif not paths:
        faults.append("there is no source; name a video file, or a list of sources")
    faults += _faults_together(sources)
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
    settings: IndexSettings,
    faults: list[str],
) -> list[VideoSource]:
    if paths and len(cameras) not in (1, len(paths)):
        faults.append(
            f"there must be one camera for all {len(paths)} sources or one for each; "
            f"got {len(cameras)}"
        )
    if len(starts) not in (0, len(paths)):
        faults.append(
            f"there must be one start for each of {len(paths)} sources; got {len(starts)}"
        )
    times: list[Start] = [_start_of(text, "--start", faults) for text in starts]
    sources = []
    for i, path in enumerate(paths):
        camera = cameras[min(i, len(cameras) - 1)] if cameras else "?"
        start = times[i] if i < len(times) else None
        sources.append(VideoSource(Path(path), camera, start, settings))
    return sources


def _from_list(path: Path, settings: IndexSettings, faults: list[str]) -> list[VideoSource]:
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
            sources += _from_entry(entry, where, path.parent, settings, faults)
        else:
            faults.append(f"{where} must have `path:` and `camera:`; got {shortened(repr(entry))}")
    return sources


def _from_entry(
    entry: Mapping[str, Any], where: str, folder: Path, settings: IndexSettings, faults: list[str]
) -> list[VideoSource]:
    rest = dict(entry)
    path, camera = rest.pop("path", None), rest.pop("camera", None)
    start = _start_of(rest.pop("start", None), where, faults)
    for name, value in (("path", path), ("camera", camera)):
        if not value:
            faults.append(f"{where}: it has no {name}")
        elif not isinstance(value, str):
            faults.append(f"{where}: its {name} must be text")
    if isinstance(detector := rest.get("detector"), str) and is_precomputed(detector):
        rest["detector"] = f"{PRECOMPUTED}:{folder / detector.removeprefix(f'{PRECOMPUTED}:')}"
    try:
        checked = IndexSettings.model_validate(settings.model_dump() | rest)
    except ConfigError as error:
        faults += [f"{where}: {fault}" for fault in error.faults]
        return []
    if not (path and camera and isinstance(path, str) and isinstance(camera, str)):
        return []
    return [VideoSource(folder / path, camera, start, checked)]


def _start_of(value: Any, where: str, faults: list[str]) -> Start:
    try:
        return None if value is None else parse_start(str(value))
    except ValueError:
        faults.append(
            f"{where}: a start must be a time with its time zone, such as "
            f"2026-11-22T14:00:00+01:00, in the years {YEARS[0]} to {YEARS[-1]}, or `file`; got "
            f"{shortened(repr(value))}"
        )
        return None


def _faults_together(sources: Sequence[VideoSource]) -> list[str]:
    """What is wrong with each source, and with the sources beside each other."""
    faults = []
    seen: set[tuple[Path, str]] = set()
    ready: dict[str, set[Path]] = {}
    for source in sources:
        faults += _faults_of(source)
        if not os.path.isfile(source.path):  # noqa: PTH113
            continue
        key = (source.path.resolve(), source.camera)
        if key in seen:
            faults.append(f"{source.path} is named twice for camera {source.camera!r}")
        seen.add(key)
        if _is_for_one_video(source.settings.detector):
            ready.setdefault(source.settings.detector, set()).add(source.path.resolve())
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
    if "://" in name or name.split(":/", 1)[0] in ("http", "https", "rtsp"):
        faults.append(
            f"{without_password(name)}: sources are files; record the stream to a file first"
        )
    # Path.is_file raises for a name that is too long.
    elif not os.path.isfile(name):  # noqa: PTH113
        faults.append(f"{name}: there is no such file")
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


def _is_utf8(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False
