"""The people of a gallery, and who was seen when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from tacan.app.api.records import TrackletRecord
from tacan.app.look import WhenQuery, person_of
from tacan.app.served import OpenGallery
from tacan.app.zones import Zone
from tacan.gallery.passes import Passes, days_seen, passes_of_people
from tacan.linking.people import person_seen

__all__ = ["PersonRecord", "router"]

router = APIRouter(tags=["people"])


class PersonRecord(BaseModel):
    """A person with the walks that were chosen, by their ids in the order of time.

    `person` is None for a tracklet that was not linked; `best` is the one with the best pictures.
    """

    person: int | None
    name: str | None
    note: str | None
    n_tracklets: int
    tracklets: list[int]
    best: int
    cameras: list[str]
    first: datetime | None
    last: datetime | None

    @classmethod
    def of(cls, passes: Passes) -> PersonRecord:
        person = passes.person
        return cls(
            person=None if person is None else person.id,
            name=None if person is None else person.name,
            note=None if person is None else person.note,
            n_tracklets=len(passes.tracklets),
            tracklets=list(passes.tracklets),
            best=passes.best,
            cameras=list(passes.cameras),
            first=passes.first,
            last=passes.last,
        )


class PeopleList(BaseModel):
    people: list[PersonRecord]
    n_people: int
    is_linked: bool


class PeopleQuery(WhenQuery):
    """`everyone` counts those too of whom there is one tracklet and no name; `called` is a part of
    the name; `skip` is how many came before."""

    everyone: bool = False
    called: Annotated[str | None, Query(max_length=200)] = None
    skip: Annotated[int, Query(ge=0, le=10**9)] = 0
    limit: Annotated[int, Query(ge=1, le=200)] = 60

    def choose(self, people: Sequence[Passes]) -> list[Passes]:
        """Those who are asked for, in their order."""
        part = (self.called or "").casefold()
        return [
            each
            for each in people
            if (self.everyone or not each.is_alone)
            and (
                not part
                or (each.person is not None and part in (each.person.name or "").casefold())
            )
        ]


class Day(BaseModel):
    day: date
    n_tracklets: int


class DayList(BaseModel):
    days: list[Day]


class Person(BaseModel):
    """One person with all tracklets, in the order of time."""

    person: int
    name: str | None
    note: str | None
    n_confirmed: int
    tracklets: list[TrackletRecord]


@router.get("/galleries/{gallery}/people")
def list_people(gallery: OpenGallery, asked: Annotated[PeopleQuery, Query()]) -> PeopleList:
    """People who were seen, who was seen last first."""
    found = passes_of_people(gallery, asked.conditions)
    chosen = asked.choose(found)
    return PeopleList(
        people=[PersonRecord.of(each) for each in chosen[asked.skip : asked.skip + asked.limit]],
        n_people=len(chosen),
        is_linked=gallery.store.people().linking() is not None,
    )


@router.get("/galleries/{gallery}/people/{person}")
def one_person(gallery: OpenGallery, person: int) -> Person:
    """One person, by the id that `tacan people` lists."""
    seen = person_seen(gallery, person_of(gallery, person))
    return Person(
        person=seen.person.id,
        name=seen.person.name,
        note=seen.person.note,
        n_confirmed=seen.n_vouched,
        tracklets=[TrackletRecord.of(each) for each in seen.tracklets],
    )


@router.get("/galleries/{gallery}/days")
def list_days(gallery: OpenGallery, zone: Zone) -> DayList:
    """The days on which somebody was seen, by the clock of `zone`, the latest first."""
    days = days_seen(gallery, zone)
    return DayList(days=[Day(day=day, n_tracklets=count) for day, count in days.items()])
