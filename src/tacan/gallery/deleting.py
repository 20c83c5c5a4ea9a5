"""Deleting for good: rows, vectors and crops.

What is left of a deleted tracklet is its number within its source and within its camera, so that
a source which is still being indexed does not bring it back and no other tracklet gets its name.
Files are overwritten before they are removed; what a disk or its file system keeps of old blocks
is beyond this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from tacan.errors import ConfigError
from tacan.gallery.erasing import finish_erasure
from tacan.gallery.filters import camera_ids
from tacan.gallery.gallery import Gallery
from tacan.gallery.sqlite.timestamps import to_microseconds
from tacan.gallery.store import UNKNOWN_MOMENT

__all__ = ["Deletion", "delete_tracklets"]


@dataclass(frozen=True, slots=True)
class Deletion:
    """What was deleted.

    `names` are those of the tracklets. `is_erased` is False while a process that is reading the
    gallery keeps the last traces from being erased: that is done when the gallery is next opened
    for writing without it. `n_undated` counts the tracklets that stay after a deletion by time
    because nobody knows when they were seen.
    """

    names: tuple[str, ...]
    is_erased: bool
    n_undated: int = 0


def delete_tracklets(
    gallery: Gallery,
    *,
    names: Sequence[str] | None = None,
    camera: str | None = None,
    before: datetime | None = None,
) -> Deletion:
    """Deletes tracklets for good, chosen in exactly one way.

    Parameters
    ----------
    gallery
        Opened for writing.
    names
        The tracklets of these names.
    camera
        All of this camera, and its sources: they can be indexed again.
    before
        All that began before this moment: afterwards nothing in the gallery was seen before it.

    Raises `ConfigError` for none or several of the three, `GalleryError` for an unknown name or
    camera, or a moment without a time zone, before anything is deleted.
    """
    gallery.require_writable()
    if sum(choice is not None for choice in (names, camera, before)) != 1:
        fault = "exactly one of names, camera and before must be given"
        raise ConfigError([fault], source="the deletion")
    columns = gallery.store.columns()
    ids, n_undated = [gallery.tracklet(name).id for name in names or ()], 0
    if camera is not None:
        ids = columns.ids[np.isin(columns.camera_ids, camera_ids(columns, [camera]))].tolist()
    if before is not None:
        known = columns.starts != UNKNOWN_MOMENT
        n_undated = int((~known).sum())
        ids = columns.ids[known & (columns.starts < to_microseconds(before))].tolist()
    doomed = tuple(tracklet.name for tracklet in gallery.store.tracklets(ids))
    if not ids and camera is None:
        return Deletion((), finish_erasure(gallery), n_undated)
    gallery.store.upkeep().remove(ids, camera=camera)
    return Deletion(doomed, finish_erasure(gallery), n_undated)
