"""Everybody who was linked, and one person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from tacan.app.api.people import PeopleQuery
from tacan.app.look import person_of
from tacan.app.pages.rendering import render
from tacan.app.served import GalleryName, OpenGallery
from tacan.gallery.passes import passes_of_people
from tacan.linking.people import person_seen

__all__ = ["router"]

router = APIRouter()


@router.get("/g/{gallery}/people")
def people_page(
    request: Request,
    name: GalleryName,
    gallery: OpenGallery,
    asked: Annotated[PeopleQuery, Query()],
) -> HTMLResponse:
    found = passes_of_people(gallery, asked.conditions)
    chosen = [each for each in found if asked.everyone or not each.is_alone]
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
def person_page(name: GalleryName, gallery: OpenGallery, person: int) -> HTMLResponse:
    seen = person_seen(gallery, person_of(gallery, person))
    others = [
        each.person
        for each in passes_of_people(gallery)
        if each.person is not None and not each.is_alone and each.person.id != person
    ]
    screen = render("person.html.j2", gallery=name, screen="people", seen=seen, others=others)
    return HTMLResponse(screen)
