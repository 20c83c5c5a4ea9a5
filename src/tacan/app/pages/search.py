"""Asking for somebody: choosing whom, drawing a box in a video, and the answers."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, BackgroundTasks, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tacan.app.ask import LONGEST, Asking, AskQuery, answer
from tacan.app.film import Film, film_of, film_of_strip
from tacan.app.pages.rendering import render
from tacan.app.problems import not_found
from tacan.app.queries import MOST_PICTURES
from tacan.app.served import GalleryName, OpenGallery, ServedHere
from tacan.app.source_files import source_file, source_of
from tacan.gallery import Gallery
from tacan.search.query import Query as SearchQuery
from tacan.views.verdict_text import (
    LEVEL_WORDS,
    headline,
    match_reason,
    results_reason,
    shown_distance,
    undated,
)

__all__ = ["router"]

router = APIRouter()

MOST_CROPS = 8
"""Pictures of an answer: enough to tell who it is."""

Pairs = list[tuple[str, str]]


@router.get("/g/{gallery}/ask")
def ask_page(name: GalleryName, gallery: OpenGallery) -> HTMLResponse:
    """Whom are you looking for?"""
    sources = [each for each in gallery.sources() if source_file(each) is not None]
    screen = render(
        "search_ask.html.j2", gallery=name, screen="search", sources=sources, most=MOST_PICTURES
    )
    return HTMLResponse(screen)


@router.get("/g/{gallery}/ask/{source}")
def draw_page(
    name: GalleryName,
    gallery: OpenGallery,
    source: int,
    seconds: Annotated[float, Query(ge=0, le=LONGEST)] = 0.0,
) -> HTMLResponse:
    """A video to pause, and a box to draw."""
    shown = source_of(gallery, source)
    if source_file(shown) is None:
        raise not_found("The video is gone, or another file is in its place.")
    screen = render(
        "search_draw.html.j2", gallery=name, screen="search", source=shown, seconds=seconds
    )
    return HTMLResponse(screen)


@router.get("/g/{gallery}/search")
def answers_page(
    request: Request,
    served: ServedHere,
    name: GalleryName,
    gallery: OpenGallery,
    asked: Asking,
    later: BackgroundTasks,
) -> Response:
    """Answers beside whom was asked for."""
    if asked.is_empty:
        return RedirectResponse(f"/g/{quote(name)}/ask", 303)
    results = answer(served, name, gallery, asked)
    query = results.query
    later.add_task(gallery.log, "search", query.logged)
    pairs = request.query_params.multi_items()
    left_out = [undated(results.n_undated)] if results.n_undated and results.matches else []
    screen = render(
        "search_answers.html.j2",
        gallery=name,
        screen="search",
        asked=asked,
        kept=_who(asked),
        address=urlencode(pairs),
        results=results,
        verdict=headline(results),
        why=results_reason(results),
        notes=[*query.notes, *left_out],
        examples=[_example(name, gallery, asked, one) for one in query.parts],
        against=[_example(name, gallery, asked, one) for one in query.against],
        cameras=sorted(gallery.index().columns.cameras),
        matches=[
            {
                "match": match,
                "words": LEVEL_WORDS[match.level],
                "why": match_reason(match, results),
                "distance": shown_distance(match.distance),
                "film": film_of(name, gallery, match.tracklet.id, most=MOST_CROPS),
                "also": urlencode([*pairs, ("like", match.tracklet.name)]),
                "never": urlencode([*pairs, ("unlike", match.tracklet.name)]),
            }
            for match in results.matches
        ],
    )
    return HTMLResponse(screen)


def _who(asked: AskQuery) -> Pairs:
    """What of an address says who is asked for, so that a change of the filters keeps it."""
    pairs = [("like", each) for each in asked.like] + [("unlike", each) for each in asked.unlike]
    if asked.pictures is not None:
        pairs.append(("pictures", asked.pictures))
    if asked.source is not None and asked.box is not None:
        pairs += [("source", str(asked.source)), ("seconds", f"{asked.seconds:g}")]
        pairs.append(("box", asked.box))
    return pairs


def _example(
    name: str, gallery: Gallery, asked: AskQuery, one: SearchQuery
) -> tuple[SearchQuery, Film | None]:
    """An example with its pictures."""
    if one.tracklet is not None:
        return one, film_of(name, gallery, one.tracklet.id, most=MOST_CROPS)
    if one.strip is None:
        return one, None
    at = f"/api/galleries/{quote(name)}"
    if "@" in one.label:  # a box in a video; pictures that were sent have no name of a file
        place = urlencode(
            {"source": asked.source, "seconds": f"{asked.seconds:g}", "box": asked.box}
        )
        return one, film_of_strip(one.strip, [f"{at}/search/crop?{place}"])
    count = int(one.strip.frames.max()) + 1
    return one, film_of_strip(
        one.strip, [f"{at}/pictures/{asked.pictures}/{i}" for i in range(count)]
    )
