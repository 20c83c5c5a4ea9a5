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
from typing import TypedDict, Unpack

import numpy as np

from tacan.errors import ConfigError
from tacan.gallery.columns import UNKNOWN_TIMESTAMP, camera_ids
from tacan.gallery.find_sources import find_sources
from tacan.gallery.gallery import Gallery
from tacan.gallery.timestamps import to_microseconds
from tacan.text import counted

__all__ = ["Chosen", "Deletion", "DeletionChoice", "choose_tracklets", "delete_tracklets"]


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


class DeletionChoice(TypedDict, total=False):
    """What to delete, in exactly one way; the others are None or left out."""

    names: Sequence[str] | None
    """The tracklets of these names."""
    camera: str | None
    """All of this camera, and its sources: they can be indexed again."""
    source: str | None
    """All of this source, and itself: see `find_sources`."""
    before: datetime | None
    """All that began before this timestamp: afterwards nothing here was seen before it."""
    person: int | None
    """All of the person of this id, with its name, its note and what was decided about it."""


def delete_tracklets(gallery: Gallery, **choice: Unpack[DeletionChoice]) -> Deletion:
    """Deletes tracklets for good from `gallery`, which is opened for writing.

    Raises `ConfigError` for none or several choices, `GalleryError` for an unknown name, camera,
    source or person, or a timestamp without a time zone, before anything is deleted.
    """
    gallery.require_writable()
    chosen = choose_tracklets(gallery, **choice)
    deleted = gallery.store.names(chosen.ids)
    if chosen.ids or chosen.source_ids:
        gallery.store.maintenance().remove(chosen.ids, sources=chosen.source_ids)
        gallery.log("delete", counted(len(chosen.ids), "tracklet"))
    remains = gallery.store.maintenance().remains() if deleted else None
    return Deletion(deleted, gallery.complete_deletion(), chosen.n_undated, remains)


def choose_tracklets(gallery: Gallery, **choice: Unpack[DeletionChoice]) -> Chosen:
    """What `delete_tracklets` would delete; the gallery may be open to be read. Raises alike."""
    if sum(given is not None for given in choice.values()) != 1:
        problem = "exactly one of names, camera, source, before and person must be given"
        raise ConfigError([problem], source="the deletion")
    if (person := choice.get("person")) is not None:
        return Chosen(gallery.person(person).tracklets)
    if (names := choice.get("names")) is not None:
        # A name is found without its record, so that a damaged one can be deleted as well.
        return Chosen(tuple(gallery.find(name) for name in names))
    columns = gallery.store.columns()
    if (before := choice.get("before")) is not None:
        known = columns.starts != UNKNOWN_TIMESTAMP
        gone = columns.ids[known & (columns.starts < to_microseconds(before))]
        return Chosen(tuple(gone.tolist()), n_undated=int((~known).sum()))
    source_ids: list[int] = []
    if (camera := choice.get("camera")) is not None:
        camera_ids(columns, [camera])
        source_ids = [known.id for known in gallery.sources() if known.camera == camera]
    if (source := choice.get("source")) is not None:
        source_ids = [known.id for known in find_sources(gallery, source)]
    gone = columns.ids[np.isin(columns.source_ids, source_ids)]
    return Chosen(tuple(gone.tolist()), tuple(source_ids))
