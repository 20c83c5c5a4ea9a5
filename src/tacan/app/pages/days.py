"""A page for each day: one card a person with the day's passes, the unknown ones too."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tacan.app.pages.rendering import render
from tacan.app.problems import not_found
from tacan.app.served import GalleryName, OpenGallery
from tacan.app.zones import Zone
from tacan.gallery import TrackletFilter
from tacan.gallery.passes import days_seen, passes_of_people

__all__ = ["router"]

router = APIRouter()

MOST_CARDS = 60
"""People on one page of a day."""
YEARS = range(3, 9998)


@router.get("/g/{gallery}/days")
def newest_day(name: GalleryName, gallery: OpenGallery, zone: Zone) -> Response:
    """The latest day on which anybody was seen."""
    days = days_seen(gallery, zone)
    if not days:
        return HTMLResponse(render("no_day.html.j2", gallery=name, screen="days"))
    return RedirectResponse(f"/g/{quote(name)}/days/{next(iter(days))}", 303)


@router.get("/g/{gallery}/days/{day}")
def day_page(
    name: GalleryName,
    gallery: OpenGallery,
    zone: Zone,
    day: date,
    skip: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> HTMLResponse:
    if day.year not in YEARS:
        raise not_found("Nobody was seen in that year.")
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    if zone is None:
        start, end = start.astimezone(), end.astimezone()
    found = passes_of_people(gallery, TrackletFilter(after=start, before=end))
    people = found[skip : skip + MOST_CARDS]
    tracklets = {
        each.id: each
        for each in gallery.store.tracklets([number for one in people for number in one.tracklets])
    }
    days = list(days_seen(gallery, zone))
    screen = render(
        "day.html.j2",
        gallery=name,
        screen="days",
        day=day,
        people=people,
        tracklets=tracklets,
        n_people=sum(each.person is not None for each in found),
        n_unlinked=sum(each.person is None for each in found),
        n_passes=sum(len(each.tracklets) for each in found),
        earlier=next((other for other in days if other < day), None),
        later=next((other for other in reversed(days) if other > day), None),
        days=days,
        skip_to=skip + MOST_CARDS if skip + MOST_CARDS < len(found) else None,
    )
    return HTMLResponse(screen)
