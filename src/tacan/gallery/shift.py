"""Correction of the time at which sources were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tacan.errors import GalleryError
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import Source
from tacan.gallery.record_checks import check_source
from tacan.gallery.timestamps import to_microseconds

__all__ = ["shift_sources"]


def shift_sources(
    gallery: Gallery,
    sources: Sequence[Source],
    *,
    by: timedelta | None = None,
    start: datetime | None = None,
) -> tuple[Source, ...]:
    """Gives sources another start, and their tracklets the times that follow; returns them anew.

    Either all are moved by `by`, or the earliest begins at `start` and the others keep their
    distance from it. The settings that a source was indexed with stay, so that the same command
    as before finds it done.

    Raises `GalleryError`, before anything is changed, for an unknown start that would have to be
    moved, and for times that no gallery can hold.
    """
    gallery.require_writable()
    if start is not None:
        known = [source.start for source in sources if source.start is not None]
        if len(sources) > 1 and len(known) < len(sources):
            raise _unknown(next(source for source in sources if source.start is None))
        by = start - min(known) if known else timedelta(0)
    changed = []
    for source in sources:
        if source.start is None and start is None:
            raise _unknown(source)
        before = source.start or start
        try:
            now = None if before is None else before + (by or timedelta(0))
        except OverflowError:
            now = None
        if now is None:
            raise GalleryError(
                "a source must start in the years 2 to 9966",
                got=f"{source.name}, moved by {by}",
                remedy="Give another shift.",
            )
        changed.append(replace(source, start=now))
        check_source(changed[-1])
    for source in changed:
        if source.start is not None:
            gallery.store.maintenance().set_start(source.id, to_microseconds(source.start))
    for before, now in zip(sources, changed, strict=True):
        how = (
            "to a start"
            if before.start is None or now.start is None
            else (f"by {(now.start - before.start).total_seconds():+g} s")
        )
        gallery.log("shift", f"source {now.id} of camera {now.camera}, {how}")
    return tuple(changed)


def _unknown(source: Source) -> GalleryError:
    return GalleryError(
        "a start must be known to be moved",
        got=f"{source.name} of camera {source.camera}, indexed without --start",
        remedy="Give it its start with --start, source by source.",
    )
