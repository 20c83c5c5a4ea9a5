"""Deletion for good of rows, vectors and crops.

What is left of a deleted tracklet is its number within its source and within its camera, so that
a source which is still being indexed does not bring it back and no other tracklet gets its name.
Files are overwritten before they are removed. Old blocks that a disk or its file system keeps
can't be reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from tacan.errors import ConfigError
from tacan.gallery.columns import UNKNOWN_TIMESTAMP, camera_ids
from tacan.gallery.find_sources import find_sources
from tacan.gallery.gallery import Gallery
from tacan.gallery.timestamps import to_microseconds
from tacan.text import counted

__all__ = ["Chosen", "Deletion", "choose_tracklets", "delete_tracklets"]


@dataclass(frozen=True, slots=True)
class Deletion:
    """Result of a deletion.

    `names` are those of the tracklets. `is_erased` is False while a process that is reading the
    gallery keeps the last traces from being erased: that is done when the gallery is next opened
    for writing without it. `n_undated` counts the tracklets that stay after a deletion by time
    because the time when they were seen is unknown. `remains` says what the store can't erase by
    itself, and who ends it how.
    """

    names: tuple[str, ...]
    is_erased: bool
    n_undated: int = 0
    remains: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a deletion would take: tracklets and sources by their ids. `n_undated` is as in
    `Deletion`."""

    ids: tuple[int, ...]
    source_ids: tuple[int, ...] = ()
    n_undated: int = 0
    remains: str | None = None


def delete_tracklets(
    gallery: Gallery,
    *,
    names: Sequence[str] | None = None,
    camera: str | None = None,
    source: str | None = None,
    before: datetime | None = None,
    person: int | None = None,
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
    source
        All of this source, and itself: see `find_sources`.
    before
        All that began before this timestamp: afterwards nothing in the gallery was seen before it.
    person
        All of the person of this id, with its name, its note and what was decided about it.

    Raises `ConfigError` for none or several of them, `GalleryError` for an unknown name, camera,
    source or person, or a timestamp without a time zone, before anything is deleted.
    """
    gallery.require_writable()
    chosen = choose_tracklets(
        gallery, names=names, camera=camera, source=source, before=before, person=person
    )
    deleted = gallery.store.names(chosen.ids)
    if chosen.ids or chosen.source_ids:
        gallery.store.maintenance().remove(chosen.ids, sources=chosen.source_ids)
        gallery.log("delete", counted(len(chosen.ids), "tracklet"))
    remains = gallery.store.maintenance().remains() if deleted else None
    return Deletion(deleted, gallery.complete_deletion(), chosen.n_undated, remains)


def choose_tracklets(
    gallery: Gallery,
    *,
    names: Sequence[str] | None = None,
    camera: str | None = None,
    source: str | None = None,
    before: datetime | None = None,
    person: int | None = None,
) -> Chosen:
    """What `delete_tracklets` would delete; the gallery may be open to be read. Raises alike."""
    if sum(choice is not None for choice in (names, camera, source, before, person)) != 1:
        problem = "exactly one of names, camera, source, before and person must be given"
        raise ConfigError([problem], source="the deletion")
    if person is not None:
        return Chosen(gallery.person(person).tracklets)
    if names is not None:
        # A name is found without its record, so that a damaged one can be deleted as well.
        return Chosen(tuple(gallery.find(name) for name in names))
    columns = gallery.store.columns()
    if before is not None:
        known = columns.starts != UNKNOWN_TIMESTAMP
        gone = columns.ids[known & (columns.starts < to_microseconds(before))]
        return Chosen(tuple(gone.tolist()), n_undated=int((~known).sum()))
    source_ids: list[int] = []
    if camera is not None:
        camera_ids(columns, [camera])
        source_ids = [known.id for known in gallery.sources() if known.camera == camera]
    if source is not None:
        source_ids = [known.id for known in find_sources(gallery, source)]
    gone = columns.ids[np.isin(columns.source_ids, source_ids)]
    return Chosen(tuple(gone.tolist()), tuple(source_ids))
