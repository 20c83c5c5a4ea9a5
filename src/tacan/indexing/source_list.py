"""A list of sources in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any

from tacan.config.fault_messages import shortened
from tacan.config.yaml_text import read_yaml
from tacan.errors import ConfigError
from tacan.indexing.camera_sources import files_of, in_turn, live_sources
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.video_source import VideoSource
from tacan.text import without_password
from tacan.video.detection_source import is_precomputed
from tacan.video.live_address import is_live
from tacan.video.tracklet_settings import PRECOMPUTED

__all__ = ["sources_in_list"]


def sources_in_list(
    path: Path, zone: tzinfo | None, settings: IndexSettings, faults: list[str]
) -> list[VideoSource]:
    """The sources that a YAML file lists; what is wrong is added to `faults`."""
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
        return live_sources([path], [camera], [start] if start else [], checked, faults)
    files = files_of(str(folder / path), faults)
    return in_turn(files, camera, start, zone, checked, where, faults)
