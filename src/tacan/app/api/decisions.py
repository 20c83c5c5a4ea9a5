"""A human's word on who is who: the same functions as `tacan people` and `tacan link` call."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tacan.app.api.records import TrackletRecord
from tacan.app.look import LARGEST_ID
from tacan.app.served import GalleryName, OpenGallery, ServedHere
from tacan.gallery import Gallery, Person
from tacan.linking import cannot_tell, confirm, link_gallery, merge, name, reject, split, undo
from tacan.linking.link import STRANGERS
from tacan.linking.review import review
from tacan.views.people_text import changed_text, link_text, undo_text

__all__ = ["router"]

router = APIRouter(tags=["decisions"])

PersonId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
TrackletName = Annotated[str, Field(min_length=1, max_length=300)]


class Changed(BaseModel):
    """Whom a decision concerned, as they are now, and what it did in words."""

    people: list[int]
    told: str

    @classmethod
    def of(cls, gallery: Gallery, people: tuple[Person, ...]) -> Changed:
        return cls(people=[each.id for each in people], told=changed_text(gallery, people))


class Answer(BaseModel):
    """Whether two tracklets, by their names, show one person; `unsure` if nobody can tell."""

    one: TrackletName
    other: TrackletName
    answer: Literal["same", "different", "unsure"]


class Naming(BaseModel):
    """A person's name, None to take it away, and a note, None to leave it as it is."""

    name: Annotated[str | None, Field(max_length=200)] = None
    note: Annotated[str | None, Field(max_length=2000)] = None


class Merger(BaseModel):
    other: PersonId


class Splitting(BaseModel):
    """The tracklets, by their names, that show somebody else."""

    tracklets: Annotated[list[TrackletName], Field(min_length=1, max_length=10_000)]


class LinkSettings(BaseModel):
    """The share of certainly different people that may be as much alike as those who are linked."""

    strangers: Annotated[float, Field(gt=0, le=1)] = STRANGERS


class Linked(BaseModel):
    n_tracklets: int
    n_people: int
    n_linked: int
    threshold: float | None
    told: str


class Question(BaseModel):
    """Two tracklets of which it is unsure whether they show one person.

    `distance` is that of the two sides, which are linked up to `threshold`; the answer counts for
    `settles` pairs of tracklets.
    """

    one: TrackletRecord
    other: TrackletRecord
    is_linked: bool
    distance: float
    threshold: float
    settles: int


class Questions(BaseModel):
    questions: list[Question]


@router.post("/galleries/{gallery}/people/answers")
def answer(served: ServedHere, called: GalleryName, said: Answer) -> Changed:
    """Says that two tracklets show one person, or two, or that nobody can tell."""
    say = {"same": confirm, "different": reject, "unsure": cannot_tell}[said.answer]
    with served.galleries.writing(called) as gallery:
        return Changed.of(gallery, say(gallery, said.one, said.other))


@router.post("/galleries/{gallery}/people/undo")
def take_back(served: ServedHere, called: GalleryName) -> Changed:
    """Takes the last decision back; again, the one before."""
    with served.galleries.writing(called) as gallery:
        decision, people = undo(gallery)
        done = Changed.of(gallery, people)
    return done.model_copy(update={"told": f"{undo_text(decision)} {done.told}"})


@router.post("/galleries/{gallery}/people/link")
def link(served: ServedHere, called: GalleryName, settings: LinkSettings) -> Linked:
    """Links the tracklets that show the same person."""
    with served.galleries.writing(called) as gallery:
        report = link_gallery(gallery, strangers=settings.strangers)
        told = link_text(report, gallery.folder)
    return Linked(
        n_tracklets=report.n_tracklets,
        n_people=report.n_people,
        n_linked=report.n_linked,
        threshold=report.threshold,
        told=told,
    )


@router.put("/galleries/{gallery}/people/{person}")
def give_name(served: ServedHere, called: GalleryName, person: int, naming: Naming) -> Changed:
    """Gives a person a name and a note."""
    with served.galleries.writing(called) as gallery:
        return Changed.of(gallery, name(gallery, person, naming.name, note=naming.note))


@router.post("/galleries/{gallery}/people/{person}/merge")
def make_one(served: ServedHere, called: GalleryName, person: int, merger: Merger) -> Changed:
    """Says that two people are one, who keeps this one's id."""
    with served.galleries.writing(called) as gallery:
        return Changed.of(gallery, merge(gallery, person, merger.other))


@router.post("/galleries/{gallery}/people/{person}/split")
def take_out(served: ServedHere, called: GalleryName, person: int, splitting: Splitting) -> Changed:
    """Says that some of a person's tracklets show somebody else."""
    with served.galleries.writing(called) as gallery:
        return Changed.of(gallery, split(gallery, person, splitting.tracklets))


@router.get("/galleries/{gallery}/review")
def questions(gallery: OpenGallery, top: Annotated[int, Query(ge=1, le=200)] = 30) -> Questions:
    """The pairs whose answer is worth the most, the first the most."""
    return Questions(
        questions=[
            Question(
                one=TrackletRecord.of(doubt.one),
                other=TrackletRecord.of(doubt.other),
                is_linked=doubt.is_linked,
                distance=doubt.distance,
                threshold=doubt.threshold,
                settles=doubt.settles,
            )
            for doubt in review(gallery, top=top)
        ]
    )
