"""A source in the gallery: begun, taken up again, or refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from tacan.errors import GalleryError
from tacan.files import sha256
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import NewSource, Source
from tacan.indexing.index_settings import IndexSettings, changed_settings
from tacan.indexing.video_sources import VideoSource
from tacan.video.choose_detector import is_named
from tacan.video.decode import VideoFile
from tacan.video.detection_source import DetectionSource

__all__ = ["begin_source"]


def begin_source(
    gallery: Gallery, source: VideoSource, video: VideoFile, detections: DetectionSource
) -> Source:
    """The source in the gallery. Raises `GalleryError` where it is there with other settings."""
    start = source.start
    if start == "file":
        start = None if video.stated_start is None else video.stated_start.time
    new = NewSource(
        path=str(source.path.resolve()),
        name=source.path.name,
        sha256=sha256(source.path),
        camera=source.camera,
        start=start,
        duration=video.duration,
        fps=video.fps,
        width=video.width,
        height=video.height,
        settings=_stored(source.settings, detections, start),
    )
    for other in gallery.sources():
        if (other.sha256, other.camera) == (new.sha256, new.camera):
            changes = _changes(other, new)
            if changes:
                raise _changed(source, changes)
            new = replace(new, settings=other.settings)
    return gallery.begin_source(new)


def _changes(other: Source, new: NewSource) -> list[str]:
    """What differs in the settings of two sources of one file. A start that was corrected since
    counts as well as the one before."""
    settings = dict(new.settings)
    if new.start is not None and new.start == other.start:
        settings["start"] = other.settings.get("start")
    changes = changed_settings(other.settings, settings)
    if other.state != "done" and (other.width, other.height) != (new.width, new.height):
        changes.append(
            f"a frame was {other.width} x {other.height} and is now {new.width} x {new.height}"
        )
    return changes


def _changed(source: VideoSource, changes: list[str]) -> GalleryError:
    return GalleryError(
        "a source must be indexed with the settings that it was begun with",
        got=f"{source.path}, where {', '.join(changes)}",
        remedy="Use the same settings, another camera name or another gallery; or remove what "
        "there is with `tacan gallery delete --source`. `tacan gallery shift` corrects a start.",
    )


def _stored(
    settings: IndexSettings, detections: DetectionSource, start: datetime | None
) -> dict[str, Any]:
    """All that the tracklets depend on, as JSON; files by their content, not their path."""
    name = detections.name
    mask = {} if settings.mask is None else {"mask": sha256(settings.mask)}
    return {
        **settings.stored(),
        **mask,
        "detector": name if is_named(name) else name.partition(":")[0],
        "detector_fingerprint": detections.fingerprint,
        "start": None if start is None else start.isoformat(),
    }
