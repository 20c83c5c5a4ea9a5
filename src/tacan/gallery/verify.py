"""Verification of a gallery: whether its database, crops and vector cache are whole and agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tacan.errors import GalleryError
from tacan.gallery.gallery import Gallery
from tacan.gallery.store import StoreMaintenance

__all__ = ["Problem", "Verification", "verify_gallery"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `kind` is one of `database`, `vector`, `crop`, `stray file`, `vector cache` and
    `deletion`; `mended` says whether it is so no longer.
    """

    kind: str
    what: str
    mended: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and all that is wrong with it."""

    n_tracklets: int
    n_crops: int
    problems: tuple[Problem, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong (any more)."""
        return all(problem.mended for problem in self.problems)


def verify_gallery(gallery: Gallery, *, repair: bool = False) -> Verification:
    """Looks at everything, and mends what can be.

    - A damaged vector is taken from the copy if that has it whole. One that can't be is
      reported only: its tracklet can't be found, and is best deleted.
    - A crop that is missing or damaged is forgotten; its tracklet stays.
    - A stray file among the crops, left by a run that was killed, is erased.
    - A vector cache that differs from the database is made anew; one that is only behind is
      as it should be.
    - A deletion whose traces are not all erased is ended.

    With `repair` the gallery must be open for writing, else raises `GalleryError`.
    """
    if repair:
        gallery.require_writable()
    maintenance = gallery.store.maintenance()
    totals = gallery.store.totals()
    problems = [Problem("database", text) for text in maintenance.integrity_problems()]
    for look in (_deletion, _vectors, _crops):
        try:
            problems += look(gallery, maintenance, repair=repair)
        except GalleryError as error:
            problems.append(Problem("database", str(error)))
    return Verification(totals.n_tracklets, totals.n_crops, tuple(problems))


def _deletion(
    gallery: Gallery, maintenance: StoreMaintenance, *, repair: bool
) -> Iterator[Problem]:
    if maintenance.pending_deletions() is not None:
        mended = repair and gallery.complete_deletion()
        yield Problem("deletion", "traces of deleted tracklets are still to be erased", mended)


def _vectors(gallery: Gallery, maintenance: StoreMaintenance, *, repair: bool) -> Iterator[Problem]:
    bad = maintenance.damaged_vectors()
    copies = gallery.vector_cache.intact_vectors(bad)
    for number in bad:
        mended = repair and number in copies
        if mended:
            maintenance.replace_vector(number, copies[number])
        name = gallery.store.tracklets([number])[0].name
        yield Problem("vector", f"that of {name} is missing or not as it was written", mended)
    if bad and not (repair and len(copies) == len(bad)):
        return  # The copy can't be made from, or compared to, what is damaged.
    if not gallery.vector_cache.agrees():
        mended = repair and gallery.vector_cache.update(rebuild=True)
        yield Problem("vector cache", "it is not what the database has", mended)


def _crops(gallery: Gallery, maintenance: StoreMaintenance, *, repair: bool) -> Iterator[Problem]:
    known = set()
    for number, row in maintenance.all_crops():
        known.add(row.path)
        fault = gallery.crop_folder.fault(row)
        if fault is not None:
            if repair:
                maintenance.remove_crop(number, row.path)
                gallery.crop_folder.erase(row.path)
            name = gallery.store.tracklets([number])[0].name
            yield Problem("crop", f"{row.path} of {name} is {fault}", repair)
    for path in list(gallery.crop_folder.files()):
        if path not in known:
            if repair:
                gallery.crop_folder.erase(path)
            yield Problem("stray file", f"{path} belongs to no tracklet", repair)
