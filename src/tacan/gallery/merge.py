"""Merging: what another gallery of the same model holds is taken into this one.

A source is the same as one that is here if its file's content and its camera are the same; it is
never taken twice. With a source come its tracklets with vectors, clip weights, boxes and crops,
and what `merge_people` says. Sources are marked as done last, in one step: a merge that was killed
leaves them unfinished, and the same merge goes on from there. The other gallery is only read.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacan.errors import GalleryError, GalleryModelError, StorageError
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import ModelInfo, NewSource, NewTracklet, Source, StoredTracklet
from tacan.gallery.merge_people import Taken, merge_people
from tacan.gallery.store import CropRow, GalleryStore
from tacan.progress import Progress, silent
from tacan.text import counted
from tacan.video.video_records import Crop

__all__ = ["MergeReport", "check_mergeable", "merge_gallery"]

TRACKLETS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge did.

    n_sources, n_tracklets
        What was taken.
    n_known
        Sources that were here before.
    n_people, n_decisions
        People who came with them, and decisions of humans on them.
    n_lost_crops
        Crops whose file was missing there or had changed: they were not taken.
    renamed
        The names that tracklets have here, by the ones that they have there, where they differ:
        numbers count through all sources of a camera.
    conflicts
        What the two galleries said differently, and what was done about it, as sentences.
    """

    n_sources: int = 0
    n_tracklets: int = 0
    n_known: int = 0
    n_people: int = 0
    n_decisions: int = 0
    n_lost_crops: int = 0
    renamed: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()


def merge_gallery(into: Gallery, other: Gallery, *, progress: Progress = silent) -> MergeReport:
    """Takes what `other` holds into `into`, which must be open for writing.

    Of a source that both have, the one in `into` stays as it is, with all that was decided there;
    so a second merge changes nothing. Sources that are not finished in `other` are left out, and
    are taken by a merge after they were. Progress is in tracklets.

    Raises
    ------
    GalleryModelError
        For galleries of different models, before anything is changed.
    GalleryError
        Where both are one gallery, or `other` is damaged.
    StorageError
        Where `into` can't be written to; the same merge goes on later.

    >>> with open_gallery("all.gallery", write=True) as into:  # doctest: +SKIP
    ...     with open_gallery("hall.gallery") as other:
    ...         print(merge_gallery(into, other).n_tracklets)
    """
    into.require_writable()
    check_mergeable(into.place, [other])
    _check_model(into, other)
    conflicts: list[str] = []
    chosen, known = _choose(into, other, conflicts)
    begun = {source.id: into.begin_source(_as_new(source)).id for source in chosen}
    added, n_lost = _take_tracklets(into, other, begun, progress)
    taken = Taken(
        ids=_same_tracklets(into.store, other.store, begun | known),
        fresh=_ids_of(other.store, begun),
    )
    n_people, n_decisions = merge_people(into, other, taken, conflicts)
    for number in begun.values():
        into.crop_folder.remove_drafts(number)
    if begun:
        into.store.finish_sources({begun[source.id]: source.damage for source in chosen})
        sums = f"{counted(len(begun), 'source')}, {counted(added, 'tracklet')}"
        into.log("merge", f"{sums} of the gallery {other.store.identity[:12]}")
    return MergeReport(
        n_sources=len(begun),
        n_tracklets=added,
        n_known=len(known),
        n_people=n_people,
        n_decisions=n_decisions,
        n_lost_crops=n_lost,
        renamed=_renamed(into.store, other.store, taken),
        conflicts=tuple(conflicts),
    )


def check_mergeable(into: Path, others: Sequence[Gallery]) -> None:
    """Raises `GalleryModelError` unless all of `others` are of one model, and `GalleryError` where
    one of them is the gallery in the folder `into`."""
    for other in others:
        if into.resolve() == other.place.resolve():
            raise GalleryError(
                "a gallery can't be merged into itself",
                got=f"{into} twice",
                remedy="Name another one.",
            )
        _check_model(others[0], other)


def _check_model(one: Gallery, other: Gallery) -> None:
    if other.model.fingerprint != one.model.fingerprint:
        raise GalleryModelError(
            "galleries that become one must be of the same model and clip weight, here "
            f"{_shown(one.model)}",
            got=f"{other.place} of {_shown(other.model)}",
            remedy="Vectors of two models can't be compared: index its videos with this model.",
        )


def _shown(model: ModelInfo) -> str:
    return f"{model.name} ({model.fingerprint[:12]})"


def _choose(
    into: Gallery, other: Gallery, conflicts: list[str]
) -> tuple[list[Source], dict[int, int]]:
    """The sources to be taken, and those of `other` that `into` holds as finished, by id."""
    here = {(source.sha256, source.camera): source for source in into.sources()}
    chosen: list[Source] = []
    known: dict[int, int] = {}
    for source in other.sources():
        mine = here.get((source.sha256, source.camera))
        shown = f"{source.path} ({source.camera})"
        if mine is not None and dict(mine.settings) != dict(source.settings):
            conflicts.append(f"{shown} was indexed here with other settings: this one stays")
        elif source.state != "done":
            conflicts.append(
                f"{shown} is not finished in {other.place}, and was left there: index it to its "
                "end and merge again"
            )
        elif mine is not None and mine.state == "done":
            known[source.id] = mine.id
            if mine.start != source.start:
                conflicts.append(f"{shown} begins at another time here: this gallery's stays")
        else:
            chosen.append(source)
    return chosen, known


def _as_new(source: Source) -> NewSource:
    return NewSource(**{name: getattr(source, name) for name in NewSource.__dataclass_fields__})


def _take_tracklets(
    into: Gallery, other: Gallery, begun: Mapping[int, int], progress: Progress
) -> tuple[int, int]:
    """Adds the tracklets of the sources `begun`, in the order in which they came into `other`, that
    are not here yet: how many, and how many of their crops were lost."""
    committed = {source: into.committed_numbers(mine) for source, mine in begun.items()}
    total = len(_ids_of(other.store, begun))
    added = n_lost = done = 0
    for ids, vectors in _chosen_vectors(other.store, begun):
        batches: dict[int, list[NewTracklet]] = defaultdict(list)
        for stored, vector in zip(other.store.tracklets(ids.tolist()), vectors, strict=True):
            if stored.number not in committed[stored.source_id]:
                tracklet, lost = _read(other, stored, vector)
                batches[stored.source_id].append(tracklet)
                n_lost += lost
        for source, tracklets in batches.items():
            added += into.add(begun[source], tracklets, fingerprint=other.model.fingerprint)
        done += len(ids)
        progress(done, total)
    return added, n_lost


def _chosen_vectors(
    store: GalleryStore, begun: Mapping[int, int]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Ids [n] and vectors [n, D] of the sources' tracklets, read from the database alone: the
    cache of vectors would be written."""
    wanted = _ids_of(store, begun)
    if not len(wanted):
        return
    blocks = store.vectors(after=int(wanted[0]) - 1, rows_at_once=TRACKLETS_AT_ONCE)
    for ids, vectors in blocks:
        chosen = np.isin(ids, wanted, assume_unique=True)
        if chosen.any():
            yield ids[chosen], vectors[chosen]


def _ids_of(store: GalleryStore, sources: Mapping[int, int]) -> NDArray[np.int64]:
    """The tracklets of these sources: ids [n], rising."""
    columns = store.columns()
    return columns.ids[np.isin(columns.source_ids, list(sources))]


def _read(
    gallery: Gallery, stored: StoredTracklet, vector: NDArray[np.float32]
) -> tuple[NewTracklet, int]:
    """A tracklet as it was when it was added, and how many of its crops are lost."""
    path = gallery.trajectory(stored.id)
    rows = gallery.store.crops(stored.id)
    crops = [crop for crop in (_read_crop(gallery, row) for row in rows) if crop is not None]
    tracklet = NewTracklet(
        number=stored.number,
        first_seconds=stored.first_seconds,
        last_seconds=stored.last_seconds,
        embedding=vector,
        clip_weights=path.clip_weights,
        clip_frames=path.clip_frames,
        n_frames=stored.n_frames,
        quality=stored.quality,
        frames=path.frames,
        seconds=path.seconds,
        boxes=path.boxes,
        crops=tuple(crops),
        # What a linked tracklet was called is its person's name, which comes with the people.
        person=stored.person if stored.person_id is None else None,
        tracks=path.tracks,
    )
    return tracklet, len(rows) - len(crops)


def _read_crop(gallery: Gallery, row: CropRow) -> Crop | None:
    """A crop with its bytes; None where they are gone or not those that were written."""
    try:
        data = gallery.crop_folder.path(row.path).read_bytes()
    except (GalleryError, FileNotFoundError):
        return None
    except OSError as error:
        raise StorageError(
            "crops that are to be taken must be readable",
            got=f"{row.path} in {gallery.place} ({error.strerror})",
            remedy="Check the permissions; the same merge goes on.",
        ) from error
    if len(data) != row.size or zlib.crc32(data) != row.checksum:
        return None
    return Crop(row.frame, row.seconds, np.array(row.box, np.float32), data, row.sharpness)


def _same_tracklets(
    into: GalleryStore, other: GalleryStore, sources: Mapping[int, int]
) -> dict[int, int]:
    """The ids here of the other gallery's tracklets that both have, by source and number."""
    mine, theirs = into.columns(), other.columns()
    here = {
        (source, number): tracklet
        for tracklet, source, number in zip(
            mine.ids.tolist(), mine.source_ids.tolist(), mine.numbers.tolist(), strict=True
        )
    }
    found = {}
    for tracklet, source, number in zip(
        theirs.ids.tolist(), theirs.source_ids.tolist(), theirs.numbers.tolist(), strict=True
    ):
        same = here.get((sources.get(source, 0), number))
        if same is not None:
            found[tracklet] = same
    return found


def _renamed(into: GalleryStore, other: GalleryStore, taken: Taken) -> dict[str, str]:
    ids = [number for number in taken.fresh.tolist() if number in taken.ids]
    before = other.names(ids)
    after = into.names([taken.ids[number] for number in ids])
    return {was: now for was, now in zip(before, after, strict=True) if was != now}
