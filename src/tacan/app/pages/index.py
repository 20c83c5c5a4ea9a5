"""Videos: those that are in the gallery, and new ones, with a run that is watched."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tacan.app.api.indexing import indexing_now
from tacan.app.pages.rendering import render
from tacan.app.served import GalleryName, Served, ServedHere
from tacan.app.source_files import source_file
from tacan.gallery import Source
from tacan.gallery.uploads import uploads_folder

__all__ = ["router"]

router = APIRouter()


@router.get("/g/{gallery}/index")
def index_page(served: ServedHere, name: GalleryName) -> HTMLResponse:
    folder = served.galleries.folder(name)
    screen = render(
        "index.html.j2",
        gallery=name,
        screen="index",
        is_new=not served.galleries.is_there(name),
        sources=_sources(served, name),
        now=indexing_now(served, name),
        folders=[str(each) for each in served.folders.folders],
        sent=uploads_folder(folder).name,
    )
    return HTMLResponse(screen)


def _sources(served: Served, name: str) -> list[tuple[Source, int, bool]]:
    """Each source with how many walks were found in it, and whether its file is there."""
    if not served.galleries.is_there(name):
        return []
    with served.galleries.reading(name) as gallery:
        numbers, counts = np.unique(gallery.index().columns.source_ids, return_counts=True)
        n_of = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
        return [
            (each, n_of.get(each.id, 0), source_file(each) is not None)
            for each in gallery.sources()
        ]
