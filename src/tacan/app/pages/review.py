"""The queue of unsure links: one question at a time, one key an answer."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tacan.app.pages.rendering import render
from tacan.app.served import GalleryName, OpenGallery
from tacan.views.people_text import expected_text

__all__ = ["router"]

router = APIRouter()


@router.get("/g/{gallery}/review")
def review_page(name: GalleryName, gallery: OpenGallery) -> HTMLResponse:
    linking = gallery.store.people().linking()
    expected = None if linking is None or linking.threshold is None else expected_text(linking)
    screen = render(
        "review.html.j2",
        gallery=name,
        screen="review",
        is_linked=linking is not None,
        expected=expected,
    )
    return HTMLResponse(screen)
