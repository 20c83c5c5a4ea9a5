"""The queue of unsure links: one question at a time, one key an answer."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tacan.app.pages.rendering import render
from tacan.app.served import GalleryName, OpenGallery

__all__ = ["router"]

router = APIRouter()


@router.get("/g/{gallery}/review")
def review_page(name: GalleryName, gallery: OpenGallery) -> HTMLResponse:
    is_linked = gallery.store.people().linking() is not None
    return HTMLResponse(
        render("review.html.j2", gallery=name, screen="review", is_linked=is_linked)
    )
