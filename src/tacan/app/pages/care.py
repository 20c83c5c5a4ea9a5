"""Looking after a gallery: what is stored, deletion, the rule, the log."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tacan.app.pages.rendering import render
from tacan.app.served import GalleryName, OpenGallery
from tacan.app.source_files import source_file
from tacan.views.gallery_text import retention_text

__all__ = ["router"]

router = APIRouter()

LOG_LINES = 200


@router.get("/g/{gallery}/care")
def care_page(name: GalleryName, gallery: OpenGallery) -> HTMLResponse:
    columns = gallery.index().columns
    source_ids, counts = np.unique(columns.source_ids, return_counts=True)
    n_of = dict(zip(source_ids.tolist(), counts.tolist(), strict=True))
    days = gallery.store.people().retention_days()
    screen = render(
        "care.html.j2",
        gallery=name,
        screen="care",
        info=gallery.info(),
        sources=[
            (each, n_of.get(each.id, 0), source_file(each) is not None)
            for each in gallery.sources()
        ],
        cameras=sorted(columns.cameras),
        people=[each for each in gallery.store.people().persons() if each.name is not None],
        days=days,
        rule=retention_text(days),
    )
    return HTMLResponse(screen)


@router.get("/g/{gallery}/care/log")
def log_page(name: GalleryName, gallery: OpenGallery) -> HTMLResponse:
    entries = gallery.store.people().log()[::-1]
    screen = render(
        "log.html.j2",
        gallery=name,
        screen="care",
        entries=entries[:LOG_LINES],
        n_entries=len(entries),
    )
    return HTMLResponse(screen)
