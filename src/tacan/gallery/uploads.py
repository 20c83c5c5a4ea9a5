"""Videos that were sent to a gallery, which go when what was found in them goes.

Beside the gallery's folder `people.gallery` they lie in `people.videos`, each with a note
`.NAME.upload` of what was sent. A file without one, or that is another by now, is somebody's own.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from tacan.files import write_text
from tacan.gallery.crop_files import erase
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import Source

__all__ = ["Upload", "erase_upload", "note_upload", "uploads_folder", "uploads_going", "uploads_in"]

_ENDING = ".upload"


@dataclass(frozen=True, slots=True)
class Upload:
    """A video that was sent, and the digest by which sources know it."""

    path: Path
    sha256: str


def uploads_folder(gallery: Path) -> Path:
    """Where videos that are sent to the gallery in this folder are kept."""
    return gallery.with_name(f"{gallery.name.removesuffix('.gallery')}.videos")


def note_upload(draft: Path, path: Path, *, gallery: Path, sha256: str) -> None:
    """Notes that the file `draft`, which is going to be moved to `path`, was sent."""
    write_text(_note(path), json.dumps(_told(draft, gallery) | {"sha256": sha256}))


def uploads_in(gallery: Path) -> tuple[Upload, ...]:
    """The videos that were sent to the gallery in this folder, and are still what was sent."""
    found = []
    for note in sorted(uploads_folder(gallery).glob(f".*{_ENDING}")):
        path = note.with_name(note.name.removesuffix(_ENDING)[1:])
        try:
            told = json.loads(note.read_text(encoding="utf-8"))
            digest = told.pop("sha256")
            is_it = told == _told(path, gallery) and stat.S_ISREG(path.lstat().st_mode)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            continue
        if is_it:
            found.append(Upload(path, str(digest)))
    return tuple(found)


def uploads_going(
    gallery: Gallery,
    ids: Collection[int],
    source_ids: Collection[int],
    *,
    before: datetime | None = None,
) -> tuple[tuple[Upload, ...], int]:
    """The uploads that go with tracklets and sources, and how many stay that show some of them.

    A video goes with its source, with the last that was found in it, and where all of it is from
    `before` a time; it stays while another source is of the same bytes.
    """
    kept = uploads_in(gallery.folder)
    if not kept:
        return (), 0
    columns = gallery.store.columns()
    gone = np.isin(columns.ids, np.fromiter(ids, np.int64))
    touched = set(columns.source_ids[gone].tolist())
    left = set(columns.source_ids[~gone].tolist())
    going: set[str] = set()
    staying: set[str] = set()
    sources = gallery.sources()
    for source in sources:
        is_going = source.id in source_ids or (
            source.state == "done"
            and ((source.id in touched and source.id not in left) or _is_before(source, before))
        )
        (going if is_going else staying).add(source.sha256)
    shown = {source.sha256 for source in sources if source.id in touched}
    chosen = tuple(each for each in kept if each.sha256 in going - staying)
    n_left = sum(each.sha256 in shown and each not in chosen for each in kept)
    return chosen, n_left


def erase_upload(upload: Upload) -> None:
    """Overwrites and removes a video that was sent. Raises `StorageError`."""
    erase(upload.path)
    erase(_note(upload.path))


def _is_before(source: Source, time: datetime | None) -> bool:
    if time is None or source.start is None or source.duration is None:
        return False
    return source.start + timedelta(seconds=source.duration) <= time


def _told(path: Path, gallery: Path) -> dict[str, object]:
    status = path.lstat()
    return {"gallery": gallery.name, "n_bytes": status.st_size, "changed": status.st_mtime_ns}


def _note(path: Path) -> Path:
    return path.with_name(f".{path.name}{_ENDING}")
