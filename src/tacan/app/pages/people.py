"""Everybody who was linked, and one person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request
from fastapi.responses import HTMLResponse

from tacan.app.api.people import PeopleQuery
from tacan.app.look import closest, person_of
from tacan.app.pages.rendering import render
from tacan.app.problems import not_found
from tacan.app.served import GalleryName, OpenGallery, ServedHere
from tacan.gallery.passes import passes_of_people
from tacan.linking.people import person_seen
from tacan.search.search_results import Match, SearchResults
from tacan.views.verdict_text import LEVEL_WORDS

__all__ = ["router"]

router = APIRouter()

CLOSEST_ASKED, MOST_SUGGESTED = 60, 6
"""Walks that are looked at for people who may be the same, and most people that are suggested."""


@router.get("/g/{gallery}/people")
def people_page(
    request: Request,
    name: GalleryName,
    gallery: OpenGallery,
    asked: Annotated[PeopleQuery, Query()],
) -> HTMLResponse:
    found = passes_of_people(gallery, asked.conditions)
    chosen = asked.choose(found)
    following = asked.skip + asked.limit
    later = request.url.include_query_params(skip=following).query
    screen = render(
        "people.html.j2",
        gallery=name,
        screen="people",
        asked=asked,
        people=chosen[asked.skip : following],
        n_people=len(chosen),
        n_alone=sum(each.is_alone for each in found),
        more=later if following < len(chosen) else None,
        is_linked=gallery.store.people().linking() is not None,
    )
    return HTMLResponse(screen)


@router.get("/g/{gallery}/people/{person}")
def person_page(
    served: ServedHere,
    name: GalleryName,
    gallery: OpenGallery,
    person: int,
    later: BackgroundTasks,
) -> HTMLResponse:
    seen = person_seen(gallery, person_of(gallery, person))
    if not seen.tracklets:  # they went at this moment
        raise not_found("There is nothing left of this person.")
    asked = max(seen.tracklets, key=lambda each: each.quality)
    results = closest(served, name, gallery, asked, top=CLOSEST_ASKED)
    later.add_task(gallery.log, "search", asked.name)
    screen = render(
        "person.html.j2",
        gallery=name,
        screen="people",
        seen=seen,
        perhaps=[
            (match, LEVEL_WORDS[match.level])
            for match in _nearest_of_each(results, person)[:MOST_SUGGESTED]
        ],
    )
    return HTMLResponse(screen)


def _nearest_of_each(results: SearchResults, person: int) -> list[Match]:
    """The nearest walk of each other person who may be the same, nearest first."""
    found: dict[int, Match] = {}
    for match in results.matches:
        other = match.tracklet.person_id
        if other is not None and other != person and match.level != "different":
            found.setdefault(other, match)
    return list(found.values())
