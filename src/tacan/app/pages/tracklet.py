"""One tracklet: its pictures over its clip weights, its box in the video, the closest others."""

from __future__ import annotations

from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import HTMLResponse

from tacan.app.film import film_of
from tacan.app.look import closest, tracklet_of
from tacan.app.pages.rendering import render
from tacan.app.served import GalleryName, OpenGallery, ServedHere
from tacan.app.source_files import source_file, source_of
from tacan.views.verdict_text import LEVEL_WORDS, headline, match_reason, results_reason

__all__ = ["router"]

router = APIRouter()

N_CLOSEST = 12


@router.get("/g/{gallery}/tracklets/{tracklet}")
def tracklet_page(
    served: ServedHere,
    name: GalleryName,
    gallery: OpenGallery,
    tracklet: int,
    later: BackgroundTasks,
) -> HTMLResponse:
    shown = tracklet_of(gallery, tracklet)
    source = source_of(gallery, shown.source_id)
    results = closest(served, name, gallery, shown, top=N_CLOSEST)
    later.add_task(gallery.log, "search", shown.name)
    screen = render(
        "tracklet.html.j2",
        gallery=name,
        tracklet=shown,
        source=source,
        is_there=source_file(source) is not None,
        film=film_of(name, gallery, shown.id),
        verdict=headline(results),
        why=results_reason(results),
        matches=[
            (match, LEVEL_WORDS[match.level], match_reason(match, results))
            for match in results.matches
        ],
    )
    return HTMLResponse(screen)
