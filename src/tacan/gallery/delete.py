"""Deletion for good of rows, vectors, crops, and of videos that were sent.

What is left of a deleted tracklet is its number within its source and within its camera, so that
a source which is still being indexed does not bring it back and no other tracklet gets its name.
Files are overwritten before they are removed. Old blocks that a disk or its file system keeps
can't be reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict, Unpack

import numpy as np

from tacan.errors import ConfigError
from tacan.gallery.columns import UNKNOWN_TIMESTAMP, camera_ids
from tacan.gallery.find_sources import find_sources
from tacan.gallery.gallery import Gallery
from tacan.gallery.timestamps import to_microseconds
from tacan.gallery.uploads import Upload, erase_upload, uploads_going
from tacan.text import counted

__all__ = ["Chosen", "Deletion", "DeletionChoice", "choose_tracklets", "delete_tracklets"]


@dataclass(frozen=True, slots=True)
class Deletion:
    """Result of a deletion.

    `names` are those of the tracklets. `is_erased` is False while a process that is reading the
    gallery keeps the last traces from being erased: that is done when the gallery is next opened
    for writing without it. `n_undated` counts the tracklets that stay after a deletion by time
    because the time when they were seen is unknown. `remains` says what the store can't erase by
    itself, and who ends it how. `uploads` and `n_uploads_left` are as in `Chosen`.
    """

    names: tuple[str, ...]
    is_erased: bool
    n_undated: int = 0
    remains: str | None = None
    uploads: tuple[Upload, ...] = ()
    n_uploads_left: int = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a deletion would take: tracklets and sources by their ids. `n_undated` is as in
    `Deletion`.

    uploads, n_uploads_left
        Videos that were sent and would go (see `uploads_going`), and how many stay that show some
        of the tracklets: others were found in them, too.
    """

    ids: tuple[int, ...]
    source_ids: tuple[int, ...] = ()
    n_undated: int = 0
    uploads: tuple[Upload, ...] = ()
    n_uploads_left: int = 0


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
    for upload in chosen.uploads:  # first: a deletion that was cut short finds them again
        erase_upload(upload)
    if chosen.ids or chosen.source_ids or chosen.uploads:
        gallery.store.maintenance().remove(chosen.ids, sources=chosen.source_ids)
        videos = f", {counted(len(chosen.uploads), 'upload')}" if chosen.uploads else ""
        gallery.log("delete", counted(len(chosen.ids), "tracklet") + videos)
    return Deletion(
        names=deleted,
        is_erased=gallery.complete_deletion(),
        n_undated=chosen.n_undated,
        remains=gallery.store.maintenance().remains() if deleted else None,
        uploads=chosen.uploads,
        n_uploads_left=chosen.n_uploads_left,
    )


def choose_tracklets(gallery: Gallery, **choice: Unpack[DeletionChoice]) -> Chosen:
    """What `delete_tracklets` would delete; the gallery may be open to be read. Raises alike."""
    if sum(given is not None for given in choice.values()) != 1:
        problem = "exactly one of names, camera, source, before and person must be given"
        raise ConfigError([problem], source="the deletion")
    found = _choose(gallery, choice)
    going, n_left = uploads_going(gallery, found.ids, found.source_ids, before=choice.get("before"))
    return replace(found, uploads=going, n_uploads_left=n_left)


def _choose(gallery: Gallery, choice: DeletionChoice) -> Chosen:
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
