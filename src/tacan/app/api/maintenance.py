"""Looking after a gallery: deletion with a look at what goes, the rule, the log, verification."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field, model_validator
from starlette.exceptions import HTTPException

from tacan.app.look import LARGEST_ID
from tacan.app.served import GalleryName, OpenGallery, ServedHere
from tacan.app.source_files import source_of
from tacan.gallery import Gallery, apply_retention, delete_tracklets, set_retention, verify_gallery
from tacan.gallery.delete import DeletionChoice, choose_tracklets
from tacan.gallery.retention import MOST_DAYS, retention_border
from tacan.views.gallery_text import deletion_text, retention_text, verification_text

__all__ = ["router"]

router = APIRouter(tags=["maintenance"])

SHOWN = 20
"""Names that are told of a deletion."""

TrackletName = Annotated[str, Field(min_length=1, max_length=300)]


class Choice(BaseModel):
    """What to delete, in exactly one way: tracklets by their names, all of a camera, all of a
    video (its source's id), all of a person, or all who were first seen before a time."""

    names: Annotated[list[TrackletName] | None, Field(min_length=1, max_length=10_000)] = None
    camera: Annotated[str | None, Field(max_length=300)] = None
    source: Annotated[int | None, Field(ge=1, le=LARGEST_ID)] = None
    person: Annotated[int | None, Field(ge=1, le=LARGEST_ID)] = None
    before: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one(self) -> Choice:
        given = (self.names, self.camera, self.source, self.person, self.before)
        if sum(each is not None for each in given) != 1:
            names = "names, camera, source, person and before"
            raise ValueError(f"exactly one of {names} must be given")
        return self

    def of(self, gallery: Gallery) -> DeletionChoice:
        """As `delete_tracklets` takes it."""
        source = None if self.source is None else source_of(gallery, self.source).path
        return {
            "names": self.names,
            "camera": self.camera,
            "source": source,
            "person": self.person,
            "before": self.before,
        }


class Preview(BaseModel):
    """What would go. `n_undated` tracklets stay, since nobody knows when they were seen.

    `uploads` are the names of videos that were sent and would go, too; `n_uploads_left` of them
    show some of the tracklets, but stay, since others were found in them.
    """

    n_tracklets: int
    n_sources: int
    n_people: int
    n_undated: int
    names: list[str]
    pictures: list[int]
    uploads: list[str]
    n_uploads_left: int


class Order(Choice):
    """A deletion, with how many tracklets its preview said would go: another number is refused."""

    n_tracklets: Annotated[int, Field(ge=0)]


class Done(BaseModel):
    """`is_erased` is False while another process reads the gallery: then it is done later."""

    n_tracklets: int
    is_erased: bool
    told: str


class Rule(BaseModel):
    """For how many days people are kept; None where there is no rule. With a rule goes how many
    tracklets its preview said would go now."""

    days: Annotated[int | None, Field(ge=1, le=MOST_DAYS)] = None
    n_tracklets: Annotated[int, Field(ge=0)] = 0


class RuleNow(BaseModel):
    days: int | None
    told: str


class LogLine(BaseModel):
    time: datetime
    who: str
    action: str
    detail: str


class Log(BaseModel):
    """Who did what; the latest first."""

    entries: list[LogLine]
    n_entries: int


class Verified(BaseModel):
    is_sound: bool
    n_tracklets: int
    n_crops: int
    n_problems: int
    told: str


@router.post("/galleries/{gallery}/deletions/preview")
def preview(gallery: OpenGallery, choice: Choice) -> Preview:
    """What a deletion would take."""
    return _preview(gallery, choice.of(gallery))


@router.post("/galleries/{gallery}/deletions")
def delete(served: ServedHere, called: GalleryName, order: Order) -> Done:
    """Deletes for good: rows, vectors, crops and videos that were sent. It can't be undone."""
    with served.galleries.writing(called, erases=True) as gallery:
        choice = order.of(gallery)
        _require_as_told(gallery, choice, order.n_tracklets)
        done = delete_tracklets(gallery, **choice)
    return Done(
        n_tracklets=len(done.names),
        is_erased=done.is_erased,
        told=deletion_text(done, at_most=SHOWN),
    )


@router.get("/galleries/{gallery}/retention")
def rule(gallery: OpenGallery) -> RuleNow:
    """For how long people are kept."""
    days = gallery.store.people().retention_days()
    return RuleNow(days=days, told=retention_text(days))


@router.get("/galleries/{gallery}/retention/preview")
def preview_rule(gallery: OpenGallery, days: Annotated[int, Query(ge=1, le=MOST_DAYS)]) -> Preview:
    """What a rule of so many days would take now."""
    return _preview(gallery, {"before": retention_border(days)})


@router.put("/galleries/{gallery}/retention")
def set_rule(served: ServedHere, called: GalleryName, new: Rule) -> RuleNow:
    """Sets the rule, and applies it now; or takes it away."""
    with served.galleries.writing(called, erases=True) as gallery:
        if new.days is not None:
            border: DeletionChoice = {"before": retention_border(new.days)}
            _require_as_told(gallery, border, new.n_tracklets)
        set_retention(gallery, new.days)
        done = apply_retention(gallery)
    told = retention_text(new.days)
    if done is not None:
        told = f"{told} {deletion_text(done, at_most=SHOWN)}"
    return RuleNow(days=new.days, told=told)


@router.get("/galleries/{gallery}/log")
def log(
    gallery: OpenGallery,
    skip: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Log:
    """Who did what with the gallery."""
    entries = gallery.store.people().log()[::-1]
    return Log(
        entries=[
            LogLine(time=each.time, who=each.who, action=each.action, detail=each.detail)
            for each in entries[skip : skip + limit]
        ],
        n_entries=len(entries),
    )


@router.post("/galleries/{gallery}/verify")
def verify(gallery: OpenGallery) -> Verified:
    """Compares database, crops and vectors with each other, byte by byte; it mends nothing."""
    found = verify_gallery(gallery)
    return Verified(
        is_sound=found.is_sound,
        n_tracklets=found.n_tracklets,
        n_crops=found.n_crops,
        n_problems=len(found.problems),
        told=verification_text(found),
    )


def _preview(gallery: Gallery, choice: DeletionChoice) -> Preview:
    chosen = choose_tracklets(gallery, **choice)
    gone = set(chosen.ids)
    persons = gallery.store.people().persons()
    return Preview(
        n_tracklets=len(chosen.ids),
        n_sources=len(chosen.source_ids),
        n_people=sum(gone.issuperset(person.tracklets) for person in persons),
        n_undated=chosen.n_undated,
        names=list(gallery.store.names(chosen.ids[:SHOWN])),
        pictures=list(chosen.ids[:SHOWN]),
        uploads=[each.path.name for each in chosen.uploads],
        n_uploads_left=chosen.n_uploads_left,
    )


def _require_as_told(gallery: Gallery, choice: DeletionChoice, n_tracklets: int) -> None:
    """Refuses a deletion of another number of tracklets than somebody agreed to."""
    count = len(choose_tracklets(gallery, **choice).ids)
    if count != n_tracklets:
        raise HTTPException(
            409, f"{count:,} tracklets would go now, not {n_tracklets:,}: look at them again."
        )
