"""Sources in the gallery: begun, taken up again, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tacan.errors import GalleryError
from tacan.files import sha256
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import NewSource, Source
from tacan.indexing.index_settings import IndexSettings, changed_settings
from tacan.indexing.plan_streams import StreamFile
from tacan.video.choose_detector import is_named
from tacan.video.detection_source import DetectionSource
from tacan.video.picture_folder import content_sha256

__all__ = ["begin_sources", "describe", "known_source", "stored_settings"]

FOLLOWS, FOLLOWED_BY = "follows", "followed_by"
"""Settings that hold the SHA-256 of the files between which a source was indexed."""
_PLACE = (FOLLOWS, FOLLOWED_BY)


def describe(file: StreamFile, detections: DetectionSource) -> NewSource:
    """A file as the gallery knows it, by its content. Raises `DataError` where it can't be read."""
    source = file.source
    path = source.path
    return NewSource(
        path=str(path.resolve()),
        name=path.name,
        sha256=content_sha256(path),
        camera=source.camera,
        start=file.start,
        duration=file.duration,
        fps=file.fps,
        width=file.size[0],
        height=file.size[1],
        settings=stored_settings(source.settings, start=file.start, detections=detections),
    )


def known_source(gallery: Gallery, new: NewSource) -> Source | None:
    """The source of that file and camera in the gallery; None where there is none.

    Raises `GalleryError` where it is there with other settings.
    """
    for other in gallery.sources():
        if (other.sha256, other.camera) == (new.sha256, new.camera):
            changes = _changes(other, new)
            if changes:
                raise _changed(new, changes)
            return other
    return None


def begin_sources(gallery: Gallery, chain: Sequence[NewSource]) -> list[Source]:
    """The sources of files that go on from each other, begun or taken up again.

    Where any was begun between other files than now, all are begun anew, since the walks of each
    depend on its neighbours; only what was detected in them stays. Raises `GalleryError` where one
    is there with other settings.
    """
    known = [known_source(gallery, new) for new in chain]
    placed: list[NewSource] = []
    for i, new in enumerate(chain):
        before = {FOLLOWS: chain[i - 1].sha256} if i else {}
        after = {FOLLOWED_BY: chain[i + 1].sha256} if i + 1 < len(chain) else {}
        placed.append(replace(new, settings={**new.settings, **before, **after}))
    if all(
        other is None or _is_placed_as(other, new) for other, new in zip(known, placed, strict=True)
    ):
        return [
            gallery.begin_source(new if other is None else replace(new, settings=other.settings))
            for other, new in zip(known, placed, strict=True)
        ]
    return [_begun_anew(gallery, other, new) for other, new in zip(known, placed, strict=True)]


def _is_placed_as(other: Source, new: NewSource) -> bool:
    return all(other.settings.get(name) == new.settings.get(name) for name in _PLACE)


def _begun_anew(gallery: Gallery, other: Source | None, new: NewSource) -> Source:
    if other is None:
        return gallery.begin_source(new)
    detected = gallery.read_detections(other.id)
    ids = [each.id for each in gallery.tracklets() if each.source_id == other.id]
    gallery.store.maintenance().remove(ids, sources=(other.id,))
    gallery.complete_deletion()
    begun = gallery.begin_source(new)
    for first, data in detected:
        gallery.save_detections(begun.id, first, data)
    return begun


def _changes(other: Source, new: NewSource) -> list[str]:
    """What differs in the settings of two sources of one file. A start that was corrected since
    counts as well as the one before."""
    settings = dict(new.settings)
    if new.start is not None and new.start == other.start:
        settings["start"] = other.settings.get("start")
    known = {name: value for name, value in other.settings.items() if name not in _PLACE}
    changes = changed_settings(known, settings)
    if other.state != "done" and (other.width, other.height) != (new.width, new.height):
        changes.append(
            f"a frame was {other.width} x {other.height}, now {new.width} x {new.height}"
        )
    return changes


def _changed(new: NewSource, changes: list[str]) -> GalleryError:
    return GalleryError(
        "a source must be indexed with the settings that it was begun with",
        got=f"{new.path}, where {', '.join(changes)}",
        remedy="Use the same settings, another camera name or another gallery; or remove what "
        "there is with `tacan gallery delete --source`. `tacan gallery shift` corrects a start.",
    )


def stored_settings(
    settings: IndexSettings, *, start: datetime | None, detections: DetectionSource
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
