"""Whether a gallery's database, crops and copy of the vectors are whole and agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tacan.gallery.erasing import finish_erasure
from tacan.gallery.errors import GalleryError
from tacan.gallery.gallery import Gallery
from tacan.gallery.store import StoreUpkeep

__all__ = ["Problem", "Verification", "verify"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `kind` is one of `database`, `vector`, `crop`, `stray file`, `copy of the vectors` and
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


def verify(gallery: Gallery, *, repair: bool = False) -> Verification:
    """Looks at everything, and mends what can be.

    - A damaged vector is taken from the copy if that has it whole. One that can't be is
      reported only: its tracklet can't be found, and is best deleted.
    - A crop that is missing or damaged is forgotten; its tracklet stays.
    - A stray file among the crops, left by a run that was killed, is erased.
    - A copy of the vectors that differs from the database is made anew; one that is only behind is
      as it should be.
    - A deletion whose traces are not all erased is ended.

    With `repair` the gallery must be open for writing, else raises `GalleryError`.
    """
    if repair:
        gallery.require_writable()
    upkeep = gallery.store.upkeep()
    totals = gallery.store.totals()
    problems = [Problem("database", text) for text in upkeep.faults()]
    for look in (_deletion, _vectors, _crops):
        try:
            problems += look(gallery, upkeep, repair=repair)
        except GalleryError as error:
            problems.append(Problem("database", str(error)))
    return Verification(totals.n_tracklets, totals.n_crops, tuple(problems))


def _deletion(gallery: Gallery, upkeep: StoreUpkeep, *, repair: bool) -> Iterator[Problem]:
    if upkeep.pending() is not None:
        mended = repair and finish_erasure(gallery)
        yield Problem("deletion", "traces of deleted tracklets are still to be erased", mended)


def _vectors(gallery: Gallery, upkeep: StoreUpkeep, *, repair: bool) -> Iterator[Problem]:
    bad = upkeep.bad_vectors()
    copies = gallery.cache.intact_copies(bad)
    for number in bad:
        mended = repair and number in copies
        if mended:
            upkeep.replace_vector(number, copies[number])
        name = gallery.store.tracklets([number])[0].name
        yield Problem("vector", f"that of {name} is missing or not as it was written", mended)
    if bad and not (repair and len(copies) == len(bad)):
        return  # The copy can't be made from, or compared to, what is damaged.
    if not gallery.cache.agrees():
        mended = repair and gallery.cache.update(anew=True)
        yield Problem("copy of the vectors", "it is not what the database has", mended)


def _crops(gallery: Gallery, upkeep: StoreUpkeep, *, repair: bool) -> Iterator[Problem]:
    known = set()
    for number, row in upkeep.all_crops():
        known.add(row.path)
        fault = gallery.crop_folder.fault(row)
        if fault is not None:
            if repair:
                upkeep.drop_crop(number, row.path)
                gallery.crop_folder.erase(row.path)
            name = gallery.store.tracklets([number])[0].name
            yield Problem("crop", f"{row.path} of {name} is {fault}", repair)
    for path in list(gallery.crop_folder.files()):
        if path not in known:
            if repair:
                gallery.crop_folder.erase(path)
            yield Problem("stray file", f"{path} belongs to no tracklet", repair)
