"""Verification of a gallery: whether its database, crops and vector cache are whole and agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tacan.errors import GalleryError
from tacan.gallery.crop_files import CropProblem
from tacan.gallery.gallery import Gallery
from tacan.gallery.store import StoreMaintenance
from tacan.retrieval.recall import recall

__all__ = ["Problem", "Verification", "verify_gallery"]

MANY_CROPS = 10
MANY_CROPS_SHARE = 0.1
"""More lost crops than both, or all of them, look like a drive that is not there."""

REPAIR = "Run it with --repair."
DELETE = "Delete what is damaged and index it again."
READ = "Check the disk and the permissions of what can't be read."
MOUNT = (
    "So many crops are gone that a drive may not be mounted, or a folder was moved: they are only "
    "forgotten with --repair --forget-many."
)

UNDECODABLE = CropProblem("a record that can't be decoded", is_lost=True)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `kind` is one of `database`, `record`, `time`, `vector`, `crop`, `stray file`, `vector cache`
    and `deletion`; `mended` says whether it is so no longer, and `remedy` what else can be done.
    """

    kind: str
    what: str
    mended: bool = False
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and all that is wrong with it."""

    n_tracklets: int
    n_crops: int
    problems: tuple[Problem, ...]
    recall: float | None = None
    """The share of the ten nearest that a search finds, where searches are approximate."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong (any more)."""
        return all(problem.mended for problem in self.problems)


def verify_gallery(
    gallery: Gallery, *, repair: bool = False, forget_many: bool = False
) -> Verification:
    """Looks at everything, and mends what can be.

    - A damaged vector is taken from the vector cache if that has it whole. One that can't be is
      reported only: its tracklet can't be found, and is best deleted.
    - A crop that is missing or damaged is forgotten; its tracklet stays, and a damaged file is set
      aside. One that can't be read now may be whole, and stays. Where more than a tenth of all
      crops would be forgotten, or all of them, none is, unless `forget_many`.
    - A stray file among the crops is set aside, in `GALLERY/set-aside`.
    - A time outside of the years that are stored becomes unknown.
    - A record that can't be decoded is reported only.
    - A vector cache that differs from the database is rebuilt; one that is only behind is as it
      should be.
    - A deletion whose traces are not all erased is completed.

    Where searches are approximate and nothing is wrong, their recall is measured.

    With `repair` the gallery must be open for writing, else raises `GalleryError`.
    """
    if repair:
        gallery.require_writable()
    maintenance = gallery.store.maintenance()
    totals = gallery.store.totals()
    problems = [
        Problem("database", text, remedy="Restore it from a copy, or index the videos again.")
        for text in maintenance.integrity_problems()
    ]
    looks: tuple[Callable[[], Iterator[Problem]], ...] = (
        lambda: _deletion(gallery, maintenance, repair=repair),
        lambda: _records(maintenance, repair=repair),
        lambda: _vectors(gallery, maintenance, repair=repair),
        lambda: _crops(gallery, maintenance, repair=repair, forget_many=forget_many),
    )
    for look in looks:
        try:
            problems += look()
        except GalleryError as error:
            problems.append(Problem("database", str(error)))
    found = Verification(totals.n_tracklets, totals.n_crops, tuple(problems))
    if not (gallery.is_approximate and found.is_sound):
        return found
    return replace(found, recall=recall(gallery.index().vectors, metric=gallery.model.metric))


def _deletion(
    gallery: Gallery, maintenance: StoreMaintenance, *, repair: bool
) -> Iterator[Problem]:
    if maintenance.pending_deletions() is not None:
        mended = repair and gallery.complete_deletion()
        text = "traces of deleted tracklets are still to be erased"
        remedy = "End the processes that read the gallery, and repair again." if repair else REPAIR
        yield Problem("deletion", text, mended, remedy)


def _records(maintenance: StoreMaintenance, *, repair: bool) -> Iterator[Problem]:
    for text in maintenance.damaged_records():
        yield Problem("record", text, remedy=DELETE)
    sources = maintenance.impossible_times()
    if sources and repair:
        maintenance.forget_impossible_times()
    for name in sources:
        text = f"{name} has times outside of the years that can be stored: they count as unknown"
        yield Problem("time", text, repair, REPAIR)


def _vectors(gallery: Gallery, maintenance: StoreMaintenance, *, repair: bool) -> Iterator[Problem]:
    damaged = maintenance.damaged_vectors()
    cached = gallery.vector_cache.intact_vectors(damaged)
    for number, name in zip(damaged, gallery.store.names(damaged), strict=True):
        mended = repair and number in cached
        if mended:
            maintenance.replace_vector(number, cached[number])
        text = f"that of {name} is missing or not as it was written"
        yield Problem("vector", text, mended, REPAIR if number in cached else DELETE)
    if damaged and not (repair and len(cached) == len(damaged)):
        return  # The cache can't be made from, or compared to, what is damaged.
    if not gallery.vector_cache.agrees():
        mended = repair and gallery.vector_cache.update(rebuild=True)
        yield Problem("vector cache", "it is not what the database has", mended, REPAIR)


def _crops(
    gallery: Gallery, maintenance: StoreMaintenance, *, repair: bool, forget_many: bool
) -> Iterator[Problem]:
    found, known, n_crops = [], set(), 0
    for tracklet_id, position, row in maintenance.all_crops():
        n_crops += 1
        problem = UNDECODABLE if row is None else gallery.crop_folder.problem(row)
        path = f"number {position}" if row is None else row.path
        known.add(path)
        if problem is not None:
            found.append((tracklet_id, position, path, problem))
    lost = [entry for entry in found if entry[-1].is_lost]
    is_many = len(lost) > max(MANY_CROPS, MANY_CROPS_SHARE * n_crops) or len(lost) == n_crops
    forget = repair and (forget_many or not is_many)
    names = gallery.store.names([entry[0] for entry in found])
    if forget:
        maintenance.remove_crops([entry[:2] for entry in lost])
    for name, (_, _, path, problem) in zip(names, found, strict=True):
        if forget and problem.is_lost and problem.is_there:
            gallery.crop_folder.set_aside(path)
        remedy = READ if not problem.is_lost else MOUNT if is_many else REPAIR
        mended = forget and problem.is_lost
        yield Problem("crop", f"{path} of {name} is {problem.what}", mended, remedy)
    for path in list(gallery.crop_folder.files()):
        if path not in known:
            if repair:
                gallery.crop_folder.set_aside(path)
            text = f"{path} belongs to no tracklet{': it is in set-aside now' if repair else ''}"
            yield Problem("stray file", text, repair, REPAIR)
