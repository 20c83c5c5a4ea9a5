"""One lane a camera and one lane a person over time; a module of the browser draws it."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tacan.app.pages.rendering import render
from tacan.app.served import GalleryName, OpenGallery

__all__ = ["router"]

router = APIRouter()


@router.get("/g/{gallery}/timeline")
def timeline_page(name: GalleryName, _: OpenGallery) -> HTMLResponse:
    return HTMLResponse(render("timeline.html.j2", gallery=name, screen="timeline"))
