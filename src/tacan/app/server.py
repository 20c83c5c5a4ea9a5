"""The web application: the gate, the API, the pages and the files that browsers load."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

import tacan.views
from tacan.app.api import (
    crops,
    decisions,
    galleries,
    indexing,
    maintenance,
    people,
    search,
    sources,
    timeline,
    tracklets,
)
from tacan.app.pages import care, days, entrance, everybody, first
from tacan.app.pages import index as index_page
from tacan.app.pages import people as people_pages
from tacan.app.pages import review as review_page
from tacan.app.pages import search as search_pages
from tacan.app.pages import timeline as timeline_page
from tacan.app.pages import tracklet as tracklet_page
from tacan.app.problems import PROBLEM_RESPONSES, catch_faults
from tacan.app.security import Gate
from tacan.app.served import Served
from tacan.version import VERSION

__all__ = ["API_ROUTERS", "PAGE_ROUTERS", "build_app"]

API_ROUTERS = (
    galleries.router,
    tracklets.router,
    crops.router,
    sources.router,
    search.router,
    indexing.router,
    people.router,
    decisions.router,
    maintenance.router,
    timeline.router,
)
PAGE_ROUTERS = (
    entrance.router,
    first.router,
    everybody.router,
    tracklet_page.router,
    people_pages.router,
    days.router,
    timeline_page.router,
    review_page.router,
    search_pages.router,
    index_page.router,
    care.router,
)
STATIC = Path(__file__).with_name("static")
HOUSE_STYLE = Path(tacan.views.__file__).with_name("templates") / "page.css"
"""The style of the pages that `tacan search --html` and others write."""


def build_app(served: Served) -> FastAPI:
    """The application that serves a run."""
    app = FastAPI(
        title="TACAN",
        version=VERSION,
        description="Find the same person again in video: what `tacan serve` shows, for programs. "
        "A program sends `Authorization: Bearer TOKEN`, with the token of the run.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # its page loads scripts from another host
        redoc_url=None,
    )
    app.state.served = served
    catch_faults(app)
    for router in API_ROUTERS:
        app.include_router(router, prefix="/api", responses=PROBLEM_RESPONSES)
    for router in PAGE_ROUTERS:
        app.include_router(router, include_in_schema=False)

    @app.get("/static/house.css", include_in_schema=False)
    def house_style() -> FileResponse:
        return FileResponse(
            HOUSE_STYLE, media_type="text/css", headers={"cache-control": "no-cache"}
        )

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Gate, served=served)
    return app
