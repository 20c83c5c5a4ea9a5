"""Everybody who was seen, newest first, in a grid that grows as one scrolls."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from tacan.app.look import Asked, look, place_text
from tacan.app.pages.rendering import render
from tacan.app.served import GalleryName, OpenGallery
from tacan.gallery.browse import TrackletPage

__all__ = ["router"]

router = APIRouter()


@router.get("/g/{gallery}/")
def everybody_page(
    request: Request, name: GalleryName, gallery: OpenGallery, asked: Asked
) -> HTMLResponse:
    page = look(gallery, asked)
    screen = render(
        "everybody.html.j2",
        gallery=name,
        screen="everybody",
        asked=asked,
        cameras=sorted(gallery.index().columns.cameras),
        n_chosen=page.n_chosen,
        tracklets=page.tracklets,
        more=_more(request, page),
        is_linked=gallery.store.people().linking() is not None,
    )
    return HTMLResponse(screen)


@router.get("/g/{gallery}/cards")
def more_cards(
    request: Request, name: GalleryName, gallery: OpenGallery, asked: Asked
) -> HTMLResponse:
    """The cards that follow, for a page that is there already."""
    page = look(gallery, asked)
    cards = render(
        "cards.html.j2", gallery=name, tracklets=page.tracklets, more=_more(request, page)
    )
    return HTMLResponse(cards)


def _more(request: Request, page: TrackletPage) -> str | None:
    """What the address of the next cards asks for."""
    place = place_text(page.next_place)
    if place is None:
        return None
    kept = [pair for pair in request.query_params.multi_items() if pair[0] != "after"]
    return urlencode([*kept, ("after", place)])
