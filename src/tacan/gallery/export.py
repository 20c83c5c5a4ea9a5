"""Export of a gallery for other programs: features, crops in folders, a table.

Once a gallery was linked, a person's pid is the id that `tacan people` shows; a name that only
tracklets have which were not linked gets a number behind these. Before that a person whose name is
a positive number has it as pid; where not all names are, people are numbered from 1 on in the order
of their names. Whoever is neither linked nor named has pid -1 (junk): that counts neither for nor
against a result.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from tacan.errors import GalleryError, StorageError
from tacan.features.features_file import Features, save_features
from tacan.files import require_safe_outputs, write_text
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import StoredTracklet
from tacan.progress import Progress, silent
from tacan.records import JUNK_PID
from tacan.text import csv_text

__all__ = ["export_csv", "export_features", "export_folder", "person_pids", "tracklet_pids"]

UNKNOWN = "00-1"
"""The folder of pid -1, as MARS writes it: a name that begins with a dash would be an option to
other programs."""
MAXIMUM_DIGITS = 18  # of a pid: it must fit into 64 bits

CSV_COLUMNS = (
    *("name", "camera", "source", "number", "person", "start", "end"),
    *("first_seconds", "last_seconds", "n_frames", "quality", "n_crops", "person_id"),
)


def person_pids(people: Iterable[str | None]) -> dict[str, int]:
    """The pid of each named person.

    >>> person_pids(["12", None, "3"]), person_pids(["Bo", "12", "Al"])
    ({'12': 12, '3': 3}, {'12': 1, 'Al': 2, 'Bo': 3})
    """
    names = sorted({person for person in people if person is not None})
    numbers = [
        int(name) if name.isascii() and name.isdigit() and len(name) <= MAXIMUM_DIGITS else 0
        for name in names
    ]
    if len(set(numbers)) < len(names) or 0 in numbers:
        numbers = list(range(1, len(names) + 1))
    return dict(zip(names, numbers, strict=True))


def tracklet_pids(tracklets: Sequence[StoredTracklet]) -> list[int]:
    """The pid of each tracklet, as this file's head says."""
    linked = [each.person_id for each in tracklets if each.person_id is not None]
    if not linked:
        pids = person_pids(each.person for each in tracklets)
    else:
        pids = {each.person: each.person_id for each in tracklets if each.person_id and each.person}
        others = {each.person for each in tracklets if each.person is not None} - set(pids)
        pids |= {name: number for number, name in enumerate(sorted(others), max(linked) + 1)}
    return [
        each.person_id or (JUNK_PID if each.person is None else pids[each.person])
        for each in tracklets
    ]


def export_features(gallery: Gallery, path: Path) -> Path:
    """Writes all tracklets as a features file; each is query and gallery.

    `meta` has the model's fingerprint and metric, the cameras' names by camid and the people's
    by pid. Raises `GalleryError` for an empty gallery, `StorageError` where it can't be written.
    """
    require_safe_outputs([path])
    index = gallery.index()
    tracklets = _all_tracklets(gallery, index.columns.ids.tolist())
    pids = tracklet_pids(tracklets)
    weights = [gallery.trajectory(tracklet.id).clip_weights for tracklet in tracklets]
    everyone = np.ones(len(tracklets), dtype=bool)
    features = Features(
        embeddings=index.vectors.matrix(),
        pids=np.array(pids, np.int64),
        camids=index.columns.camera_ids,
        is_query=everyone,
        is_gallery=everyone,
        tracklet_ids=np.array([tracklet.name for tracklet in tracklets]),
        clip_weights=np.concatenate(weights),
        clip_offsets=np.cumsum([0, *map(len, weights)]),
        meta={
            "dataset": "gallery",
            "model": gallery.model.name,
            "clip_weight": gallery.model.clip_weight,
            "model_fingerprint": gallery.model.fingerprint,
            "metric": gallery.model.metric,
            "cameras": {str(number): name for name, number in index.columns.cameras.items()},
            "people": {
                str(pid): tracklet.person
                for pid, tracklet in zip(pids, tracklets, strict=True)
                if tracklet.person is not None
            },
        },
    )
    return save_features(path, features)


def export_folder(gallery: Gallery, root: Path, *, progress: Progress = silent) -> Path:
    """Writes the crops in the layout `folder`: `<pid>/<pid>C<camid>T<id>F<frame>.jpg`.

    The camid is the camera's number in the gallery, T the tracklet's id; `tracklets.csv` beside
    the folders has the names; pid -1 is the folder `00-1`. Crops whose files are missing are left
    out. Progress is in tracklets.

    Raises `GalleryError` for an empty gallery or a `root` with something in it, and
    `StorageError` where it can't be written.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise GalleryError(
            "crops must be exported to a new or empty folder",
            got=str(root),
            remedy="Name another one.",
        )
    require_safe_outputs([root / "tracklets.csv"])
    columns = gallery.store.columns()
    tracklets = _all_tracklets(gallery, columns.ids.tolist())
    pids = tracklet_pids(tracklets)
    try:
        for done, (tracklet, number) in enumerate(zip(tracklets, pids, strict=True), start=1):
            pid = UNKNOWN if number == JUNK_PID else f"{number:04d}"
            stem = f"{pid}C{columns.cameras[tracklet.camera]}T{tracklet.id:06d}"
            for crop in gallery.crops(tracklet.id):
                if crop.path.is_file():
                    (root / pid).mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(crop.path, root / pid / f"{stem}F{crop.frame:06d}.jpg")
            progress(done, len(tracklets))
    except OSError as error:
        raise StorageError(
            f"{root} must be writable, with room for the crops",
            got=error.strerror,
            remedy="Free some space or choose another place.",
        ) from error
    export_csv(gallery, root / "tracklets.csv")
    return root


def export_csv(gallery: Gallery, path: Path) -> Path:
    """Writes a table with one line a tracklet; times in UTC. Raises `StorageError`."""
    require_safe_outputs([path])
    rows: list[tuple[object, ...]] = [("id", *CSV_COLUMNS)]
    for tracklet in gallery.tracklets():
        values = asdict(tracklet)
        for time in ("start", "end"):
            values[time] = values[time] and values[time].isoformat()
        rows.append((tracklet.id, *(values[column] for column in CSV_COLUMNS)))
    write_text(path, csv_text(rows))
    return path


def _all_tracklets(gallery: Gallery, ids: Sequence[int]) -> tuple[StoredTracklet, ...]:
    if not ids:
        raise GalleryError(
            "a gallery must have a tracklet to be exported",
            got=f"{gallery.place} with none",
            remedy="Index a video first.",
        )
    return gallery.store.tracklets(ids)
